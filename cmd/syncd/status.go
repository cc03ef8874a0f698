package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/contact"
	"syncd/internal/daemon"
	"syncd/internal/engine"
	"syncd/internal/state"
)

func (c *cli) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show how the syncs are, and what waits for you", Args: arguments(0, 0),
		RunE: c.reading(func(ctx context.Context, app *daemon.App, _ []string) error {
			statuses, err := readStatuses(ctx, app)
			if err != nil {
				return err
			}
			if c.json() {
				return c.printJSON(map[string]any{"syncs": statuses})
			}
			now, err := app.Store.Now(ctx)
			if err != nil {
				return err
			}
			for _, s := range statuses {
				c.printStatus(s, now)
			}
			return nil
		}),
	}
}

// syncStatus is how one sync stands.
type syncStatus struct {
	Sync        string     `json:"sync"`
	Configured  bool       `json:"configured"`
	Paused      bool       `json:"paused"`
	Links       int        `json:"links"`
	Unlinked    int        `json:"unlinked"`
	LastRun     *runJSON   `json:"last_run"`     // null when it never ran
	LastSuccess *runJSON   `json:"last_success"` // likewise, or when the last recentRuns runs all failed
	NextRun     *time.Time `json:"next_run"`     // null when no `syncd run` has planned one; past while it is due or runs
	Missed      int64      `json:"missed"`       // times of the schedule
	Problems    int        `json:"problems"`
	Conflicts   int        `json:"conflicts"`
	// RequestsPerSecond is the limit of the sync's API key, 0 for a sync that is not in the configuration.
	RequestsPerSecond int `json:"requests_per_second"`

	HeldRun        int64             `json:"held_run"` // the run to approve, 0 when nothing is held
	Held           engine.HeldCounts `json:"held"`
	Approved       int               `json:"approved"` // let through, and to be carried out by the next run
	OpenOperations int               `json:"open_operations"`

	schedule string // as configured
}

// recentRuns is how many runs are searched for the last success.
const recentRuns = 100

