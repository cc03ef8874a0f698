//go:build unix

// Command bench measures what syncd costs and prints it as a Markdown table: CPU time and peak memory of the real
// binary, with the Quo workspace in another process, so that only syncd's own count; and what it makes of Quo's limit.
// Nothing here passes or fails by a clock: docs/performance.md says what the figures should be.
//
// Start with [bench.measure]. A run of syncd is in syncd.go, its rows in rows.go, the workspace in workspace.go.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"syncd/internal/pgtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	sizes := flags.String("sizes", "10000,100000", "how many contacts; several with commas between them")
	states := flags.String("states", "sqlite,postgres",
		"sqlite, postgres for a server of its own, or the URL of a Postgres database; several with commas between them")
	limit := flags.Bool("limit", true, "measure too what 300 creates and 300 updates make of Quo's limit; that takes two minutes")
	serving := flags.Bool("serve", false, "be the Quo workspace: bench starts itself with this")
	perSecond := flags.Int("requests-per-second", -1, "with -serve: the limit of the workspace; negative for none")
	latency := flags.Duration("latency", 0, "with -serve: how long after a request its answer comes")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *serving {
		return serve(ctx, *perSecond, *latency, os.Stdin, out)
	}
	b, err := build(ctx)
	if err != nil {
		return err
	}
	defer b.remove()
	b.out = out
	stores, stop := b.stores(strings.Split(*states, ","))
	defer stop()
	fmt.Fprintln(out, "| state | contacts | run | CPU | peak memory | time | API calls | least | re-reads |\n"+
		"| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
	for _, state := range stores {
		for size := range strings.SplitSeq(*sizes, ",") {
			n, err := strconv.Atoi(size)
			if err != nil {
				return fmt.Errorf("-sizes: %w", err)
			}
			if err := b.measure(ctx, state, n); err != nil {
				return err
			}
		}
	}
	if !*limit {
		return nil
	}
	for _, state := range stores {
		if err := b.measureLimit(ctx, state); err != nil {
			return err
		}
	}
	return nil
}

// bench is a built syncd and where it works.
type bench struct {
	dir, syncd string
	out        io.Writer
	scenes     int // so far
}

// remove leaves nothing behind; what cannot be removed is in the system's directory for such things.
func (b *bench) remove() { _ = os.RemoveAll(b.dir) }

// build builds the binary that is measured, as the Makefile does.
func build(ctx context.Context) (*bench, error) {
	dir, err := os.MkdirTemp("", "syncd-bench-")
	if err != nil {
		return nil, err
	}
	b := &bench{dir: dir, syncd: filepath.Join(dir, "syncd")}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.syncd, "syncd/cmd/syncd")
	cmd.Env, cmd.Stderr = append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
	if err := cmd.Run(); err != nil {
		b.remove()
		return nil, fmt.Errorf("build syncd: %w", err)
	}
	return b, nil
}

// stores starts the Postgres server that is asked for and puts its URL in place of its name. One that cannot be had is left
// out.
func (b *bench) stores(states []string) (stores []string, stop func()) {
	stop = func() {}
	for _, state := range states {
		if state != "postgres" {
			stores = append(stores, state)
			continue
		}
		address, stopServer, err := pgtest.Start()
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench: without Postgres:", err)
			continue
		}
		stores, stop = append(stores, address), func() { _ = stopServer() }
	}
	return stores, stop
}

// measure measures the three runs that matter with n contacts: the first import, one after which nothing changed, and
// one after 1% of the rows did.
func (b *bench) measure(ctx context.Context, state string, n int) error {
	s, err := b.newScene(ctx, state, unlimited, 0)
	if err != nil {
		return err
	}
	defer s.close() //nolint:errcheck // what it saw is not asked for
	for i, r := range []struct {
		name             string
		changed          int // every how manieth row changes before the run
		created, updated int
	}{
		{"first import", 0, n, 0},
		{"nothing changed", 0, 0, 0},
		{"1% changed", 100, 0, (n + 99) / 100},
	} {
		if err := s.writeRows(n, r.changed, i); err != nil {
			return err
		}
		report, cost, err := s.sync(ctx)
		if err != nil {
			return err
		}
		if report.Created != r.created || report.Updated != r.updated {
			return fmt.Errorf("%s: %d created and %d updated, want %d and %d", r.name, report.Created, report.Updated, r.created, r.updated)
		}
		pages := max(1, (n+49)/50)
		if r.created > 0 {
			pages = 1 // of a workspace that is empty
		}
		least := int64(1 + pages + r.created + r.updated)
		fmt.Fprintf(b.out, "| %s | %d | %s | %.2f s | %d MB | %.1f s | %d | %d | %d |\n", kind(state), n, r.name, cost.cpu.Seconds(),
			cost.memory>>20, cost.wall.Seconds(), report.Calls.sum(), least, report.Calls.List-int64(pages))
	}
	return nil
}

// The measure of the limit: Quo's own, over a line that is not fast.
const (
	perSecond = 10
	latency   = 200 * time.Millisecond
	rows      = 300
)

// measureLimit measures how much of the limit 300 creates use, and how long before the answer to an update its contact
// was last read.
func (b *bench) measureLimit(ctx context.Context, state string) error {
	s, err := b.newScene(ctx, state, perSecond, latency)
	if err != nil {
		return err
	}
	for edition, every := range []int{0, 1} {
		if err := s.writeRows(rows, every, edition); err != nil {
			return err
		}
		if _, _, err := s.sync(ctx, "--allow-updates"); err != nil {
			return err
		}
	}
	seen, err := s.close()
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "\n%s, %d requests a second, answers after %v: %d creates used %.1f%% of the limit; the fullest second had %d requests, "+
		"%d were refused.\nFrom the last read of a contact to the answer to its update: %.1f s at most, %.1f s in the middle.\n",
		kind(state), perSecond, latency, rows, 100*seen.Used, seen.FullestSecond, seen.Refused, seen.LongestWindow.Seconds(), seen.MiddleWindow.Seconds())
	return nil
}

// kind is the name of a state without its URL.
func kind(state string) string {
	if state == "sqlite" {
		return "SQLite"
	}
	return "Postgres"
}
