package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/daemon"
	"syncd/internal/state"
)

func (c *cli) conflictsCommand() *cobra.Command {
	list := false
	cmd := &cobra.Command{
		Use: "conflicts [SYNC]", Short: "List and settle the values that both sides changed", Args: arguments(0, 1),
		Long: `List the values that both sides changed, and those that an undo put back on one side. On a terminal, ask for
each which side is right; in a pipe, or with --list, only list them.`,
		ValidArgsFunction: c.completing(c.offerSyncs),
		RunE: func(cmd *cobra.Command, args []string) error {
			if list || c.json() || !c.talking(cmd.InOrStdin()) {
				return c.reading(c.listConflicts)(cmd, args)
			}
			a := &asker{in: cmd.InOrStdin(), out: c.out}
			return c.writing(func(ctx context.Context, app *daemon.App, args []string) error {
				return c.walkConflicts(ctx, app, args, a)
			})(cmd, args)
		},
	}
	cmd.Flags().BoolVar(&list, "list", false, "only list them")
	return cmd
}

func (c *cli) listConflicts(ctx context.Context, app *daemon.App, args []string) error {
	syncs, err := syncsOf(app.Options.Config, args)
	if err != nil {
		return err
	}
	list := []conflictJSON{}
	var rows [][]string
	for _, s := range syncs {
		conflicts, err := app.Store.Conflicts(ctx, s.Name)
		if err != nil {
			return err
		}
		rows = append(rows, c.conflictRows(ctx, app, s, conflicts)...)
		for _, k := range conflicts {
			list = append(list, conflictJSON{s.Name, k.Conflict, k.Take, k.FirstAt})
		}
	}
	switch {
	case c.json():
		return c.printJSON(map[string]any{"conflicts": list})
	case len(rows) == 0:
		fmt.Fprintln(c.out, "no conflicts")
	default:
		table(c.out, []string{"SYNC", "KEY", "FIELD", "SOURCE", "QUO", "BEFORE", "WHY", "SINCE", "SETTLED FOR"}, rows)
	}
	return nil
}

// conflictJSON is a conflict as -o json prints it. Take is what a person chose, "" before.
type conflictJSON struct {
	Sync string `json:"sync"`
	contact.Conflict
	Take  contact.Side `json:"take"`
	Since time.Time    `json:"since"`
}

func (c *cli) conflictRows(ctx context.Context, app *daemon.App, s *config.Sync, conflicts []state.Conflict) [][]string {
	var names titles
	if !c.json() {
		names = c.titles(ctx, app, s, conflictFields(asReported(conflicts)))
	}
	rows := make([][]string, len(conflicts))
	for i, k := range conflicts {
		before := ""
		if k.Reason != contact.FirstSight {
			before = value(k.Base)
		}
		rows[i] = []string{s.Name, value(k.Key), names.of(k.Field), value(k.Source), value(k.Quo), before, printable(k.Reason), moment(k.FirstAt), string(k.Take)}
	}
	return rows
}

// asReported are conflicts as a run reports them.
func asReported(conflicts []state.Conflict) []contact.Conflict {
	all := make([]contact.Conflict, len(conflicts))
	for i, k := range conflicts {
		all[i] = k.Conflict
	}
	return all
}
