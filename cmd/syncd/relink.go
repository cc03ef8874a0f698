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
	"syncd/internal/state"
)

// relinkOptions are the flags of relink.
type relinkOptions struct{ all, yes bool }

func (c *cli) relinkCommand() *cobra.Command {
	var o relinkOptions
	cmd := &cobra.Command{
		Use: "relink SYNC [KEY]", Short: "List unlinked records, or recreate their missing side", Args: arguments(1, 2),
		Long: `Recreate the missing side of an unlinked record, one whose row or contact is gone, or with --all of every such record. The
next run does it. Without a key, list them: which side is left, since when, and why.`,
		Example: `  syncd relink customers           # lists them
  syncd relink customers C-1042
  syncd relink customers --all     # asks first; with --yes it does not`,
		ValidArgsFunction: c.completing(c.offerSyncs, c.offerUnlinked),
		RunE: func(cmd *cobra.Command, args []string) error {
			a := &asker{in: cmd.InOrStdin(), out: c.out}
			switch {
			case o.all && len(args) == 2:
				return usage(fmt.Errorf("relink: --all and %q exclude each other", args[1]), "leave one out")
			case o.yes && !o.all:
				return usage(errors.New("relink: --yes is for --all"), "leave it out, or add --all")
			case o.all && c.json() && !o.yes:
				return usage(errors.New("relink: -o json cannot ask"), "add --yes, or list them without --all")
			case o.all:
				return c.writing(func(ctx context.Context, app *daemon.App, args []string) error {
					return c.relinkAll(ctx, app, args[0], o.yes, a)
				})(cmd, args)
			case len(args) == 1:
				return c.reading(c.listUnlinked)(cmd, args)
			}
			return c.writing(c.relink)(cmd, args)
		},
	}
	cmd.Flags().BoolVar(&o.all, "all", false, "every unlinked record of the sync")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "with --all: do not ask")
	return cmd
}

func (c *cli) relink(ctx context.Context, app *daemon.App, args []string) error {
	s, key, err := record(app, args)
	if err != nil {
		return err
	}
	if link, err := app.Store.Link(ctx, s.Name, key); err == nil && link.Unlinked == contact.OutOfFilter {
		return hinted(fmt.Errorf("%s has both sides: its row left the filter", value(key)), "once the filter takes the row again, they are kept the same again")
	}
	err = app.WithLease(ctx, s.Name, func(state.Lease) error { return app.Store.Relink(ctx, s.Name, key) })
	switch {
	case err != nil:
		return missing(err, fmt.Sprintf("%s is not an unlinked record of %s", value(key), s.Name), fmt.Sprintf("%#q lists them", c.hintCommand("relink", s.Name)))
	case c.json():
		return c.printJSON(map[string]string{"sync": s.Name, "key": key})
	}
	fmt.Fprintf(c.out, "%s: the next run of %s recreates the missing side\n", value(key), s.Name)
	return nil
}

func (c *cli) listUnlinked(ctx context.Context, app *daemon.App, args []string) error {
	s, err := syncOf(app.Options.Config, args[0])
	if err != nil {
		return err
	}
	records, err := readUnlinked(ctx, app.Store, s.Name)
	switch {
	case err != nil:
		return err
	case c.json():
		return c.printJSON(unlinkedJSON{s.Name, records})
	}
	c.printUnlinked(s, records)
	if len(records) > 0 {
		fmt.Fprintf(c.out, "recreate the missing side: %s KEY, or --all\n", c.hintCommand("relink", s.Name))
	}
	return nil
}

func (c *cli) relinkAll(ctx context.Context, app *daemon.App, name string, yes bool, a *asker) error {
	s, err := syncOf(app.Options.Config, name)
	if err != nil {
		return err
	}
	records, err := readUnlinked(ctx, app.Store, s.Name)
	if err != nil {
		return err
	}
	all := len(records)
	records = slices.DeleteFunc(records, outOfFilter)
	if left := all - len(records); left > 0 {
		c.say(fmt.Sprintf("left out: %s with both sides, whose %s left the filter: they are kept the same again when it takes them", count(left, "record"),
			either(left, "row", "rows")))
	}
	if !c.json() && (len(records) > 0 || all == 0) {
		c.printUnlinked(s, records)
	}
	if len(records) > 0 && !yes {
		if err := c.consent(ctx, a, "relink", fmt.Sprintf("Recreate the missing side of %s? [y/N] ", count(len(records), "record")), "nothing relinked"); err != nil {
			return err
		}
	}
	if err := relinkRecords(ctx, app, s, records); err != nil {
		return err
	}
	switch {
	case c.json():
		return c.printJSON(unlinkedJSON{s.Name, records})
	case len(records) > 0:
		fmt.Fprintf(c.out, "%s: the next run of %s recreates the missing side\n", count(len(records), "record"), s.Name)
	}
	return nil
}

// outOfFilter reports whether a record has both sides and is left alone because of the sync's filter. Its contact would get
// another row once its row is deleted.
func outOfFilter(u unlinked) bool { return u.Reason == contact.OutOfFilter }

// relinkRecords asks for the missing sides of records. One that has both again meanwhile needs no word.
func relinkRecords(ctx context.Context, app *daemon.App, s *config.Sync, records []unlinked) error {
	if len(records) == 0 {
		return nil
	}
	return app.WithLease(ctx, s.Name, func(state.Lease) error {
		for i := range records {
			err := app.Store.Relink(ctx, s.Name, records[i].Key)
			if err != nil && !errors.Is(err, state.ErrNotFound) {
				return err
			}
			records[i].Relink = err == nil
		}
		return nil
	})
}
