package main

import (
	"context"
	"errors"
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
		Use: "approve RUN [KEY...]", Short: "Let through what the brake holds, exactly that", Args: arguments(1, -1),
		Long: `Let through what the brake held back in a run: all of it, or the records with the keys. The next run carries it out,
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
		return missing(err, "`syncd status` says which run waits for you")
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
		return hinted(fmt.Errorf("sync %s is not in the configuration any more", name), "what was let through stays so")
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

func (c *cli) relinkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "relink SYNC KEY", Short: "Make the missing side of an unlinked record again", Args: arguments(2, 2),
		Example:           "  syncd relink customers C-1042",
		ValidArgsFunction: c.completing(c.offerSyncs, c.offerKeys),
		RunE: c.writing(func(ctx context.Context, app *daemon.App, args []string) error {
			s, key, err := record(app, args)
			if err != nil {
				return err
			}
			err = app.WithLease(ctx, s.Name, func(state.Lease) error { return app.Store.Relink(ctx, s.Name, key) })
			switch {
			case err != nil:
				return missing(err, "only a record that lost one side can be linked again")
			case c.json():
				return c.printJSON(map[string]string{"sync": s.Name, "key": key})
			}
			fmt.Fprintf(c.out, "%s: the next run of %s makes the missing side again\n", value(key), s.Name)
			return nil
		}),
	}
}

func (c *cli) rekeyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "rekey SYNC OLD NEW", Short: "Move a link to another key", Args: arguments(3, 3),
		Long: `Move a link to another key, with all that is known of the record, after its key was changed in the source. The next
run gives the contact the new key too.`,
		Example:           "  syncd rekey customers C-1042 C-2042",
		ValidArgsFunction: c.completing(c.offerSyncs, c.offerKeys),
		RunE: c.writing(func(ctx context.Context, app *daemon.App, args []string) error {
			s, old, err := record(app, args)
			if err != nil {
				return err
			}
			key, err := keyOf(args[2])
			if err != nil {
				return usage(err, "")
			}
			err = app.WithLease(ctx, s.Name, func(lease state.Lease) error { return app.Store.Rekey(ctx, lease, old, key) })
			switch {
			case errors.As(err, new(*state.ExistsError)):
				return hinted(err, fmt.Sprintf("only one of the two can have it; see %#q", c.hintCommand("history", s.Name, key)))
			case err != nil:
				return missing(err, fmt.Sprintf("no record of %s has the key %s", s.Name, value(old)))
			case c.json():
				return c.printJSON(map[string]string{"sync": s.Name, "old": old, "new": key})
			}
			fmt.Fprintf(c.out, "%s is %s now\n", value(old), value(key))
			return nil
		}),
	}
}
