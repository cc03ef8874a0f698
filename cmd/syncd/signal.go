package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"syncd/internal/daemon"
)

// errStopped is why a context ends when a person or a service manager stops syncd.
var errStopped = errors.New("stopped: the next run continues from here")

// longestStop is how long a command may take once it was told to stop. Kubernetes, Docker and systemd kill soon after.
const longestStop = daemon.Grace + 3*time.Second

// interruptible returns a context that the first SIGINT or SIGTERM ends; the second one ends the process, and so does the
// time when something hangs: what was sent stands in the journal. The lead stands before what it says.
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
		fmt.Fprintln(stderr, lead+"syncd: stopping after what is under way; once more quits at once")
		cancel(errStopped)
		select {
		case <-signals:
			os.Exit(exitQuit)
		case <-time.After(longestStop):
			fmt.Fprintf(stderr, "%ssyncd: error: it did not end within %s: the next run settles what it sent\n", lead, longestStop)
			os.Exit(exitFailed)
		case <-done:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}
