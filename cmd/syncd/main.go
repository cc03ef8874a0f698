// Command syncd keeps the contacts of a Quo workspace and the rows of a source the same, in both directions.
//
// Start with [run]. Each command has a file of its own; no rules live here: a command reads its flags, has package
// daemon do the work and prints what came of it.
package main

import (
	"errors"
	"io"
	"os"
	"runtime/debug"
)

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(40) // most of the memory is what a run knows of every record: as much again would be too much
	}
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.LookupEnv))
}

// run carries out one command line and returns its exit code. Results go to stdout, all else to stderr; getenv is
// os.LookupEnv.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer, getenv func(string) (string, bool)) (code int) {
	out := &output{w: stdout, width: widthOf(stdout, getenv)}
	c := &cli{out: out, err: stderr, getenv: getenv, color: colors(stdout, getenv), errWidth: widthOf(stderr, getenv)}
	defer c.rescue(&code)
	lead := ""
	if capable(stderr, getenv) {
		lead = eraseLine // the progress line may stand there
	}
	ctx, stop := interruptible(stderr, lead)
	defer stop()

	root := c.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(out)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if !errors.Is(err, out.err) {
		err = errors.Join(err, out.err)
	}
	return c.exitCode(err)
}

// output remembers the first error of its writer, so that a full disk does not look like success. It breaks the lines
// that are too wide for a terminal.
type output struct {
	w     io.Writer
	width func() int // of the terminal; nil: lines stay as they are
	err   error
}

func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	shown := p
	if o.width != nil {
		shown = []byte(wrapped(string(p), o.width()))
	}
	if _, o.err = o.w.Write(shown); o.err != nil {
		return 0, o.err
	}
	return len(p), nil
}

// verbatim leaves the lines of what follows as they are: it is for programs.
func (c *cli) verbatim() {
	if o, ok := c.out.(*output); ok {
		o.width = nil
	}
}
