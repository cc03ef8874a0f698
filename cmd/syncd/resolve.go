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
	"syncd/internal/state"
)

func (c *cli) resolveCommand() *cobra.Command {
	var take string
	cmd := &cobra.Command{
		Use: "resolve SYNC KEY [FIELD] --take source|quo", Short: "Say which side is right where both changed", Args: arguments(2, 3),
		Long: `Say which side is right where both changed: in one field, or in all of the record's. The next run writes it, if both
sides still hold what they held.

A conflict of the whole record (*) is about a row that is gone while its contact changed: source deletes the contact,
quo puts the row back where create_in_source is on, and else only stops keeping the two the same.`,
		Example:           "  syncd resolve customers C-0871 role --take source",
		ValidArgsFunction: c.completing(c.offerSyncs, c.offerConflicts, c.offerFields),
		RunE: func(cmd *cobra.Command, args []string) error {
			if take == "" {
				return usage(errors.New("resolve: which side is right?"), "add --take source or --take quo")
			}
			return c.writing(c.resolve(&take))(cmd, args)
		},
	}
	cmd.Flags().Var(&word{&take, []string{"source", "quo"}}, "take", "the side that is right: source or quo")
	complete(cmd, "take", "source", "quo")
	return cmd
}

func (c *cli) resolve(take *string) command {
	return func(ctx context.Context, app *daemon.App, args []string) error {
		s, key, err := record(app, args)
		if err != nil {
			return err
		}
		var field contact.Field
		if len(args) == 3 {
			if field, err = c.conflictField(ctx, app, s, key, args[2]); err != nil {
				return err
			}
		}
		n, err := app.Store.Resolve(ctx, s.Name, key, field, contact.Side(*take))
		switch {
		case err != nil:
			return missing(err, fmt.Sprintf("%#q lists them", c.hintCommand("conflicts", s.Name)))
		case c.json():
			return c.printJSON(map[string]any{"sync": s.Name, "key": key, "field": field, "take": *take, "resolved": n})
		}
		fmt.Fprintf(c.out, "%s of %s settled for %s: the next run writes it\n", count(n, "conflict"), value(key), sideName(contact.Side(*take)))
		return nil
	}
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
	names := c.titles(ctx, app, s, storedFields(conflicts))
	known := make([]string, len(conflicts))
	for i, k := range conflicts {
		known[i] = names.of(k.Field)
		if strings.EqualFold(name, known[i]) || strings.EqualFold(name, string(k.Field)) {
			return k.Field, nil
		}
	}
	hint := fmt.Sprintf("%#q lists all conflicts", c.hintCommand("conflicts", s.Name))
	if len(known) > 0 {
		hint = "its conflicts are in " + strings.Join(known, ", ")
	}
	return "", hinted(fmt.Errorf("%s has no conflict in %q", value(key), name), hint)
}
