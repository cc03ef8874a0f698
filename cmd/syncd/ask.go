package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
)

// asker asks the person at the other end of stdin, line by line. It works in a pipe too.
type asker struct {
	in    io.Reader
	out   io.Writer
	start sync.Once
	lines chan string
}

// ask prints a question and returns the answer without outer white space; ok is false when there is none, because the
// input ended or the command is to stop.
func (a *asker) ask(ctx context.Context, question string) (answer string, ok bool) {
	fmt.Fprint(a.out, question)
	a.start.Do(func() {
		a.lines = make(chan string)
		go a.read() // a read of a terminal cannot be ended: it goes with the process
	})
	select {
	case line, ok := <-a.lines:
		if !ok {
			fmt.Fprintln(a.out)
		}
		return strings.TrimSpace(line), ok
	case <-ctx.Done():
		fmt.Fprintln(a.out)
		return "", false
	}
}

// consent asks whether a command is to go on. The error ends it: there was no answer, or it was no.
func (c *cli) consent(ctx context.Context, a *asker, command, question, no string) error {
	answer, ok := a.ask(ctx, question)
	switch {
	case !ok && ctx.Err() != nil:
		return context.Cause(ctx)
	case !ok:
		return usage(fmt.Errorf("%s: no answer, so %s", command, no), "add --yes")
	case !isYes(answer):
		fmt.Fprintln(c.out, no)
		return exit(exitFailed)
	}
	return nil
}

func isYes(answer string) bool {
	return strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes")
}

func (a *asker) read() {
	defer close(a.lines)
	for lines := bufio.NewScanner(a.in); lines.Scan(); {
		a.lines <- lines.Text()
	}
}
