package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"syncd/internal/config"
)

func (c *cli) configCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Check the configuration, or print its JSON Schema"}
	group(cmd,
		&cobra.Command{
			Use: "schema", Short: "Print the JSON Schema of syncd.yaml, for editors", Args: arguments(0, 0),
			Example: "  syncd config schema > syncd.schema.json\n" +
				"  # then, as the first line of syncd.yaml:\n" +
				"  # yaml-language-server: $schema=syncd.schema.json",
			RunE: func(*cobra.Command, []string) error {
				schema, err := config.Schema()
				if err != nil {
					return err
				}
				c.verbatim()
				fmt.Fprintln(c.out, strings.TrimSpace(string(schema)))
				return nil
			},
		},
		&cobra.Command{
			Use: "check", Short: "Check the configuration file, and nothing else", Args: arguments(0, 0),
			RunE: func(*cobra.Command, []string) error {
				cfg, err := c.load()
				if err != nil {
					return err
				}
				names := syncNames(cfg)
				if c.json() {
					return c.printJSON(map[string]any{"path": cfg.Path, "syncs": names})
				}
				fmt.Fprintf(c.out, "%s is valid: %s (%s)\n", c.configPath, count(len(names), "sync"), strings.Join(names, ", "))
				return nil
			},
		},
	)
	return cmd
}
