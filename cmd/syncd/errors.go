package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"syncd/internal/config"
	"syncd/internal/quo"
	"syncd/internal/sources"
	"syncd/internal/state"
)

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2   // the command line or the configuration is wrong
	exitStrict = 3   // with --strict: something is left for a person, or a plan has something to do
	exitHeld   = 4   // the brake holds operations
	exitLeased = 5   // another process runs the sync
	exitQuit   = 130 // a second signal
)

// exit is the code of a command that has said all there is to say.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// failure is an error with its next step and its exit code.
type failure struct {
	err  error
	hint string // "" when there is none
	code int
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// usage says that the command line or the configuration is wrong.
func usage(err error, hint string) error { return &failure{err, hint, exitUsage} }

// hinted gives an error its next step.
func hinted(err error, hint string) error { return &failure{err, hint, exitFailed} }

// exitCode prints what went wrong and returns the exit code for it.
func (c *cli) exitCode(err error) int {
	var code exit
	var f *failure
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &f):
		c.complain("", f.err, f.hint)
		return f.code
	}
	c.complain("", err, "")
	return exitFailed
}

// complain prints an error about a sync ("" for none), one line per problem of a configuration file, and the next step.
func (c *cli) complain(sync string, err error, hint string) {
	said := ""
	for line := range strings.Lines(err.Error()) {
		if sync != "" { // which the error may name too
			line = sync + ": " + strings.TrimPrefix(line, "sync "+sync+": ")
		}
		if line = strings.TrimSuffix(line, "\n"); line != said {
			c.say("error: " + line)
		}
		said = line
	}
	if hint = cmp.Or(hint, hintFor(err)); hint != "" {
		c.say("hint: " + hint)
	}
}

// say prints one line about the course of things, without secrets and without what a terminal would obey.
func (c *cli) say(line string) {
	said := "syncd: " + printable(c.redact(strings.TrimSuffix(line, "\n")))
	if c.errWidth != nil {
		said = wrapped(said, c.errWidth())
	}
	fmt.Fprintln(c.err, said)
}

// hintFor says what to do about an error that has a known cure, "" about others.
func hintFor(err error) string {
	if leased, ok := errors.AsType[*state.LeasedError](err); ok {
		return "wait for that run to end; if its process died, another can take over at " +
			leased.Until.Local().Format("15:04:05")
	}
	if _, ok := errors.AsType[*sources.RightError](err); ok {
		return "runs need to write there, unless the sync has direction: to-quo"
	}
	switch {
	case errors.Is(err, errStopped), errors.Is(err, context.Canceled):
		return ""
	case errors.Is(err, quo.ErrUnauthorized):
		return "Quo does not accept the API key: check quo.api_key; create a new one in Quo under Settings, API"
	case errors.Is(err, quo.ErrPayment):
		return "the Quo subscription of this API key has ended: renew it under Settings, Billing"
	case errors.Is(err, quo.ErrForbidden):
		return "the API key in quo.api_key may not do this: ask an admin of the workspace for another"
	case unreachable(err):
		return "Quo cannot be reached: check the network and quo.base_url, then run again"
	case errors.Is(err, state.ErrVoid):
		return "`syncd status` shows what waits now"
	}
	return ""
}

// unreachable reports whether err is that of a request that was not answered.
func unreachable(err error) bool {
	call, ok := errors.AsType[*quo.Error](err)
	return ok && call.Status == 0 && call.Err != nil && !errors.Is(err, state.ErrLeaseLost)
}

// keyHint is the hint about an API key that Quo does not accept: it says which of several keys is meant.
func keyHint(err error, cfg *config.Config, s *config.Sync) string {
	if s == nil || !errors.Is(err, quo.ErrUnauthorized) || s.Quo.APIKey == cfg.Quo.APIKey {
		return ""
	}
	return fmt.Sprintf("Quo does not accept the API key of this sync: check quo.api_key inside of sync %s", s.Name)
}

// rescue turns a panic into one line. Deferred.
func (c *cli) rescue(code *int) {
	if fault := recover(); fault != nil {
		c.say(strings.ReplaceAll(fmt.Sprintf("error: bug in syncd: %v", fault), "\n", " "))
		c.say("hint: please report the line above and what you did; the next run continues where this one ended")
		*code = exitFailed
	}
}
