package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/daemon"
	"syncd/internal/engine"
	"syncd/internal/state"
)

func (c *cli) runsCommand() *cobra.Command {
	limit := 20
	cmd := &cobra.Command{
		Use: "runs [ID]", Short: "List the runs, or show all that one did", Args: arguments(0, 1),
		Example:           "  syncd runs\n  syncd runs 12",
		ValidArgsFunction: c.completing(c.offerRuns),
		RunE: c.reading(func(ctx context.Context, app *daemon.App, args []string) error {
			if len(args) == 0 {
				return c.listRuns(ctx, app, limit)
			}
			id, err := runID(args[0])
			if err != nil {
				return err
			}
			return c.showRun(ctx, app, id)
		}),
	}
	cmd.Flags().IntVar(&limit, "limit", limit, "how many `RUNS` to list, the newest first; 0 for all")
	return cmd
}

// runID reads the number of a run.
func runID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 {
		return 0, usage(fmt.Errorf("%q is not the number of a run", text), "`syncd runs` lists them")
	}
	return id, nil
}

func (c *cli) listRuns(ctx context.Context, app *daemon.App, limit int) error {
	if limit < 0 {
		return usage(fmt.Errorf("--limit %d: write a count, or 0 for all", limit), "")
	}
	runs, err := app.Store.Runs(ctx, "", limit)
	if err != nil {
		return err
	}
	list := make([]runJSON, len(runs))
	rows := make([][]string, len(runs))
	for i, run := range runs {
		list[i] = newRunJSON(run)
		lasted, what := "", ""
		if list[i].FinishedAt != nil {
			lasted = took(run.FinishedAt.Sub(run.StartedAt))
		}
		if report := list[i].report(); report != nil {
			what = result(report)
		}
		rows[i] = []string{strconv.FormatInt(run.ID, 10), run.Sync, moment(run.StartedAt), lasted, string(run.Status), what}
	}
	switch {
	case c.json():
		return c.printJSON(map[string]any{"runs": list})
	case len(runs) == 0:
		fmt.Fprintln(c.out, "no run yet")
	default:
		table(c.out, []string{"RUN", "SYNC", "STARTED", "TOOK", "STATUS", "WHAT"}, rows)
	}
	return nil
}

func (c *cli) showRun(ctx context.Context, app *daemon.App, id int64) error {
	run, err := app.Store.Run(ctx, id)
	if err != nil {
		return missing(err, fmt.Sprintf("there is no run %d", id), "`syncd runs` lists them")
	}
	entries, err := app.Store.Entries(ctx, id)
	if err != nil {
		return err
	}
	shown := newRunJSON(run)
	if c.json() {
		return c.printJSON(map[string]any{"run": shown, "journal": newEntriesJSON(entries)})
	}
	s := findSync(app.Options.Config, run.Sync)
	fmt.Fprintf(c.out, "%s: %s\n", run.Sync, shown.describe())
	if report := shown.report(); report != nil {
		if err := c.dropReplaced(ctx, app, run, report); err != nil {
			return err
		}
		c.printFindings(report, s, c.titles(ctx, app, s, conflictFields(report.Conflicts)))
	}
	c.printJournal(entries, true, c.titles(ctx, app, s, entryFields(entries)))
	return nil
}

// dropReplaced takes out of a run's report what it held when a later run decided that anew: it cannot be approved any more.
func (c *cli) dropReplaced(ctx context.Context, app *daemon.App, run state.Run, report *engine.Report) error {
	if report.Held == (engine.HeldCounts{}) {
		return nil
	}
	held, err := app.Store.Held(ctx, run.Sync)
	if err != nil || slices.ContainsFunc(held, func(h state.Held) bool { return h.Run == run.ID }) {
		return err
	}
	fmt.Fprintf(c.out, "  a later run decided again what it held: `%s` shows what waits now\n", c.hintCommand("status"))
	report.Held = engine.HeldCounts{}
	return nil
}

// runJSON is a run as -o json prints it. The report is null while the run works, and when its process died.
type runJSON struct {
	ID         int64           `json:"id"`
	Sync       string          `json:"sync"`
	Status     state.RunStatus `json:"status"`
	StartedAt  time.Time       `json:"started_at"`
	FinishedAt *time.Time      `json:"finished_at"`
	Report     json.RawMessage `json:"report"`
}

func newRunJSON(run state.Run) runJSON {
	j := runJSON{ID: run.ID, Sync: run.Sync, Status: run.Status, StartedAt: run.StartedAt, Report: run.Report}
	if !run.FinishedAt.IsZero() {
		j.FinishedAt = &run.FinishedAt
	}
	return j
}

// report is what the run reported, nil when it did not.
func (r *runJSON) report() *engine.Report {
	var report engine.Report
	if len(r.Report) == 0 || json.Unmarshal(r.Report, &report) != nil {
		return nil
	}
	return &report
}

// describe says in one line how the run went.
func (r *runJSON) describe() string {
	line := fmt.Sprintf("run %d, %s, %s", r.ID, moment(r.StartedAt), r.Status)
	if r.FinishedAt != nil {
		line += " after " + took(r.FinishedAt.Sub(r.StartedAt))
	}
	if report := r.report(); report != nil {
		line += ": " + result(report)
	}
	return line
}

// result is what a run did, and why it failed.
func result(r *engine.Report) string {
	did := summary(r)
	if r.Undoes > 0 {
		did = fmt.Sprintf("undo of run %d: %s", r.Undoes, did)
	}
	switch {
	case r.Error == nil:
		return did
	case did == string(r.Status):
		return printable(*r.Error)
	default:
		return did + ": " + printable(*r.Error)
	}
}
