package daemon

import (
	"context"
	"errors"
	"time"

	"syncd/internal/engine"
	"syncd/internal/state"
)

// tellEvery is how often a scheduler looks for what people are to be told, besides after each run.
const tellEvery = time.Minute

// note remembers what people are to be told after a run, unless the run was interrupted or another process has the sync.
func (s *Scheduler) note(ctx context.Context, u *unit, r *engine.Report) {
	if s.plan.now(u).sync.Notify == "" || ctx.Err() != nil || errors.Is(r.Err(), state.ErrLeaseLost) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.plan.config().Lease/4) // the lease is not renewed any more
	defer cancel()
	if err := s.notifier.note(ctx, r); err != nil && ctx.Err() == nil {
		s.log.Warn("notification not stored", "sync", r.Sync, "run", r.RunID, "err", err)
	}
}

// notify tells people until ctx ends and what it returns is called.
func (s *Scheduler) notify(ctx context.Context) (wait func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if err := s.tell(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("notification not sent: tried again later", "err", err)
			}
			select {
			case <-ctx.Done():
			case <-s.nudge:
			case <-time.After(tellEvery):
			}
		}
	}()
	return func() { cancel(); <-done }
}

func (s *Scheduler) tell(ctx context.Context) error { return s.notifier.tellOf(ctx, s.plan.units()) }

// tellOf tells people about the syncs that have an address.
func (n *notifier) tellOf(ctx context.Context, units map[string]*unit) error {
	if !anyNotify(units) {
		return nil
	}
	all, err := health(ctx, n.store, units)
	if err != nil {
		return err
	}
	subjects := make([]subject, len(all))
	for i, h := range all {
		subjects[i] = subject{units[h.Sync].sync, h.Stale != "", h.Stale == "" && !h.Paused && !h.SucceededAt.IsZero()}
	}
	return n.tell(ctx, subjects)
}

func anyNotify(units map[string]*unit) bool {
	for _, u := range units {
		if u.sync.Notify != "" {
			return true
		}
	}
	return false
}

// notifyOnce tells people after one pass, as a scheduler would.
func (a *App) notifyOnce(ctx context.Context, reports []engine.Report) error {
	units, err := unitsOf(a.Options.Config)
	if err != nil || !anyNotify(units) {
		return err
	}
	now, err := a.Store.Now(ctx)
	if err != nil {
		return err
	}
	n := newNotifier(a.Store, a.Options.Log)
	defer n.client.CloseIdleConnections()
	for i := range reports {
		u := units[reports[i].Sync]
		if u.sync.Notify == "" || reports[i].Status == state.RunSkipped || errors.Is(reports[i].Err(), state.ErrLeaseLost) {
			continue
		}
		if err := n.note(ctx, &reports[i]); err != nil {
			return err
		}
	}
	for _, u := range units {
		u.since.Store(now.UnixNano()) // whether a sync that never succeeded should have is not known here
	}
	return n.tellOf(ctx, units)
}
