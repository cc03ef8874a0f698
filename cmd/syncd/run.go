package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/daemon"
	"syncd/internal/engine"
	"syncd/internal/state"
)

const runHelp = `Read both sides, decide, and write what differs.

With --once, make one pass over the syncs. Without it, run each sync by its schedule: SIGTERM and SIGINT finish what is
under way and end it, SIGHUP reloads the configuration. Any number of such processes may share one state.`

const runExitCodes = `

Exit codes:
  0  done, even when rows with problems or conflicts are left for you
  1  a sync failed
  2  the command line or the configuration is wrong
  3  with --strict: problems or conflicts are left
  4  the brake holds operations until you approve them
  5  another process is running the sync
With several syncs, the first of 1, 4, 5, 3 that occurs.`

// runOptions are the flags of run and plan.
type runOptions struct {
	syncs   []string
	once    bool
	dryRun  bool
	strict  bool
	all     bool // a plan shows all of it
	request engine.Request
}

func (c *cli) runCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use: "run [--once]", Short: "Run the syncs, once or by schedule", Args: arguments(0, 0),
		Long: runHelp + runExitCodes,
		Example: `  syncd run                              # each sync by its schedule, until stopped
  syncd run --once                       # one pass over all syncs
  syncd run --once --sync customers --only C-1042
  syncd run --once --dry-run             # the same as syncd plan
  syncd run --once --allow-deletes       # no brake on deletes, this once`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case o.dryRun:
				return c.reading(o.plan(c))(cmd, args)
			case o.once:
				return c.writing(o.run(c))(cmd, args)
			}
			if err := onlyOnce(cmd.LocalNonPersistentFlags()); err != nil {
				return err
			}
			return c.serve(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&o.once, "once", false, "make one pass and end")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "only show what would be done")
	o.flags(c, cmd)
	return cmd
}

// onlyOnce refuses flags that are about one pass.
func onlyOnce(flags *pflag.FlagSet) (err error) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed && err == nil {
			err = usage(fmt.Errorf("--%s is for a single pass", f.Name), "add --once")
		}
	})
	return err
}

// flags are those that run and plan share.
func (o *runOptions) flags(c *cli, cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&o.syncs, "sync", nil, "only the sync `NAME`, paused or not; may be repeated")
	flags.StringArrayVar(&o.request.Only, "only", nil, "only the record with this `KEY`; may be repeated")
	flags.BoolVar(&o.strict, "strict", false, "exit with 3 when something is left to do")
	flags.BoolVar(&o.request.AllowDeletes, "allow-deletes", false, "lift the brake on deletes for this run")
	flags.BoolVar(&o.request.AllowUpdates, "allow-updates", false, "lift the brake on updates for this run")
	flags.BoolVar(&o.request.AllowCreates, "allow-creates", false, "lift the brake on creates for this run")
	flags.BoolVar(&o.request.AllowEmptied, "allow-emptied", false, "go on although a side is empty or keys changed; the brake still holds")
	c.completeSyncs(cmd, "sync")
}

// chosen returns the syncs to run: those that are named, else all that are not paused. Keys get their normal form.
func (o *runOptions) chosen(c *cli, cfg *config.Config) ([]*config.Sync, error) {
	for i, key := range o.request.Only {
		var err error
		if o.request.Only[i], err = keyOf(key); err != nil {
			return nil, usage(fmt.Errorf("--only: %w", err), "")
		}
	}
	syncs, err := syncsOf(cfg, o.syncs)
	if err != nil || len(o.syncs) > 0 {
		return syncs, err
	}
	active := syncs[:0]
	for _, s := range syncs {
		if s.Paused {
			c.say(fmt.Sprintf("%s is paused: --sync %[1]s runs it anyway", s.Name))
			continue
		}
		active = append(active, s)
	}
	return active, nil
}

// keyOf returns the normal form of a key from the command line.
func keyOf(key string) (string, error) { return contact.NormalizeKey(contact.Cell{Text: key}) }

// run makes one pass over the chosen syncs.
func (o *runOptions) run(c *cli) command {
	return func(ctx context.Context, app *daemon.App, _ []string) error {
		syncs, err := o.chosen(c, app.Options.Config)
		if err != nil {
			return err
		}
		return c.runOnce(ctx, app, syncs, o.request, o.strict)
	}
}

// runOnce runs the syncs one after another, prints what each did, and returns the exit code.
func (c *cli) runOnce(ctx context.Context, app *daemon.App, syncs []*config.Sync, request engine.Request, strict bool) error {
	reports := []engine.Report{}
	var code exit
	app.RunOnce(ctx, syncs, request, func(r engine.Report) {
		c.progress.rest()
		reports = append(reports, r)
		s := findSync(app.Options.Config, r.Sync)
		if !c.json() {
			c.printReport(&r, s, c.titles(ctx, app, s, conflictFields(r.Conflicts)))
		}
		c.complainAbout(ctx, app.Options.Config, &r)
		code = worse(code, reportCode(&r, strict && len(r.Problems)+len(r.Conflicts) > 0))
	})
	if c.json() {
		if err := c.printJSON(map[string]any{"syncs": reports}); err != nil {
			return err
		}
	}
	return worse(code, c.unknownKeys(reports)).orNil()
}

// unknownKeys names the keys that were asked for and that none of the syncs has, which is a failure.
func (c *cli) unknownKeys(reports []engine.Report) (code exit) {
	missed, near := map[string]int{}, map[string]string{}
	for i := range reports {
		if reports[i].Err() != nil {
			return exitDone // it says enough
		}
		for _, u := range reports[i].Unknown {
			missed[u.Key]++
			near[u.Key] = cmp.Or(near[u.Key], u.Near)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(missed)) {
		if missed[key] < len(reports) {
			continue
		}
		hint := "write it as it is in the key column of the source"
		if near[key] != "" {
			hint = fmt.Sprintf("did you mean %s?", near[key])
		}
		sync := ""
		if len(reports) == 1 {
			sync = reports[0].Sync
		}
		c.complain(sync, fmt.Errorf("no row and no contact has the key %q", key), hint)
		code = exitFailed
	}
	return code
}

// complainAbout says why a sync failed or was skipped.
func (c *cli) complainAbout(ctx context.Context, cfg *config.Config, r *engine.Report) {
	err := r.Err()
	if err == nil {
		return
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	c.complain(r.Sync, err, keyHint(err, cfg, findSync(cfg, r.Sync)))
}

// reportCode is the exit code for one sync; left says that something is left and that this counts.
func reportCode(r *engine.Report, left bool) exit {
	switch {
	case r.Status == state.RunFailed:
		return exitFailed
	case r.Status == state.RunHeld:
		return exitHeld
	case r.Status == state.RunSkipped:
		return exitLeased
	case left:
		return exitStrict
	}
	return exitDone
}

// worse returns the one of two exit codes that counts over several syncs: 1 before 4 before 5 before 3.
func worse(a, b exit) exit {
	order := map[exit]int{exitFailed: 4, exitHeld: 3, exitLeased: 2, exitStrict: 1}
	if cmp.Compare(order[a], order[b]) >= 0 {
		return a
	}
	return b
}

func (e exit) orNil() error {
	if e == exitDone {
		return nil
	}
	return e
}
