package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/daemon"
	"syncd/internal/state/sqlstore"
)

func (c *cli) migrateCommand() *cobra.Command {
	var from string
	cmd := &cobra.Command{
		Use: "migrate", Short: "Upgrade the state to this version, or copy it", Args: arguments(0, 0),
		Long: "Upgrade the state to the schema of this version. A run does so by itself; commands that only read do not.\n\n" +
			"With --from, copy a whole state to the one that the configuration names, which must be empty. Stop every syncd that\n" +
			"uses either first.",
		Example: "  syncd migrate\n  syncd migrate --from sqlite:syncd.db    # move to the Postgres that state: names now",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.load()
			switch {
			case err != nil:
				return err
			case cmd.Flags().Changed("from"):
				return c.copyState(cmd, from, cfg)
			}
			return c.migrate(cmd, cfg)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "copy the state from `STATE`: sqlite:FILE or postgres://user@host/db")
	return cmd
}

func (c *cli) migrate(cmd *cobra.Command, cfg *config.Config) error {
	from, to, err := daemon.Migrate(cmd.Context(), cfg)
	switch {
	case err != nil:
		return err
	case c.json():
		return c.printJSON(map[string]int64{"from": from, "to": to})
	case from == to:
		fmt.Fprintf(c.out, "state: schema %d, nothing to do\n", to)
	case from == 0:
		fmt.Fprintf(c.out, "state: created with schema %d\n", to)
	default:
		fmt.Fprintf(c.out, "state: schema %d -> %d\n", from, to)
	}
	return nil
}

func (c *cli) copyState(cmd *cobra.Command, from string, cfg *config.Config) error {
	if !daemon.IsState(from) {
		return usage(errors.New("--from is not a state"), "write sqlite:FILE or postgres://user@host/db")
	}
	copied, err := daemon.CopyState(cmd.Context(), from, cfg)
	switch {
	case errors.Is(err, sqlstore.ErrNotEmpty):
		return hinted(err, "copy to a new database, or to a schema of its own: ?search_path=NAME")
	case errors.Is(err, sqlstore.ErrNothing):
		return hinted(err, "name the state that you used before")
	case err != nil:
		return err
	case c.json():
		return c.printJSON(map[string]int{"rows": copied.Rows})
	}
	fmt.Fprintf(c.out, "state: copied %d rows from %s to %s\n", copied.Rows, copied.From, copied.To)
	return nil
}
