package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/daemon"
	"syncd/internal/state"
)

// completion is what a shell offers for the next word.
type completion = func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective)

// complete offers the words of a flag.
func complete(cmd *cobra.Command, flag string, words ...string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)) // it exists
}

// completeSyncs offers the names of the configured syncs as the values of a flag.
func (c *cli) completeSyncs(cmd *cobra.Command, flag string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, c.completing(c.offerSyncs)) // it exists
}

// completing makes a completion of functions, one for each argument.
func (c *cli) completing(offers ...func(args []string, word string) []string) completion {
	return func(_ *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= len(offers) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return offers[len(args)](args, word), cobra.ShellCompDirectiveNoFileComp
	}
}

func (c *cli) offerSyncs([]string, string) []string {
	cfg, err := config.Load(c.configPath, c.getenv)
	if err != nil {
		return nil // a shell has no place for errors
	}
	return syncNames(cfg)
}

// maxOffers is how many words are worth offering.
const maxOffers = 50

// offerRuns offers the newest runs.
func (c *cli) offerRuns([]string, string) []string {
	var ids []string
	c.withState(func(ctx context.Context, store state.Store) {
		runs, _ := store.Runs(ctx, "", maxOffers)
		for _, run := range runs {
			ids = append(ids, strconv.FormatInt(run.ID, 10)+"\t"+run.Sync+", "+string(run.Status))
		}
	})
	return ids
}

// offerKeys offers the keys of the links of the sync that is the first argument.
func (c *cli) offerKeys(args []string, word string) []string {
	return c.offerLinks(args[0], word, func(*state.Link) bool { return true })
}

// offerUnlinked offers the keys of its unlinked records.
func (c *cli) offerUnlinked(args []string, word string) []string {
	return c.offerLinks(args[0], word, func(link *state.Link) bool { return !link.Linked() })
}

func (c *cli) offerLinks(sync, word string, wanted func(*state.Link) bool) []string {
	var keys []string
	c.withState(func(ctx context.Context, store state.Store) {
		for link, err := range store.Links(ctx, sync) {
			if err != nil || len(keys) == maxOffers {
				return
			}
			if strings.HasPrefix(link.Key, word) && wanted(&link) {
				keys = append(keys, printable(link.Key))
			}
		}
	})
	return keys
}

func (c *cli) withState(do func(context.Context, state.Store)) {
	cfg, err := config.Load(c.configPath, c.getenv)
	if err != nil {
		return
	}
	ctx := context.Background()
	store, err := daemon.OpenStore(ctx, cfg, true)
	if err != nil {
		return
	}
	defer func() { _ = store.Close() }() // it was only read
	do(ctx, store)
}

// offerConflicts offers the keys of the sync's conflicts.
func (c *cli) offerConflicts(args []string, _ string) []string {
	var keys []string
	c.withState(func(ctx context.Context, store state.Store) {
		conflicts, _ := store.Conflicts(ctx, args[0])
		for _, k := range conflicts {
			keys = append(keys, printable(k.Key))
		}
	})
	return keys
}

// offerProblems offers the keys of the sync's problems.
func (c *cli) offerProblems(args []string, _ string) []string {
	var keys []string
	c.withState(func(ctx context.Context, store state.Store) {
		problems, _ := store.Problems(ctx, args[0])
		for _, p := range problems {
			if p.Key != "" {
				keys = append(keys, printable(p.Key))
			}
		}
	})
	return keys
}

// offerFields offers the fields of the record's conflicts.
func (c *cli) offerFields(args []string, _ string) []string {
	var fields []string
	c.withState(func(ctx context.Context, store state.Store) {
		conflicts, _ := store.Conflicts(ctx, args[0])
		for _, k := range conflicts {
			if k.Key == args[1] {
				fields = append(fields, printable(string(k.Field)))
			}
		}
	})
	return fields
}
