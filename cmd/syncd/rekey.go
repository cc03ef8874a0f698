package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"syncd/internal/daemon"
	"syncd/internal/state"
)

func (c *cli) rekeyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "rekey SYNC OLD NEW", Short: "Say that a row's key changed", Args: arguments(3, 3),
		Long: `Say that a row's key changed in the source. The record keeps its contact and its history, and the next run gives the
contact the new key.`,
		Example:           "  syncd rekey customers C-1042 C-2042",
		ValidArgsFunction: c.completing(c.offerSyncs, c.offerKeys),
		RunE: c.writing(func(ctx context.Context, app *daemon.App, args []string) error {
			s, old, err := record(app, args)
			if err != nil {
				return err
			}
			key, err := keyOf(args[2])
			if err != nil {
				return usage(err, "")
			}
			if key == old {
				return usage(fmt.Errorf("%s is both the old and the new key", value(key)), "")
			}
			err = app.Rekey(ctx, s.Name, old, key)
			switch {
			case errors.As(err, new(*state.ExistsError)):
				return hinted(err, fmt.Sprintf("only one of the two can have it; see %#q", c.hintCommand("history", s.Name, key)))
			case err != nil:
				return missing(err, fmt.Sprintf("no record of %s has the key %s", s.Name, value(old)), "write the key that it had before")
			case c.json():
				return c.printJSON(map[string]string{"sync": s.Name, "old": old, "new": key})
			}
			fmt.Fprintf(c.out, "%s is now %s\n", value(old), value(key))
			return nil
		}),
	}
}
