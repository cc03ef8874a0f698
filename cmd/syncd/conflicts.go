package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/daemon"
	"syncd/internal/state"
)

func (c *cli) conflictsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "conflicts [SYNC]", Short: "List the values that both sides changed", Args: arguments(0, 1),
		ValidArgsFunction: c.completing(c.offerSyncs),
		RunE: c.reading(func(ctx context.Context, app *daemon.App, args []string) error {
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
					list = append(list, conflictJSON{s.Name, k.Key, k.Field, k.Base, k.Source, k.Quo, k.Take, k.FirstAt})
				}
			}
			switch {
			case c.json():
				return c.printJSON(map[string]any{"conflicts": list})
			case len(rows) == 0:
				fmt.Fprintln(c.out, "no conflicts")
			default:
				table(c.out, []string{"SYNC", "KEY", "FIELD", "SOURCE", "QUO", "BEFORE", "SINCE", "SETTLED FOR"}, rows)
			}
			return nil
		}),
	}
}

// conflictJSON is a conflict as -o json prints it. Take is what a person chose, "" before.
type conflictJSON struct {
	Sync   string        `json:"sync"`
	Key    string        `json:"key"`
	Field  contact.Field `json:"field"`
	Base   string        `json:"base"`
	Source string        `json:"source"`
	Quo    string        `json:"quo"`
	Take   contact.Side  `json:"take"`
	Since  time.Time     `json:"since"`
}

func (c *cli) conflictRows(ctx context.Context, app *daemon.App, s *config.Sync, conflicts []state.Conflict) [][]string {
	var names titles
	if !c.json() {
		names = c.titles(ctx, app, s, storedFields(conflicts))
	}
	rows := make([][]string, len(conflicts))
	for i, k := range conflicts {
		rows[i] = []string{s.Name, value(k.Key), names.of(k.Field), value(k.Source), value(k.Quo), value(k.Base), moment(k.FirstAt), string(k.Take)}
	}
	return rows
}

func storedFields(conflicts []state.Conflict) []contact.Field {
	fields := make([]contact.Field, len(conflicts))
	for i, k := range conflicts {
		fields[i] = k.Field
	}
	return fields
}

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

// record returns the sync and the key that the first two arguments name.
func record(app *daemon.App, args []string) (*config.Sync, string, error) {
	s, err := syncOf(app.Options.Config, args[0])
	if err != nil {
		return nil, "", err
	}
	key, err := keyOf(args[1])
	if err != nil {
		return nil, "", usage(err, "")
	}
	return s, key, nil
}
