package main

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/daemon"
)

// titles are how people call fields. A field without a title is called by its name.
type titles map[contact.Field]string

func (t titles) of(f contact.Field) string { return printable(cmp.Or(t[f], string(f))) }

// patience is how long the name of a custom field is worth waiting for.
const patience = 5 * time.Second

// titles returns the titles of fields. Quo is asked only when a custom field is among them; without an answer it keeps
// the key that it has in Quo.
func (c *cli) titles(ctx context.Context, app *daemon.App, s *config.Sync, fields []contact.Field) titles {
	if s == nil || !slices.ContainsFunc(fields, isCustom) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	names, err := app.Titles(ctx, s)
	if err != nil {
		app.Options.Log.Info("names of custom fields not read", "sync", s.Name, "err", err)
	}
	return names
}

func isCustom(f contact.Field) bool { return strings.HasPrefix(string(f), contact.CustomFields+".") }

func conflictFields(conflicts []contact.Conflict) []contact.Field {
	fields := make([]contact.Field, len(conflicts))
	for i, c := range conflicts {
		fields[i] = c.Field
	}
	return fields
}
