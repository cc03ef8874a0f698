package daemon

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"syncd/internal/config"
	"syncd/internal/state"
)

// SyncHealth is how a configured sync stands, whichever process runs it.
type SyncHealth struct {
	state.Schedule
	Paused bool
	// Stale says why the sync is thought to be in trouble; "" when it is not.
	Stale string
}

// Health returns how all configured syncs stand, by name.
func (s *Scheduler) Health(ctx context.Context) ([]SyncHealth, error) {
	return health(ctx, s.store, s.plan.units())
}

func health(ctx context.Context, store state.Store, units map[string]*unit) ([]SyncHealth, error) {
	now, err := store.Now(ctx)
	if err != nil {
		return nil, err
	}
	schedules, err := store.Schedules(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]state.Schedule{}
	for _, schedule := range schedules {
		known[schedule.Sync] = schedule
	}
	var all []SyncHealth
	for _, name := range slices.Sorted(maps.Keys(units)) {
		schedule, u := known[name], units[name]
		schedule.Sync = name // a state that was restored meanwhile may not know it
		all = append(all, SyncHealth{schedule, u.sync.Paused, u.stale(schedule.SucceededAt, now)})
	}
	return all, nil
}

// stale says that a sync has not succeeded for longer than it may, and that a run has been due for a while.
func (u *unit) stale(succeeded, now time.Time) string {
	after := u.sync.StaleAfter
	from := succeeded
	if since := u.since.Load(); from.IsZero() && since == 0 {
		return ""
	} else if from.IsZero() {
		from = time.Unix(0, since)
	}
	due := u.schedule.Next(from.In(u.schedule.zone)).Add(u.schedule.jitter)
	switch {
	case u.sync.Paused, now.Before(from.Add(after)), now.Before(due.Add(min(after, time.Hour))):
		return ""
	case succeeded.IsZero():
		return fmt.Sprintf("no run has succeeded yet, and stale_after is %s", after)
	}
	return fmt.Sprintf("the last run that succeeded ended %s ago, and stale_after is %s", now.Sub(from).Round(time.Second), after)
}

// maxSilence is how long the scheduler may take between two looks at what is due.
const maxSilence = time.Minute

// Alive returns an error when the scheduler has stood still for longer than anything that it waits for takes.
func (s *Scheduler) Alive() error {
	looked := s.looked.Load()
	if looked == nil {
		return nil
	}
	if silence := time.Since(*looked); silence > max(maxSilence, 2*s.plan.config().Lease) {
		return fmt.Errorf("the scheduler has not moved for %s", silence.Round(time.Second))
	}
	return nil
}

// schemaFor is how long a look at the schema of the state is good: each opens a connection.
const schemaFor = 10 * time.Second

// schemaLook remembers the last look at the schema of the state that succeeded.
type schemaLook struct {
	mu         sync.Mutex
	at         time.Time
	have, need int64
}

func (l *schemaLook) of(ctx context.Context, c *config.Config) (have, need int64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.at) < schemaFor {
		return l.have, l.need, nil
	}
	if have, need, err = Schema(ctx, c); err == nil {
		l.at, l.have, l.need = time.Now(), have, need
	}
	return have, need, err
}

// Healthy returns an error for each reason why this process cannot do its work, or a sync is not done: the state does not
// answer or has the schema of another version, or a sync is stale.
func (s *Scheduler) Healthy(ctx context.Context) error {
	have, need, err := s.schema.of(ctx, s.plan.config())
	switch {
	case err != nil:
		return err
	case have != need:
		return fmt.Errorf("the state has schema %d, this syncd needs %d", have, need)
	}
	health, err := s.Health(ctx)
	if err != nil {
		return err
	}
	var stale []error
	for _, h := range health {
		if h.Stale != "" {
			stale = append(stale, fmt.Errorf("sync %s: %s", h.Sync, h.Stale))
		}
	}
	return errors.Join(stale...)
}
