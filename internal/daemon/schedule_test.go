package daemon

import (
	"fmt"
	"testing"
	"time"

	"syncd/internal/config"
)

func newTestSchedule(t *testing.T, name, spec, zone string) schedule {
	t.Helper()
	s := &config.Sync{Name: name, Schedule: spec, Timezone: zone}
	if zone != "" {
		var err error
		if s.Location, err = time.LoadLocation(zone); err != nil {
			t.Fatal(err)
		}
	}
	out, err := newSchedule(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	out, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestScheduleAfter(t *testing.T) {
	for name, c := range map[string]struct {
		spec, zone     string
		due, now, want string // due and want without the jitter
		missed         int64
	}{
		"in time":                    {"@every 15m", "", "2026-03-02T06:00:00Z", "2026-03-02T06:05:00Z", "2026-03-02T06:15:00Z", 0},
		"an interval keeps its beat": {"@every 15m", "", "2026-03-02T06:00:00Z", "2026-03-02T06:40:00Z", "2026-03-02T06:45:00Z", 2},
		"a run that is too long":     {"0 * * * *", "", "2026-03-02T06:00:00Z", "2026-03-02T09:30:00Z", "2026-03-02T10:00:00Z", 3},
		"after a week of downtime":   {"0 7 * * 1-5", "", "2026-03-02T07:00:00Z", "2026-03-09T08:00:00Z", "2026-03-10T07:00:00Z", 5},
		"in the time zone":           {"0 7 * * *", "America/New_York", "2026-03-02T12:00:00Z", "2026-03-02T12:01:00Z", "2026-03-03T12:00:00Z", 0},
		"over the change to summer":  {"0 7 * * *", "America/New_York", "2026-03-07T12:00:00Z", "2026-03-07T12:02:00Z", "2026-03-08T11:00:00Z", 0},
		"an hour that is left out":   {"30 2 * * *", "America/New_York", "2026-03-07T07:30:00Z", "2026-03-07T07:32:00Z", "2026-03-09T06:30:00Z", 0},
		"a zone of its own":          {"CRON_TZ=Asia/Tokyo 0 7 * * *", "America/New_York", "2026-03-01T22:00:00Z", "2026-03-01T22:02:00Z", "2026-03-02T22:00:00Z", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTestSchedule(t, "customers", c.spec, c.zone)
			next, missed := s.after(at(t, c.due).Add(s.jitter), at(t, c.now))
			if want := at(t, c.want).Add(s.jitter); !next.Equal(want) || missed != c.missed {
				t.Errorf("got %s and %d missed, want %s and %d", next.UTC(), missed, want, c.missed)
			}
		})
	}
}

func TestScheduleAfterYears(t *testing.T) {
	s := newTestSchedule(t, "customers", "@every 1s", "")
	now := at(t, "2026-03-02T06:00:00Z")
	next, missed := s.after(now.AddDate(-10, 0, 0), now)
	if !next.After(now) || next.Sub(now) > 2*time.Second || missed != maxMissed {
		t.Errorf("got %s and %d missed", next, missed)
	}
}

func TestScheduleFirst(t *testing.T) {
	now := at(t, "2026-03-02T06:10:00Z")
	interval := newTestSchedule(t, "customers", "@every 15m", "")
	if got, want := interval.first(now), now.Add(interval.jitter); !got.Equal(want) {
		t.Errorf("an interval: got %s, want %s", got, want)
	}
	daily := newTestSchedule(t, "customers", "0 7 * * *", "")
	if got, want := daily.first(now), at(t, "2026-03-02T07:00:00Z").Add(daily.jitter); !got.Equal(want) {
		t.Errorf("a time of day: got %s, want %s", got, want)
	}
}

func TestOtherZoneIsAnotherSchedule(t *testing.T) {
	a, b := newTestSchedule(t, "customers", "0 7 * * *", ""), newTestSchedule(t, "customers", "0 7 * * *", "Asia/Tokyo")
	if a.spec == b.spec {
		t.Errorf("both are %q", a.spec)
	}
}

func TestJitter(t *testing.T) {
	seconds := map[int]int{}
	for i := range 200 {
		s := newTestSchedule(t, fmt.Sprintf("sync-%d", i), "@hourly", "")
		if s.jitter < 0 || s.jitter >= time.Minute {
			t.Errorf("jitter %s of an hour", s.jitter)
		}
		if again := newTestSchedule(t, fmt.Sprintf("sync-%d", i), "@hourly", ""); again.jitter != s.jitter {
			t.Errorf("jitter %s, then %s", s.jitter, again.jitter)
		}
		seconds[int(s.jitter/time.Second)]++
	}
	for second, n := range seconds {
		if n > 15 {
			t.Errorf("%d of 200 syncs start in second %d", n, second)
		}
	}
	if s := newTestSchedule(t, "customers", "@every 1s", ""); s.jitter >= 100*time.Millisecond {
		t.Errorf("jitter %s of a second", s.jitter)
	}
}
