package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/daemon"
	"syncd/internal/state"
)

func (c *cli) problemsCommand() *cobra.Command {
	list := false
	cmd := &cobra.Command{
		Use: "problems [SYNC]", Short: "List the rows that cannot be synced, and why", Args: arguments(0, 1),
		Long: `List the rows that cannot be synced, and why. Most need a fix in the source. On a terminal, ask about each row that may have
a contact in Quo already; in a pipe, or with --list, only list them.`,
		Example: `  syncd problems
  syncd problems customers --list
  syncd problems -o json`,
		ValidArgsFunction: c.completing(c.offerSyncs),
		RunE: func(cmd *cobra.Command, args []string) error {
			if list || c.json() || !c.talking(cmd.InOrStdin()) {
				return c.reading(func(ctx context.Context, app *daemon.App, args []string) error {
					_, err := c.listProblems(ctx, app, args, func(state.Problem) bool { return true })
					return err
				})(cmd, args)
			}
			a := &asker{in: cmd.InOrStdin(), out: c.out}
			return c.writing(func(ctx context.Context, app *daemon.App, args []string) error {
				left, err := c.listProblems(ctx, app, args, func(p state.Problem) bool { return !settledByMatch(p) })
				if err != nil {
					return err
				}
				return c.walkTwins(ctx, app, left, a)
			})(cmd, args)
		},
	}
	cmd.Flags().BoolVar(&list, "list", false, "only list them")
	return cmd
}

// listProblems prints the problems that are to be shown, and returns the syncs that have others.
func (c *cli) listProblems(ctx context.Context, app *daemon.App, args []string, show func(state.Problem) bool) ([]*config.Sync, error) {
	syncs, err := syncsOf(app.Options.Config, args)
	if err != nil {
		return nil, err
	}
	list := []problemJSON{}
	var rows [][]string
	var others []*config.Sync
	for _, s := range syncs {
		problems, err := app.Store.Problems(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		shown := slices.DeleteFunc(slices.Clone(problems), func(p state.Problem) bool { return !show(p) })
		if len(shown) < len(problems) {
			others = append(others, s)
		}
		for _, p := range shown {
			cells := problemCells(p.Problem)
			rows = append(rows, []string{s.Name, cells[0], cells[1], cells[2], moment(p.FirstAt), moment(p.RetryAt), cells[3]})
			list = append(list, newProblemJSON(s.Name, p))
		}
	}
	switch {
	case c.json():
		return nil, c.printJSON(map[string]any{"problems": list})
	case len(rows) == 0 && others == nil:
		fmt.Fprintln(c.out, "no problems")
	case len(rows) > 0:
		table(c.out, []string{"SYNC", "ROW", "COLUMN", "VALUE", "SINCE", "NEXT TRY", "WHY"}, rows)
	}
	return others, nil
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
