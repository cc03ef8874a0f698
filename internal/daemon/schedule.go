package daemon

import (
	"fmt"
	"hash/fnv"
	"time"

	"github.com/robfig/cron/v3"

	"syncd/internal/config"
)

// schedule is when a sync is due: at the times that it sets, its ticks, each a little later by the sync's own jitter,
// so that the many syncs of one hour do not start in one second.
type schedule struct {
	cron.Schedule
	spec   string // with the time zone, so that another zone is another schedule
	zone   *time.Location
	jitter time.Duration
}

// The jitter is less than a share of the time between two ticks, and less than maxJitter.
const (
	jitterShare = 10
	maxJitter   = time.Minute
)

// maxMissed is how many missed ticks are counted at once.
const maxMissed = 10_000

// newSchedule returns the schedule of a sync, whose configuration was checked.
func newSchedule(s *config.Sync) (schedule, error) {
	parsed, err := config.ParseSchedule(s.Schedule)
	if err != nil {
		return schedule{}, fmt.Errorf("sync %s: schedule: %w", s.Name, err)
	}
	zone := s.Location
	if zone == nil {
		zone = time.UTC
	}
	out := schedule{Schedule: parsed, spec: s.Schedule, zone: zone}
	if s.Location != nil {
		out.spec += " in " + s.Timezone
	}
	out.jitter = jitterOf(s.Name, out.shortest()/jitterShare)
	return out, nil
}

// shortest is the least time between ticks, as far as a few of them tell.
func (s schedule) shortest() time.Duration {
	tick := s.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, s.zone))
	least := 24 * time.Hour
	for range 30 {
		next := s.Next(tick)
		if next.IsZero() {
			break
		}
		least, tick = min(least, next.Sub(tick)), next
	}
	return least
}

// jitterOf is the same for a sync each time, and spread evenly below the limit over many syncs.
func jitterOf(sync string, below time.Duration) time.Duration {
	hash := fnv.New64a()
	hash.Write([]byte(sync))
	below = min(below, maxJitter)
	return time.Duration(hash.Sum64() % uint64(below)).Truncate(time.Millisecond)
}

// first is when a sync is due that was never planned: one with an interval at once, another one at its next tick.
func (s schedule) first(now time.Time) time.Time {
	if _, interval := s.Schedule.(cron.ConstantDelaySchedule); interval {
		return now.Add(s.jitter)
	}
	return s.Next(now.In(s.zone)).Add(s.jitter)
}

// after is when a sync is due next that was due and has run until now, and how many ticks came meanwhile. They are not
// made up for.
func (s schedule) after(due, now time.Time) (next time.Time, missed int64) {
	tick := due.Add(-s.jitter).In(s.zone)
	for {
		tick = s.Next(tick)
		if next = tick.Add(s.jitter); next.After(now) || tick.IsZero() {
			return next, missed
		}
		if missed++; missed == maxMissed {
			return s.Next(now.In(s.zone)).Add(s.jitter), missed
		}
	}
}
