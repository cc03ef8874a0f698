package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// errStopped is why a context ends when a person or a service manager stops syncd.
var errStopped = errors.New("stopped: what was under way is finished or noted, and the next run goes on from there")

// interruptible returns a context that the first SIGINT or SIGTERM ends; the second one ends the process. The lead stands
// before what it says.
func interruptible(stderr io.Writer, lead string) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		select {
		case <-signals:
		case <-done:
			return
		}
		fmt.Fprintln(stderr, lead+"syncd: stopping: finishing what is under way; once more quits at once")
		cancel(errStopped)
		select {
		case <-signals:
			os.Exit(exitQuit)
		case <-done:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}
