package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/daemon"
	"syncd/internal/engine"
	"syncd/internal/reconcile"
)

// undoOptions are the flags of undo.
type undoOptions struct{ yes, dryRun, all bool }

func (c *cli) undoCommand() *cobra.Command {
	var o undoOptions
	cmd := &cobra.Command{
		Use: "undo RUN", Short: "Put back what a run changed", Args: arguments(1, 1),
		Long: `Put back what a run changed, on both sides, except what somebody changed since. It first shows the plan, with what is left
alone, and asks. Deleted contacts are recreated with what they had, under a new id.

No later run repeats what was undone: a value becomes a conflict to settle (syncd conflicts), a record left with one side is
unlinked (syncd relink). An undo is itself a run, which you can undo. No brake holds it.`,
		Example: `  syncd undo 12 --dry-run    # only shows what would be put back
  syncd undo 12
  syncd undo 12 --yes        # does not ask`,
		ValidArgsFunction: c.completing(c.offerRuns),
		RunE: func(cmd *cobra.Command, args []string) error {
			a := &asker{in: cmd.InOrStdin(), out: c.out}
			do := func(ctx context.Context, app *daemon.App, args []string) error {
				return c.undo(ctx, app, args[0], o, a)
			}
			switch {
			case o.dryRun:
				return c.reading(do)(cmd, args)
			case c.json() && !o.yes:
				return usage(errors.New("undo: -o json cannot ask"), "add --yes, or --dry-run")
			}
			return c.writing(do)(cmd, args)
		},
	}
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "put it back without asking")
	cmd.Flags().BoolVar(&o.all, "all", false, "show everything, however long")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "only show what would be put back")
	return cmd
}

func (c *cli) undo(ctx context.Context, app *daemon.App, run string, o undoOptions, a *asker) error {
	id, s, err := runOf(ctx, app, run)
	if err != nil {
		return err
	}
	e, err := app.Engine(s)
	if err != nil {
		return err
	}
	undoing, report := e.PlanUndo(ctx, id)
	c.progress.rest()
	if report.Err() != nil {
		c.complainAbout(ctx, app.Options.Config, &report)
		return exit(exitFailed)
	}
	n := len(undoing.Plan.Operations)
	if c.json() && (o.dryRun || n == 0) {
		return c.printJSON(newUndoJSON(id, undoing, &report))
	}
	if !c.json() {
		f := fold{folded, c.hintCommand("undo", run, "--dry-run", "--all")}
		if o.all {
			f = fold{}
		}
		c.printUndoing(id, undoing, &report, c.titles(ctx, app, s, undoFields(undoing)), f)
	}
	if n == 0 || o.dryRun {
		return nil
	}
	if !o.yes {
		if err := c.consent(ctx, a, "undo", "Put this back? [y/N] ", "nothing put back"); err != nil {
			return err
		}
	}
	return c.runUndo(ctx, app, e, id, s, undoing)
}

// runOf returns the run that an argument names, and its sync.
func runOf(ctx context.Context, app *daemon.App, argument string) (int64, *config.Sync, error) {
	id, err := runID(argument)
	if err != nil {
		return 0, nil, err
	}
	run, err := app.Store.Run(ctx, id)
	if err != nil {
		return 0, nil, missing(err, fmt.Sprintf("there is no run %d", id), "`syncd runs` lists them; those older than retention: are removed")
	}
	s, err := syncOf(app.Options.Config, run.Sync)
	return id, s, err
}

// runUndo carries out what was shown.
func (c *cli) runUndo(ctx context.Context, app *daemon.App, e *engine.Engine, id int64, s *config.Sync, undoing reconcile.Undoing) error {
	seen := map[contact.Hash]bool{}
	for i := range undoing.Plan.Operations {
		seen[undoing.Plan.Operations[i].Fingerprint()] = true
	}
	r := e.Undo(ctx, id, seen)
	c.progress.rest()
	if c.json() {
		if err := c.printJSON(map[string]any{"report": r, "left": append([]reconcile.Left{}, undoing.Left...)}); err != nil {
			return err
		}
	} else {
		c.printReport(&r, s, c.titles(ctx, app, s, conflictFields(r.Conflicts)))
		c.printRedo(undoing.Plan, &r)
	}
	c.complainAbout(ctx, app.Options.Config, &r)
	return reportCode(&r, false).orNil()
}

// printRedo says how what was undone comes back.
func (c *cli) printRedo(p reconcile.Plan, r *engine.Report) {
	if r.Err() != nil {
		return
	}
	if n := lonely(p); n > 0 {
		fmt.Fprintf(c.out, "  %s now unlinked: `%s KEY` recreates the missing side\n",
			count(n, "record")+either(n, " is", " are"), c.hintCommand("relink", r.Sync))
	}
	fmt.Fprintf(c.out, "  to undo this: %s\n", c.hintCommand("undo", fmt.Sprint(r.RunID)))
}

// lonely counts the records of which one side is left.
func lonely(p reconcile.Plan) (n int) {
	for i := range p.Operations {
		o := &p.Operations[i]
		other := o.Row != nil
		if o.Side == contact.Source {
			other = o.Contact != nil
		}
		if o.Action == contact.Delete && other || o.Action == contact.Create && !other || o.GivesUp {
			n++
		}
	}
	return n
}

// printUndoing prints what an undo would put back, and what it leaves alone.
func (c *cli) printUndoing(id int64, undoing reconcile.Undoing, r *engine.Report, names titles, f fold) {
	undoing.Plan.Operations = slices.Clone(undoing.Plan.Operations)
	fmt.Fprintf(c.out, "%s: undo of run %d: %s\n", r.Sync, id, planSummary(undoing.Plan, &engine.Report{}))
	for i := range undoing.Plan.Operations { // that it is an undo is the same everywhere
		o := &undoing.Plan.Operations[i]
		_, o.Reason, _ = strings.Cut(o.Reason, ", ")
		o.Approved, o.Fields = false, slices.Clone(o.Fields)
		for j := range o.Fields {
			o.Fields[j].Reason = ""
		}
	}
	c.printOperations(undoing.Plan.Operations, names, f)
	if n := len(undoing.Left); n > 0 {
		fmt.Fprintf(c.out, "%s left as %s:\n", count(n, "change")+either(n, " is", " are"), either(n, "it is", "they are"))
		var rows [][]string
		for _, l := range undoing.Left {
			now := ""
			if l.Field != "" {
				now = value(l.Now)
			}
			rows = append(rows, []string{string(l.Side), value(l.Key), fieldTitle(names, l.Field), now, printable(l.Why)})
		}
		printLines(c.out, "  ", align(rows))
	}
}

// fieldTitle is what people call a field, "" for the whole record.
func fieldTitle(names titles, f contact.Field) string {
	if f == "" {
		return ""
	}
	return names.of(f)
}

func undoFields(undoing reconcile.Undoing) []contact.Field {
	fields := planFields(undoing.Plan)
	for _, l := range undoing.Left {
		fields = append(fields, l.Field)
	}
	return fields
}

// undoJSON is the plan of an undo as -o json prints it.
type undoJSON struct {
	Run        int64            `json:"run"`
	Sync       string           `json:"sync"`
	Operations []operationJSON  `json:"operations"`
	Left       []reconcile.Left `json:"left"`
}

func newUndoJSON(id int64, undoing reconcile.Undoing, r *engine.Report) undoJSON {
	return undoJSON{Run: id, Sync: r.Sync, Operations: newPlanJSON(undoing.Plan, r).Operations, Left: append([]reconcile.Left{}, undoing.Left...)}
}
