package main

import (
	"encoding/json"
	"testing"
	"time"

	"syncd/internal/engine"
	"syncd/internal/quo"
	"syncd/internal/state"
)

func TestNextRun(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)
	soon, past := now.Add(16*time.Minute), now.Add(-time.Hour)
	for want, s := range map[string]syncStatus{
		"": {NextRun: &soon},
		"none: start `syncd run` to follow the schedule, @hourly": {Configured: true, schedule: "@hourly"},
		"2026-03-01 12:16:00, in 16 min 0 s":                      {Configured: true, NextRun: &soon},
		"now":                                                     {Configured: true, NextRun: &past, LastRun: &runJSON{Status: state.RunRunning}},
		"due since 2026-03-01 11:00:00: is `syncd run` up?":       {Configured: true, NextRun: &past, LastRun: &runJSON{Status: state.RunDone}},
	} {
		if got := s.nextRun(now); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestRateUsed(t *testing.T) {
	lasted := func(calls quo.Calls, d time.Duration) *runJSON {
		began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		report, err := json.Marshal(engine.Report{StartedAt: began, FinishedAt: began.Add(d), APICalls: calls})
		if err != nil {
			t.Fatal(err)
		}
		return &runJSON{Report: report}
	}
	for want, s := range map[string]syncStatus{
		"": {LastRun: lasted(quo.Calls{}, time.Second), RequestsPerSecond: 10},
		"1 request to Quo in the last run (at most 10 a second)": {LastRun: lasted(quo.Calls{List: 1}, 50*time.Millisecond), RequestsPerSecond: 10},
		"48 requests to Quo in the last run, 9.6 a second (at most 10 a second)": {LastRun: lasted(quo.Calls{List: 5, Create: 43, Retries: 2}, 5*time.Second),
			RequestsPerSecond: 10},
		"5 requests to Quo in the last run": {LastRun: lasted(quo.Calls{Delete: 5}, 500*time.Millisecond)},
	} {
		if got := s.rateUsed(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
