package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// release is the version of a release, set by -ldflags "-X main.release=v1.2.3".
var release string

// version returns the version of this program: that of the release, else what the Go command noted when it built it.
func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func (c *cli) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			if c.json() {
				return c.printJSON(map[string]string{"version": version(), "go": runtime.Version()})
			}
			fmt.Fprintf(c.out, "syncd %s (%s)\n", version(), runtime.Version())
			return nil
		},
	}
}
