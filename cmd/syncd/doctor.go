package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/daemon"
	"syncd/internal/doctor"
)

func (c *cli) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Check all that a run needs, and say how to mend it", Args: arguments(0, 0),
		Long: `Check all that a run needs, in the order in which you would mend it: the file, the environment, the state, Quo, each
source, its rows, the contacts. Nothing is written. The exit code is 1 when something would stop a run.

  ok    all is well
  look  a run goes on, but you ought to look at it
  stop  a run would stop`,
		Example: "  syncd doctor\n  syncd doctor -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.printFindingsOf(c.examine(cmd))
		},
	}
}

// examine has everything looked at.
func (c *cli) examine(cmd *cobra.Command) []doctor.Finding {
	cfg, err := config.Load(c.configPath, c.getenv)
	if err != nil {
		return doctor.Configuration(c.configPath, err, c.hintCommand)
	}
	c.secrets.learn(cfg)
	c.progress = newProgress(c.err, c.getenv)
	defer c.progress.stop()
	return doctor.Examine(cmd.Context(), daemon.Options{Config: cfg, Log: c.logger(c.progress), Version: version(), Progress: c.progress.update}, c.hintCommand)
}

var levelWords = map[doctor.Level]struct {
	word  string
	color text.Color
}{doctor.Fine: {"ok", text.FgGreen}, doctor.Look: {"look", text.FgYellow}, doctor.Stop: {"stop", text.FgRed}}

func (c *cli) printFindingsOf(findings []doctor.Finding) error {
	stops := doctor.Stops(findings)
	if c.json() {
		for i := range findings { // what a source or Quo said may hold a secret
			findings[i].What = c.redact(findings[i].What)
		}
		if err := c.printJSON(map[string]any{"findings": findings, "stops": stops}); err != nil {
			return err
		}
	} else {
		counts := map[doctor.Level]int{}
		for i, f := range findings {
			counts[f.Level]++
			c.printFinding(f)
			if i+1 == len(findings) || f.Why != findings[i+1].Why || f.Next != findings[i+1].Next {
				c.printAdvice(f)
			}
		}
		c.printVerdict(counts)
	}
	if stops {
		return exit(exitFailed)
	}
	return nil
}

// printFinding prints what was found.
func (c *cli) printFinding(f doctor.Finding) {
	level := levelWords[f.Level]
	where := fromHere(f.Where)
	if f.Sync != "" && f.Sync != f.Where {
		where = f.Sync + ": " + where
	}
	fmt.Fprintf(c.out, "%s %s%s: %s\n", c.paint(level.color, fmt.Sprintf("%-5s", level.word)), column(f.Area, 11), printable(where),
		printable(c.redact(fromHere(f.What))))
}

// printAdvice says of a finding, or of several in a row that are alike, why that matters and what to do.
func (c *cli) printAdvice(f doctor.Finding) {
	if f.Level != doctor.Fine {
		fmt.Fprintf(c.out, "      why:  %s\n      next: %s\n", printable(c.redact(f.Why)), printable(c.redact(fromHere(f.Next))))
	}
}

// fromHere names files of the working directory as they are called there.
func fromHere(text string) string {
	dir, err := os.Getwd()
	if err != nil {
		return text
	}
	return strings.ReplaceAll(text, dir+string(filepath.Separator), "")
}

func (c *cli) printVerdict(counts map[doctor.Level]int) {
	switch stop, look := counts[doctor.Stop], counts[doctor.Look]; {
	case stop > 0:
		fmt.Fprintf(c.out, "%s would stop a run\n", count(stop, "thing"))
	case look > 0:
		fmt.Fprintf(c.out, "nothing stops a run; %s to look at. %s shows what it would do\n", count(look, "thing"), c.hintCommand("plan"))
	default:
		fmt.Fprintf(c.out, "all is well. %s shows what a run would do\n", c.hintCommand("plan"))
	}
}
