package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/daemon"
	"syncd/internal/engine"
	"syncd/internal/state"
)

func (c *cli) approveCommand() *cobra.Command {
	now := false
	cmd := &cobra.Command{
		Use: "approve RUN [KEY...]", Short: "Let through what the brake holds", Args: arguments(1, -1),
		Long: `Let through what the brake held in a run: all of it, or only the records with these keys. The next run carries it out,
each operation only if it is still the same on the same values.`,
		Example: `  syncd approve 12
  syncd approve 12 C-0007 C-0009
  syncd approve 12 --now`,
		ValidArgsFunction: c.completing(c.offerRuns),
		RunE: c.writing(func(ctx context.Context, app *daemon.App, args []string) error {
			return c.approve(ctx, app, args, now)
		}),
	}
	cmd.Flags().BoolVar(&now, "now", false, "run the sync at once; exits as run does")
	return cmd
}

func (c *cli) approve(ctx context.Context, app *daemon.App, args []string, now bool) error {
	id, err := runID(args[0])
	if err != nil {
		return err
	}
	keys, err := keysOf(args[1:])
	if err != nil {
		return usage(err, "")
	}
	if _, err := app.Store.Approve(ctx, id, keys); err != nil {
		return missing(err, notHeld(id, keys), "`syncd status` shows what waits for you")
	}
	run, err := app.Store.Run(ctx, id)
	if err != nil {
		return err
	}
	held, err := app.Store.Held(ctx, run.Sync)
	if err != nil {
		return err
	}
	held = slices.DeleteFunc(held, func(h state.Held) bool {
		return h.Run != id || h.ApprovedAt.IsZero() || len(keys) > 0 && !slices.Contains(keys, h.Key)
	})
	switch {
	case now:
		return c.runApproved(ctx, app, run.Sync, held)
	case c.json():
		return c.printJSON(map[string]any{"run": id, "sync": run.Sync, "approved": newApprovedJSON(held)})
	}
	c.printApproved(held)
	fmt.Fprintf(c.out, "%s of run %d let through: the next run of %s carries %s out\n", count(len(held), "operation"), id, run.Sync,
		either(len(held), "it", "them"))
	return nil
}

// notHeld says that a run holds nothing, or nothing of one of the keys.
func notHeld(run int64, keys []string) string {
	if len(keys) == 0 {
		return fmt.Sprintf("run %d holds nothing", run)
	}
	return fmt.Sprintf("run %d does not hold %s%s", run, either(len(keys), "", "all of "), keyList(keys))
}

// keysOf returns the normal forms of keys from the command line.
func keysOf(words []string) ([]string, error) {
	keys := make([]string, len(words))
	for i, word := range words {
		var err error
		if keys[i], err = keyOf(word); err != nil {
			return nil, fmt.Errorf("%q: %w", word, err)
		}
	}
	return keys, nil
}

// runApproved runs the sync whose operations were let through.
func (c *cli) runApproved(ctx context.Context, app *daemon.App, name string, held []state.Held) error {
	s := findSync(app.Options.Config, name)
	if s == nil {
		return hinted(fmt.Errorf("sync %s is not in the configuration any more", name), "the approval stays: put the sync back to carry it out")
	}
	if !c.json() {
		c.printApproved(held)
	}
	return c.runOnce(ctx, app, []*config.Sync{s}, engine.Request{}, false)
}

func (c *cli) printApproved(held []state.Held) {
	rows := make([][]string, len(held))
	for i, h := range held {
		rows[i] = []string{marks[h.Action], string(h.Side), value(h.Key), string(h.Action)}
	}
	printLines(c.out, "", align(rows))
}

type approvedJSON struct {
	Key    string                `json:"key"`
	Side   contact.Side          `json:"side"`
	Action contact.Action        `json:"action"`
	Fields []contact.FieldChange `json:"fields"`
}

func newApprovedJSON(held []state.Held) []approvedJSON {
	list := make([]approvedJSON, len(held))
	for i, h := range held {
		list[i] = approvedJSON{h.Key, h.Side, h.Action, append([]contact.FieldChange{}, h.Fields...)}
	}
	return list
}
