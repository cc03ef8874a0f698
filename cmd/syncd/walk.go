package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/daemon"
	"syncd/internal/engine"
	"syncd/internal/state"
)

// talking reports whether a person sits at both ends.
func (c *cli) talking(in io.Reader) bool {
	f, ok := in.(*os.File)
	out, _ := c.out.(*output)
	return ok && term.IsTerminal(int(f.Fd())) && out != nil && capable(out.w, c.getenv)
}

// walkConflicts goes through the open conflicts and asks which side is right, then whether to write it at once.
func (c *cli) walkConflicts(ctx context.Context, app *daemon.App, args []string, a *asker) error {
	syncs, err := syncsOf(app.Options.Config, args)
	if err != nil {
		return err
	}
	none := true
	for _, s := range syncs {
		conflicts, err := app.Store.Conflicts(ctx, s.Name)
		if err != nil {
			return err
		}
		conflicts = slices.DeleteFunc(conflicts, func(k state.Conflict) bool { return k.Take != "" })
		if len(conflicts) == 0 {
			continue
		}
		none = false
		if err := c.walk(ctx, app, s, conflicts, a); err != nil {
			return err
		}
	}
	if none {
		fmt.Fprintln(c.out, "no conflicts")
	}
	return nil
}

const walkHelp = "s: the source is right, q: Quo is, Enter: skip; S or Q: the same for all that follow; x: stop"

var walkAnswers = map[string]bool{"s": true, "q": true, "S": true, "Q": true, "x": true, "": true}

// walk goes through the conflicts of one sync.
func (c *cli) walk(ctx context.Context, app *daemon.App, s *config.Sync, conflicts []state.Conflict, a *asker) error {
	names := c.titles(ctx, app, s, conflictFields(asReported(conflicts)))
	keys := make([]string, len(conflicts))
	for i, k := range conflicts {
		keys[i] = k.Key
	}
	bases, err := app.Store.Bases(ctx, s.Name, keys)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s: %s %s\n%s\n", s.Name, count(len(conflicts), "value"), cameAbout(asReported(conflicts)), walkHelp)
	var settled []string
	answer := ""
	for i, k := range conflicts {
		if answer != "S" && answer != "Q" {
			c.showConflict(fmt.Sprintf("%d of %d", i+1, len(conflicts)), baseName(bases[k.Key]), k, names)
			var ok bool
			for answer, ok = a.ask(ctx, "  which side? "); ok && !walkAnswers[answer]; answer, ok = a.ask(ctx, "  which side? ") {
				fmt.Fprintf(c.out, "  %s\n", walkHelp)
			}
			if !ok {
				c.sayLeft(s.Name, len(settled))
				return context.Cause(ctx)
			}
		}
		take, settles := map[string]contact.Side{"s": contact.Source, "q": contact.Quo}[strings.ToLower(answer)]
		if answer == "x" {
			break
		}
		if !settles {
			continue
		}
		if _, err := app.Store.Resolve(ctx, s.Name, k.Key, k.Field, take); err != nil {
			return err
		}
		settled = append(settled, k.Key)
	}
	return c.writeSettled(ctx, app, s, "conflict", settled, a)
}

func (c *cli) showConflict(place, name string, k state.Conflict, names titles) {
	fmt.Fprintln(c.out, joined("  ", place, value(k.Key), printable(name), names.of(k.Field), oddReason(k.Conflict)))
	lines := [][]string{{"source", value(k.Source)}, {"Quo", value(k.Quo)}}
	if k.Reason != contact.FirstSight {
		lines = append(lines, []string{"before", value(k.Base)})
	}
	printLines(c.out, "  ", align(lines))
}

// sayLeft says what was settled by somebody who left in the middle.
func (c *cli) sayLeft(sync string, settled int) {
	if settled > 0 {
		fmt.Fprintf(c.out, "%d settled: the next run of %s writes %s\n", settled, sync, either(settled, "it", "them"))
	}
}

// writeSettled offers to carry out what was settled.
func (c *cli) writeSettled(ctx context.Context, app *daemon.App, s *config.Sync, noun string, keys []string, a *asker) error {
	if len(keys) == 0 {
		fmt.Fprintln(c.out, "nothing settled")
		return nil
	}
	answer, _ := a.ask(ctx, fmt.Sprintf("%s settled for the next run. Write %s now? [y/N] ", count(len(keys), noun),
		either(len(keys), "it", "them")))
	if !isYes(answer) {
		return nil
	}
	slices.Sort(keys)
	return c.runOnce(ctx, app, []*config.Sync{s}, engine.Request{Only: slices.Compact(keys)}, false)
}
