// Package doctor looks at all that a run needs, in the order in which a person would mend it, and says what is wrong,
// why it matters and what to do next. It writes nothing. Start with [Examine].
package doctor

import (
	"context"
	"strings"

	"syncd/internal/config"
	"syncd/internal/daemon"
)

// Level is how bad a finding is.
type Level string

// The levels.
const (
	Fine Level = "fine"
	Look Level = "look" // a person ought to look at it; a run goes on
	Stop Level = "stop" // a run would stop
)

// Finding is one thing that was looked at.
type Finding struct {
	Level Level  `json:"level"`
	Area  string `json:"area"` // "file", "environment", "state", "clock", "quo", "source", "rows", "contacts"
	Sync  string `json:"sync"` // "" when it is about all
	Where string `json:"where"`
	What  string `json:"what"`
	Why   string `json:"why"`  // "" when all is fine
	Next  string `json:"next"` // likewise
}

// Stops reports whether one of the findings would stop a run.
func Stops(findings []Finding) bool {
	for _, f := range findings {
		if f.Level == Stop {
			return true
		}
	}
	return false
}

// examination is one look under way.
type examination struct {
	app        *daemon.App
	command    func(args ...string) string
	workspaces map[config.Quo]workspace
	warnings   map[string][]string // what sources said, by sync
	findings   []Finding
}

// Examine looks at everything that a configuration names. command makes a command line of syncd for people to copy.
func Examine(ctx context.Context, o daemon.Options, command func(args ...string) string) []Finding {
	x := &examination{command: command, workspaces: map[config.Quo]workspace{}, warnings: map[string][]string{}}
	o.ReadOnly, o.Warn = true, func(sync, text string) { x.warnings[sync] = append(x.warnings[sync], text) }
	x.add(Finding{Level: Fine, Area: "file", Where: o.Config.Path, What: "a good configuration"})
	app, stateErr := daemon.Open(ctx, o)
	if stateErr != nil {
		app = daemon.Probe(o)
	}
	defer app.Close() //nolint:errcheck // it was only read
	x.app = app
	x.state(ctx, stateErr)
	for i := range o.Config.Syncs {
		x.sync(ctx, &o.Config.Syncs[i], stateErr == nil)
	}
	return x.findings
}

// add notes a finding. Errors name what they are about, and the finding does already.
func (x *examination) add(f Finding) {
	for _, subject := range []string{f.Where, f.Area + " " + f.Where} {
		f.What = strings.TrimPrefix(f.What, subject+": ")
	}
	x.findings = append(x.findings, f)
}

// Configuration are the findings about a configuration that cannot be read, or asks for what this version cannot do.
func Configuration(path string, err error, command func(args ...string) string) []Finding {
	return configuration(path, err, command)
}
