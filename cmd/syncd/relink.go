package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"syncd/internal/daemon"
	"syncd/internal/state"
)

func (c *cli) relinkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "relink SYNC KEY", Short: "Make the missing side of an unlinked record again", Args: arguments(2, 2),
		Example:           "  syncd relink customers C-1042",
		ValidArgsFunction: c.completing(c.offerSyncs, c.offerKeys),
		RunE: c.writing(func(ctx context.Context, app *daemon.App, args []string) error {
			s, key, err := record(app, args)
			if err != nil {
				return err
			}
			err = app.WithLease(ctx, s.Name, func(state.Lease) error { return app.Store.Relink(ctx, s.Name, key) })
			switch {
			case err != nil:
				return missing(err, "only a record that lost one side can be linked again")
			case c.json():
				return c.printJSON(map[string]string{"sync": s.Name, "key": key})
			}
			fmt.Fprintf(c.out, "%s: the next run of %s makes the missing side again\n", value(key), s.Name)
			return nil
		}),
	}
}
