package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/daemon"
	"syncd/internal/state"
)

func (c *cli) problemsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "problems [SYNC]", Short: "List the rows that cannot be synced, and why", Args: arguments(0, 1),
		ValidArgsFunction: c.completing(c.offerSyncs),
		RunE: c.reading(func(ctx context.Context, app *daemon.App, args []string) error {
			syncs, err := syncsOf(app.Options.Config, args)
			if err != nil {
				return err
			}
			list := []problemJSON{}
			var rows [][]string
			for _, s := range syncs {
				problems, err := app.Store.Problems(ctx, s.Name)
				if err != nil {
					return err
				}
				for _, p := range problems {
					cells := problemCells(p.Problem)
					rows = append(rows, []string{s.Name, cells[0], cells[1], cells[2], moment(p.FirstAt), moment(p.RetryAt), cells[3]})
					list = append(list, newProblemJSON(s.Name, p))
				}
			}
			switch {
			case c.json():
				return c.printJSON(map[string]any{"problems": list})
			case len(rows) == 0:
				fmt.Fprintln(c.out, "no problems")
			default:
				table(c.out, []string{"SYNC", "ROW", "COLUMN", "VALUE", "SINCE", "NEXT TRY", "WHY"}, rows)
			}
			return nil
		}),
	}
}

// problemJSON is a problem as -o json prints it.
type problemJSON struct {
	Sync     string     `json:"sync"`
	Key      string     `json:"key"`
	Row      *int       `json:"row"`
	Column   string     `json:"column"`
	Value    string     `json:"value"`
	Reason   string     `json:"reason"`
	Since    time.Time  `json:"since"`
	Attempts int        `json:"attempts"`
	NextTry  *time.Time `json:"next_try"` // null: as soon as the row is mended
}

func newProblemJSON(sync string, p state.Problem) problemJSON {
	j := problemJSON{Sync: sync, Key: p.Key, Column: p.Column, Value: p.Value, Reason: p.Reason, Since: p.FirstAt, Attempts: p.Attempts}
	if p.Row != 0 {
		j.Row = &p.Row
	}
	if !p.RetryAt.IsZero() {
		j.NextTry = &p.RetryAt
	}
	return j
}
