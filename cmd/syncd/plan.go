package main

import (
	"context"

	"github.com/spf13/cobra"

	"syncd/internal/contact"
	"syncd/internal/daemon"
	"syncd/internal/engine"
	"syncd/internal/planpage"
	"syncd/internal/reconcile"
)

func (c *cli) planCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use: "plan", Short: "Show what a run would do, field by field", Args: arguments(0, 0),
		Long: `Show what a run would do, field by field, with the direction and the reason. Nothing is written anywhere.

  +  a contact (quo) or a row (source) that would be created
  ~  a value that would change, on the side that is named
  -  a contact or a row that would be deleted; "link": nothing is deleted, but the record is no longer synced
  !  a value that both sides changed, for you to settle` + runExitCodes + `
For plan, --strict also exits with 3 when there is anything to do.`,
		Example: `  syncd plan
  syncd plan --all                # everything, however long
  syncd plan --sync customers --only C-1042
  syncd plan -o json
  syncd plan -o html > plan.html  # one file, to look through or to mail`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.reading(o.plan(c))(cmd, args) },
	}
	o.flags(c, cmd)
	cmd.Flags().VarP(&word{&c.output, []string{"text", "json", "html"}}, "output", "o", "how to print: text, json or html")
	complete(cmd, "output", "text", "json", "html")
	cmd.Flags().BoolVar(&o.all, "all", false, "show everything, however long")
	return cmd
}

// plan decides for the chosen syncs and prints what a run would do.
func (o *runOptions) plan(c *cli) command {
	return func(ctx context.Context, app *daemon.App, _ []string) error {
		syncs, err := o.chosen(c, app.Options.Config)
		if err != nil {
			return err
		}
		plans, pages := []planJSON{}, []planpage.Sync{}
		var reports []engine.Report
		var code exit
		for _, s := range syncs {
			p, r := app.Plan(ctx, s, o.request)
			reports = append(reports, r)
			c.progress.rest()
			plans = append(plans, newPlanJSON(p, &r))
			switch {
			case c.html():
				pages = append(pages, c.pageOf(p, &r, s, c.titles(ctx, app, s, planFields(p))))
			case !c.json():
				c.printPlan(p, &r, s, c.titles(ctx, app, s, planFields(p)), o.all)
			}
			c.complainAbout(ctx, app.Options.Config, &r)
			left := len(p.Operations) + len(r.Conflicts) + len(r.Problems) + r.Marked
			code = worse(code, reportCode(&r, o.strict && left > 0))
		}
		switch {
		case c.json():
			err = c.printJSON(map[string]any{"syncs": plans})
		case c.html():
			err = c.printPage(pages)
		}
		if err != nil {
			return err
		}
		return worse(code, c.unknownKeys(reports)).orNil()
	}
}

// planFields are the fields that a plan names.
func planFields(p reconcile.Plan) []contact.Field {
	fields := conflictFields(p.Conflicts)
	for _, o := range p.Operations {
		for _, f := range o.Fields {
			fields = append(fields, f.Field)
		}
	}
	return fields
}

// planJSON is a plan as -o json prints it.
type planJSON struct {
	Sync       string              `json:"sync"`
	Operations []operationJSON     `json:"operations"`
	Conflicts  []contact.Conflict  `json:"conflicts"`
	Problems   []engine.Problem    `json:"problems"`
	Waiting    []reconcile.Waiting `json:"waiting"`
	Unmanaged  []string            `json:"unmanaged"` // the keys of our contacts that have no row
	Marked     int                 `json:"marked"`    // rows whose contact id or status would be written
	Unchanged  int                 `json:"unchanged"`
	Held       engine.HeldCounts   `json:"held"`
	Error      *string             `json:"error"`
}

type operationJSON struct {
	Key       string                `json:"key"`
	Side      contact.Side          `json:"side"`
	Action    contact.Action        `json:"action"`
	ContactID string                `json:"contact_id"` // "" for one that is yet to be created
	Name      string                `json:"name"`
	Reason    string                `json:"reason"`
	Fields    []contact.FieldChange `json:"fields"`
	Held      bool                  `json:"held"`
	Approved  bool                  `json:"approved"`
}

func newPlanJSON(p reconcile.Plan, r *engine.Report) planJSON {
	j := planJSON{Sync: r.Sync, Operations: []operationJSON{}, Conflicts: r.Conflicts, Problems: r.Problems,
		Waiting: r.Waiting, Unmanaged: append([]string{}, p.Unmanaged...), Marked: r.Marked, Unchanged: r.Unchanged, Held: r.Held, Error: r.Error}
	for i := range p.Operations {
		o := &p.Operations[i]
		j.Operations = append(j.Operations, operationJSON{Key: o.Key, Side: o.Side, Action: o.Action, ContactID: o.ContactID(),
			Name: nameOf(o), Reason: o.Reason, Fields: append([]contact.FieldChange{}, o.Fields...), Held: o.Held, Approved: o.Approved})
	}
	return j
}
