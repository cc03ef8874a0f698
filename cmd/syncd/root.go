package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const rootHelp = `syncd keeps the contacts of a Quo workspace and the rows of a source (a CSV file, a Google Sheet or a Postgres table)
the same, in both directions, without losing an edit, making a duplicate or deleting what it should not.

Point it at your rows in syncd.yaml, look at the plan, then let it run.`

const rootExamples = `  syncd init --csv customers.csv  # a configuration, guessed from your rows
  syncd plan                      # what a run would do, field by field
  syncd run --once                # one pass over all syncs
  syncd status                    # how the syncs are, and what waits for you
  syncd approve 12                # let through what run 12 held`

// root returns the command line.
func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use: "syncd", Short: "Keep Quo contacts and the rows of a source the same", Long: rootHelp, Example: rootExamples,
		Version: version(), SilenceErrors: true, SilenceUsage: true,
	}
	group(root,
		c.initCommand(), c.doctorCommand(), c.planCommand(), c.runCommand(),
		c.statusCommand(), c.runsCommand(), c.problemsCommand(), c.conflictsCommand(), c.historyCommand(),
		c.undoCommand(), c.approveCommand(), c.resolveCommand(), c.matchCommand(), c.relinkCommand(), c.rekeyCommand(),
		c.sandboxCommand(), c.migrateCommand(), c.configCommand(), c.versionCommand(),
	)
	root.SetVersionTemplate("syncd {{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	c.sharedFlags(root.PersistentFlags())
	complete(root, "output", "text", "json")
	complete(root, "log-format", "text", "json")
	complete(root, "log-level", levels...)
	return root
}

var levels = []string{"debug", "info", "warn", "error"}

func (c *cli) sharedFlags(flags *pflag.FlagSet) {
	flags.StringVar(&c.configPath, "config", defaultConfig, "the configuration `FILE`")
	c.output, c.logFormat = "text", "text"
	flags.VarP(&word{&c.output, []string{"text", "json"}}, "output", "o", "how to print: text or json")
	flags.Var(&word{&c.logFormat, []string{"text", "json"}}, "log-format", "how to log: text or json")
	flags.Var(&word{&c.logLevel, levels}, "log-level", "what to log: debug, info, warn or error (default warn; info with --log-format json)")
}

// group makes parent a command that does nothing but lead to others.
func group(parent *cobra.Command, commands ...*cobra.Command) {
	parent.AddCommand(commands...)
	parent.Args = cobra.ArbitraryArgs
	parent.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		cmd.SuggestionsMinimumDistance = 2
		hint := fmt.Sprintf("`%s --help` lists the commands", cmd.CommandPath())
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			hint = fmt.Sprintf("did you mean `%s %s`?", cmd.CommandPath(), near[0])
		}
		return usage(fmt.Errorf("%s has no command %q", cmd.CommandPath(), args[0]), hint)
	}
}

// flagError names the flag that was probably meant.
func flagError(cmd *cobra.Command, err error) error {
	hint := fmt.Sprintf("`%s --help` lists the flags", cmd.CommandPath())
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := nearest(unknown.GetSpecifiedName(), names); near != "" {
			hint = fmt.Sprintf("did you mean --%s?", near)
		}
	}
	return usage(err, hint)
}

// arguments demands from least to most arguments; a negative most stands for any number.
func arguments(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		wanted := "`" + cmd.UseLine() + "`"
		switch {
		case len(args) < least:
			return usage(fmt.Errorf("%s: an argument is missing", cmd.Name()), "write "+wanted)
		case most >= 0 && len(args) > most:
			return usage(fmt.Errorf("%s: unexpected argument %q", cmd.Name(), args[most]), "write "+wanted)
		}
		return nil
	}
}

// word is a flag that takes one of a few words.
type word struct {
	value *string
	words []string
}

// Set takes one of the words.
func (w *word) Set(text string) error {
	if !slices.Contains(w.words, text) {
		return errors.New("write " + strings.Join(w.words[:len(w.words)-1], ", ") + " or " + w.words[len(w.words)-1])
	}
	*w.value = text
	return nil
}

func (w *word) String() string { return *w.value }

// Type is what a usage calls the value.
func (w *word) Type() string { return "WORD" }
