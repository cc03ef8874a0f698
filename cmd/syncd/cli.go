package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/daemon"
	"syncd/internal/state"
)

// cli is one call of syncd: where it writes, and the options that all commands share.
type cli struct {
	out    io.Writer // results
	err    io.Writer // all else
	getenv func(string) (string, bool)
	color  bool // results may be coloured
	// errWidth is that of the terminal that err is, nil when it is none.
	errWidth func() int
	// progress is the line that says how far a run is, nil where there is no run.
	progress *progress

	configPath string
	output     string // text or json
	logFormat  string // text or json
	logLevel   string // debug, info, warn, error; "" leaves it to the format

	secrets secrets // none until the configuration is read
}

const defaultConfig = "syncd.yaml"

func (c *cli) json() bool { return c.output == "json" }

// load reads the configuration. What is wrong with it is a usage error.
func (c *cli) load() (*config.Config, error) {
	if c.configPath == "" {
		return nil, usage(errors.New("--config is empty"), "")
	}
	cfg, err := config.Load(c.configPath, c.getenv)
	if err != nil {
		return nil, usage(err, c.noFileHint())
	}
	c.secrets.learn(cfg)
	return cfg, nil
}

// command is what a command does with the configured syncs and their state.
type command func(ctx context.Context, app *daemon.App, args []string) error

// reading makes the RunE of a command that only reads the state.
func (c *cli) reading(do command) func(*cobra.Command, []string) error {
	return c.with(daemon.Options{ReadOnly: true}, do)
}

// writing makes the RunE of a command that may write.
func (c *cli) writing(do command) func(*cobra.Command, []string) error {
	return c.with(daemon.Options{}, do)
}

func (c *cli) with(o daemon.Options, do command) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) (err error) {
		if o.Config, err = c.load(); err != nil {
			return err
		}
		c.progress = newProgress(c.err, c.getenv)
		defer c.progress.stop()
		o.Log, o.Version, o.Progress = c.logger(c.progress), version(), c.progress.update
		c.err = c.progress // so that messages stand above the line
		app, err := daemon.Open(cmd.Context(), o)
		if err != nil {
			return err
		}
		defer func() {
			if closeErr := app.Close(); err == nil {
				err = closeErr
			}
		}()
		return do(cmd.Context(), app, args)
	}
}

// noFileHint says how to come to a configuration, "" when there is one.
func (c *cli) noFileHint() string {
	if _, err := os.Stat(c.configPath); !errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	hint := "make one from your rows: " + c.hintCommand("init", "--csv", "FILE")
	if c.configPath == defaultConfig {
		hint += "; or name another with --config"
	}
	return hint
}

// syncOf returns the configured sync of that name; an unknown name is a usage error.
func syncOf(cfg *config.Config, name string) (*config.Sync, error) {
	if s := findSync(cfg, name); s != nil {
		return s, nil
	}
	names := syncNames(cfg)
	hint := "the syncs are " + strings.Join(names, ", ")
	if near := nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return nil, usage(fmt.Errorf("%s has no sync %q", cfg.Path, name), hint)
}

// findSync returns the configured sync of that name, nil when there is none.
func findSync(cfg *config.Config, name string) *config.Sync {
	for i := range cfg.Syncs {
		if cfg.Syncs[i].Name == name {
			return &cfg.Syncs[i]
		}
	}
	return nil
}

// syncsOf returns the syncs of those names, all of them when there are none.
func syncsOf(cfg *config.Config, names []string) ([]*config.Sync, error) {
	if len(names) == 0 {
		names = syncNames(cfg)
	}
	var syncs []*config.Sync
	for _, name := range names {
		s, err := syncOf(cfg, name)
		if err != nil {
			return nil, err
		}
		syncs = append(syncs, s)
	}
	return syncs, nil
}

func syncNames(cfg *config.Config) []string {
	names := make([]string, len(cfg.Syncs))
	for i := range cfg.Syncs {
		names[i] = cfg.Syncs[i].Name
	}
	return names
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

// nearest returns the word that was probably meant, "" when none is near.
func nearest(word string, words []string) string {
	index := &cobra.Command{SuggestionsMinimumDistance: 2}
	for _, w := range words {
		index.AddCommand(&cobra.Command{Use: w, Run: func(*cobra.Command, []string) {}})
	}
	if near := index.SuggestionsFor(word); len(near) > 0 {
		return near[0]
	}
	return ""
}

// hintCommand is a command line of syncd for people to copy: it names the configuration where that is not the usual
// one.
func (c *cli) hintCommand(args ...string) string {
	line := "syncd "
	if c.configPath != defaultConfig {
		line += "--config " + shellWord(c.configPath) + " "
	}
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = shellWord(arg)
	}
	return line + strings.Join(words, " ")
}

// missing says in place of state.ErrNotFound what there is not, and what there is; other errors stay as they are.
func missing(err error, what, hint string) error {
	if errors.Is(err, state.ErrNotFound) {
		return hinted(errors.New(what), hint)
	}
	return err
}
