package daemon

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/config"
	"syncd/internal/state"
)

func TestStale(t *testing.T) {
	const never = ""
	for name, c := range map[string]struct {
		schedule       string
		after          time.Duration
		succeeded, now string // never: when it was planned is 2026-03-02T06:00:00Z
		paused         bool
		want           string
	}{
		"young":                          {"@every 15m", 24 * time.Hour, "2026-03-01T08:00:00Z", "2026-03-02T07:00:00Z", false, ""},
		"old":                            {"@every 15m", 24 * time.Hour, "2026-03-01T06:00:00Z", "2026-03-02T07:00:00Z", false, "ended 25h0m0s ago"},
		"old and paused":                 {"@every 15m", 24 * time.Hour, "2026-03-01T06:00:00Z", "2026-03-02T07:00:00Z", true, ""},
		"planned, and never succeeded":   {"@every 15m", time.Hour, never, "2026-03-02T06:30:00Z", false, ""},
		"never succeeded since":          {"@every 15m", time.Hour, never, "2026-03-02T07:30:00Z", false, "no run has succeeded yet"},
		"over a weekend":                 {"0 7 * * 1-5", 24 * time.Hour, "2026-02-27T07:01:00Z", "2026-03-02T07:30:00Z", false, ""},
		"over a weekend, and then":       {"0 7 * * 1-5", 24 * time.Hour, "2026-02-27T07:01:00Z", "2026-03-02T08:30:00Z", false, "ended 73h29m0s ago"},
		"never, but not due before noon": {"0 12 * * *", time.Hour, never, "2026-03-02T12:30:00Z", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			u := &unit{sync: &config.Sync{Name: "customers", StaleAfter: c.after, Paused: c.paused},
				schedule: newTestSchedule(t, "customers", c.schedule, "")}
			u.since.Store(at(t, "2026-03-02T06:00:00Z").UnixNano())
			var succeeded time.Time
			if c.succeeded != never {
				succeeded = at(t, c.succeeded)
			}
			got := u.stale(succeeded, at(t, c.now))
			if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// forgetful is a state that was restored from a copy made before any sync was planned.
type forgetful struct{ state.Store }

func (forgetful) Schedules(context.Context) ([]state.Schedule, error) { return nil, nil }

// A sync that the state does not know is never due. It must not look well for that.
func TestSyncThatTheStateForgotIsStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, config.Sync{Name: "customers", Schedule: "@every 1m", StaleAfter: time.Hour})
		s := b.scheduler()
		b.runFor(2*time.Minute, s)
		s.store = forgetful{b.store}
		for _, want := range []string{"", "no run has succeeded yet, and stale_after is 1h0m0s"} {
			health, err := s.Health(t.Context())
			if err != nil || len(health) != 1 || health[0].Sync != "customers" || health[0].Stale != want {
				t.Errorf("got %+v, %v, want customers with %q", health, err, want)
			}
			time.Sleep(2 * time.Hour)
		}
	})
}

func TestAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, config.Sync{Name: "customers", Schedule: "@every 1m"})
		s := b.scheduler()
		if err := s.Alive(); err != nil {
			t.Errorf("before it started: %v", err)
		}
		b.runFor(2*time.Minute, s)
		if err := s.Alive(); err != nil {
			t.Errorf("while it runs: %v", err)
		}
		time.Sleep(2 * time.Minute)
		if s.Alive() == nil {
			t.Error("it stands still and is alive")
		}
	})
}