// readStatuses returns the status of every configured sync, and of those that the state still knows.
func readStatuses(ctx context.Context, app *daemon.App) ([]syncStatus, error) {
	names := syncNames(app.Options.Config)
	known, err := app.Store.Syncs(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range known {
		if !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	schedules, err := app.Store.Schedules(ctx)
	if err != nil {
		return nil, err
	}
	statuses := make([]syncStatus, len(names))
	for i, name := range names {
		if statuses[i], err = readStatus(ctx, app, name); err != nil {
			return nil, err
		}
		statuses[i].readSchedule(schedules)
	}
	return statuses, nil
}

func readStatus(ctx context.Context, app *daemon.App, name string) (syncStatus, error) {
	s := syncStatus{Sync: name}
	if cfg := findSync(app.Options.Config, name); cfg != nil {
		s.Configured, s.Paused = true, cfg.Paused
		s.RequestsPerSecond, s.schedule = cfg.Quo.RequestsPerSecond, cfg.Schedule
	}
	for _, read := range []func(context.Context, state.Store) error{s.readLinks, s.readRuns, s.readFindings} {
		if err := read(ctx, app.Store); err != nil {
			return s, fmt.Errorf("sync %s: %w", name, err)
		}
	}
	return s, nil
}

func (s *syncStatus) readLinks(ctx context.Context, store state.Store) error {
	for link, err := range store.Links(ctx, s.Sync) {
		if err != nil {
			return err
		}
		if link.Linked() {
			s.Links++
		} else {
			s.Unlinked++
		}
	}
	return nil
}

func (s *syncStatus) readRuns(ctx context.Context, store state.Store) error {
	runs, err := store.Runs(ctx, s.Sync, recentRuns)
	for i := range runs {
		run := newRunJSON(runs[i])
		if s.LastRun == nil {
			s.LastRun = &run
		}
		if run.Status == state.RunDone {
			s.LastSuccess = &run
			break
		}
	}
	return err
}

func (s *syncStatus) readSchedule(schedules []state.Schedule) {
	for _, schedule := range schedules {
		if schedule.Sync == s.Sync && !schedule.DueAt.IsZero() && s.Configured && !s.Paused {
			s.NextRun, s.Missed = &schedule.DueAt, schedule.Missed
		}
	}
}

func (s *syncStatus) readFindings(ctx context.Context, store state.Store) error {
	problems, err := store.Problems(ctx, s.Sync)
	if err != nil {
		return err
	}
	conflicts, err := store.Conflicts(ctx, s.Sync)
	if err != nil {
		return err
	}
	held, err := store.Held(ctx, s.Sync)
	if err != nil {
		return err
	}
	open, err := store.Open(ctx, s.Sync)
	s.Problems, s.OpenOperations = len(problems), len(open)
	for _, k := range conflicts {
		if k.Take == "" {
			s.Conflicts++
		}
	}
	for _, h := range held {
		if !h.ApprovedAt.IsZero() {
			s.Approved++
			continue
		}
		s.HeldRun = h.Run
		hold(&s.Held, h.Action)
	}
	return err
}

// hold counts one more held operation, as the brake does: unlinking is a delete.
func hold(counts *engine.HeldCounts, action contact.Action) {
	switch action {
	case contact.Create:
		counts.Creates++
	case contact.Update:
		counts.Updates++
	default:
		counts.Deletes++
	}
}

func (c *cli) printStatus(s syncStatus, now time.Time) {
	note := ""
	switch {
	case !s.Configured:
		note = " (not in the configuration any more)"
	case s.Paused:
		note = " (paused)"
	}
	fmt.Fprintln(c.out, s.Sync+note)
	lines := [][]string{{"linked", count(s.Links, "record")}}
	add := func(name, text string) { lines = append(lines, []string{name, text}) }
	add("last run", "never")
	if s.LastRun != nil {
		lines[1][1] = s.LastRun.describe()
	}
	if s.LastSuccess != nil && s.LastSuccess.ID != s.LastRun.ID {
		add("last success", fmt.Sprintf("run %d, %s", s.LastSuccess.ID, moment(s.LastSuccess.StartedAt)))
	}
	if next := s.nextRun(now); next != "" {
		add("next run", next)
	}
	if rate := s.rateUsed(); rate != "" {
		add("rate", rate)
	}
	for i, wait := range c.waits(s) {
		add([]string{"waits for you", ""}[min(i, 1)], wait)
	}
	if s.Approved > 0 {
		add("approved", count(s.Approved, "operation")+" for the next run")
	}
	if s.OpenOperations > 0 {
		add("open", count(s.OpenOperations, "operation")+" whose outcome the next run finds out")
	}
	printLines(c.out, "  ", align(lines))
}

// nextRun says when the next run is, "" when there will be none.
func (s *syncStatus) nextRun(now time.Time) string {
	switch {
	case !s.Configured || s.Paused:
		return ""
	case s.NextRun == nil:
		return "none: start `syncd run` to follow the schedule, " + s.schedule
	case s.NextRun.After(now):
		return fmt.Sprintf("%s, in %s", moment(*s.NextRun), took(s.NextRun.Sub(now)))
	case s.LastRun != nil && s.LastRun.Status == state.RunRunning:
		return "now"
	default:
		return fmt.Sprintf("due since %s: is `syncd run` up?", moment(*s.NextRun))
	}
}

// rateUsed says how many requests the last run sent to Quo, and unless it was short how close that came to the limit; ""
// when it sent none.
func (s *syncStatus) rateUsed() string {
	if s.LastRun == nil {
		return ""
	}
	r := s.LastRun.report()
	if r == nil || r.APICalls.All() == 0 {
		return ""
	}
	text := count(r.APICalls.All(), "request") + " to Quo in the last run"
	if lasted := r.FinishedAt.Sub(r.StartedAt).Seconds(); lasted >= 1 {
		text += fmt.Sprintf(", %.1f a second", float64(r.APICalls.All())/lasted)
	}
	if s.RequestsPerSecond > 0 {
		text += fmt.Sprintf(" (at most %d a second)", s.RequestsPerSecond)
	}
	return text
}

// waits are what waits for a person, with the command that shows or settles it.
func (c *cli) waits(s syncStatus) []string {
	var waits []string
	add := func(n int, noun string, command ...string) {
		if n > 0 {
			waits = append(waits, count(n, noun)+": "+c.hintCommand(command...))
		}
	}
	add(s.Problems, "problem", "problems", s.Sync)
	add(s.Conflicts, "conflict", "conflicts", s.Sync)
	if s.Held != (engine.HeldCounts{}) {
		waits = append(waits, heldCounts(s.Held)+" held: "+c.hintCommand("approve", fmt.Sprint(s.HeldRun)))
	}
	add(s.Unlinked, "unlinked record", "relink", s.Sync)
	return waits
}
