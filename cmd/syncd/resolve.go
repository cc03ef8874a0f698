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
	"syncd/internal/state"
)

// resolveOptions are the flags of resolve.
type resolveOptions struct {
	take     string
	all, now bool
}

func (c *cli) resolveCommand() *cobra.Command {
	var o resolveOptions
	cmd := &cobra.Command{
		Use: "resolve SYNC KEY [FIELD] --take source|quo", Short: "Settle conflicts: say which side is right", Args: arguments(1, 3),
		Long: `Say which side is right where both changed: in one field, in the whole record, or with --all in every conflict of the
sync. The next run writes it, unless a side changed again.

A conflict of the whole record (*) is a row that is gone while its contact changed: source deletes the contact; quo puts
the row back if create_in_source is on, else unlinks the contact.`,
		Example: `  syncd resolve customers C-0871 role --take source
  syncd resolve customers C-0871 --take quo --now    # and write it at once
  syncd resolve customers --all --take source`,
		ValidArgsFunction: c.completing(c.offerSyncs, c.offerConflicts, c.offerFields),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case o.take == "":
				return usage(errors.New("resolve: which side is right?"), "add --take source or --take quo")
			case o.all && len(args) > 1:
				return usage(fmt.Errorf("resolve: --all and %q exclude each other", args[1]), "leave one out")
			case !o.all && len(args) < 2:
				return usage(errors.New("resolve: which record?"), "write its key, or --all for every conflict of the sync")
			}
			return c.writing(func(ctx context.Context, app *daemon.App, args []string) error { return c.resolve(ctx, app, args, o) })(cmd, args)
		},
	}
	cmd.Flags().Var(&word{&o.take, []string{"source", "quo"}}, "take", "the side that is right: source or quo")
	cmd.Flags().BoolVar(&o.all, "all", false, "settle every open conflict of the sync")
	cmd.Flags().BoolVar(&o.now, "now", false, "write it at once; exits as run does")
	complete(cmd, "take", "source", "quo")
	return cmd
}

func (c *cli) resolve(ctx context.Context, app *daemon.App, args []string, o resolveOptions) error {
	s, err := syncOf(app.Options.Config, args[0])
	if err != nil {
		return err
	}
	take := contact.Side(o.take)
	var keys []string
	var key string
	var field contact.Field
	var n int
	if o.all {
		keys, n, err = resolveAll(ctx, app, s, take)
	} else {
		if _, key, err = record(app, args); err != nil {
			return err
		}
		if len(args) == 3 {
			if field, err = c.conflictField(ctx, app, s, key, args[2]); err != nil {
				return err
			}
		}
		keys = []string{key}
		n, err = app.Store.Resolve(ctx, s.Name, key, field, take)
	}
	switch {
	case err != nil:
		return missing(err, fmt.Sprintf("%s has no conflict", value(key)), fmt.Sprintf("%#q lists all conflicts", c.hintCommand("conflicts", s.Name)))
	case n == 0 && !c.json():
		fmt.Fprintln(c.out, "no conflicts")
		return nil
	case o.now && n > 0:
		return c.runOnce(ctx, app, []*config.Sync{s}, engine.Request{Only: keys}, false)
	case c.json():
		return c.printJSON(map[string]any{"sync": s.Name, "key": key, "field": field, "take": o.take, "resolved": n})
	case o.all:
		fmt.Fprintf(c.out, "%s settled for %s: the next run writes %s\n", count(n, "conflict"), sideName(take), either(n, "it", "them"))
		return nil
	}
	fmt.Fprintf(c.out, "%s of %s settled for %s: the next run writes it\n", count(n, "conflict"), value(key), sideName(take))
	return nil
}

// resolveAll settles the conflicts of a sync that are open, and returns their keys and how many they are.
func resolveAll(ctx context.Context, app *daemon.App, s *config.Sync, take contact.Side) (keys []string, n int, err error) {
	conflicts, err := app.Store.Conflicts(ctx, s.Name)
	if err != nil {
		return nil, 0, err
	}
	for _, k := range conflicts {
		if k.Take != "" {
			continue
		}
		one, err := app.Store.Resolve(ctx, s.Name, k.Key, k.Field, take)
		if err != nil {
			return nil, n, err
		}
		if n += one; !slices.Contains(keys, k.Key) {
			keys = append(keys, k.Key)
		}
	}
	return keys, n, nil
}

func sideName(s contact.Side) string {
	if s == contact.Quo {
		return "Quo"
	}
	return "the source"
}

// conflictField returns the field of the record's conflict that a person calls by its name or its title, in any case.
func (c *cli) conflictField(ctx context.Context, app *daemon.App, s *config.Sync, key, name string) (contact.Field, error) {
	conflicts, err := app.Store.Conflicts(ctx, s.Name)
	if err != nil {
		return "", err
	}
	conflicts = slices.DeleteFunc(conflicts, func(k state.Conflict) bool { return k.Key != key })
	names := c.titles(ctx, app, s, conflictFields(asReported(conflicts)))
	known := make([]string, len(conflicts))
	for i, k := range conflicts {
		known[i] = names.of(k.Field)
		if strings.EqualFold(name, known[i]) || strings.EqualFold(name, string(k.Field)) {
			return k.Field, nil
		}
	}
	hint := fmt.Sprintf("%#q lists all conflicts", c.hintCommand("conflicts", s.Name))
	if len(known) > 0 {
		hint = "it has conflicts in " + strings.Join(known, ", ")
	}
	return "", hinted(fmt.Errorf("%s has no conflict in %q", value(key), name), hint)
}
