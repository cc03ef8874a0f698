package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"syncd/internal/daemon"
)

func (c *cli) migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "Bring the state to the schema of this version", Args: arguments(0, 0),
		Long: "Bring the state to the schema of this version. A run does so by itself; commands that only read do not.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
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
		},
	}
}
