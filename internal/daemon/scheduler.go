package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"syncd/internal/config"
	"syncd/internal/engine"
	"syncd/internal/state"
)

// Scheduler runs the syncs of a configuration when they are due, several at once. Any number of them may share a state:
// which sync is due stands there, and who claims it first runs it.
//
// One goroutine, that of Run, decides; each run has one of its own.
type Scheduler struct {
	store  state.Store
	log    *slog.Logger
	holder string
	// engine makes the engine of one run.
	engine func(*config.Sync) (Runner, error)
	// configure makes the engines to come follow another configuration.
	configure func(*config.Config)
	// Ready is called once the syncs are planned; nil for nobody.
	Ready func()
	// Ran is told of every run that ended; nil for nobody. It may be called from several goroutines at once.
	Ran func(engine.Report)

	notifier *notifier
	nudge    chan struct{} // there may be something to tell

	plan    plan
	schema  schemaLook
	reloads chan reload
	ended   chan string // the sync of a run
	stopped chan struct{}
	running map[string]bool
	out     bool                      // the state could not be reached last time
	looked  atomic.Pointer[time.Time] // when it last looked for what is due, by the monotonic clock; for Alive
}

// Runner runs one sync once, under a lease that was asked for at a time.
type Runner interface {
	RunLeased(ctx context.Context, lease state.Lease, asked time.Time, req engine.Request) engine.Report
}

// Scheduler returns the scheduler of the configured syncs.
func (a *App) Scheduler() (*Scheduler, error) {
	return newScheduler(&Scheduler{
		store: a.Store, log: a.Options.Log, holder: holder(), configure: a.Configure,
		engine: func(s *config.Sync) (Runner, error) { return a.Engine(s) },
	}, a.Options.Config)
}

func newScheduler(s *Scheduler, c *config.Config) (*Scheduler, error) {
	units, err := unitsOf(c)
	if err != nil {
		return nil, err
	}
	s.plan.set(c, units)
	s.notifier, s.nudge = newNotifier(s.store, s.log), make(chan struct{}, 1)
	s.reloads, s.ended, s.stopped, s.running = make(chan reload), make(chan string), make(chan struct{}), map[string]bool{}
	return s, nil
}

// The scheduler looks for what is due every sixth of the lease's time, and at least once a second: that much later than
// the lease ends, another process goes on where one died.
const (
	lookShare = 6
	lookEvery = time.Second
)

// Run runs syncs until ctx ends, and then waits for the runs that are under way: see [Scheduler.drain].
func (s *Scheduler) Run(ctx context.Context) error {
	defer close(s.stopped)
	defer s.prune(ctx)()
	if err := s.planAll(ctx, s.plan.units()); err != nil {
		return err
	}
	if s.Ready != nil {
		s.Ready()
	}
	defer s.notify(ctx)()
	for ctx.Err() == nil {
		looked := time.Now()
		s.looked.Store(&looked)
		s.claim(ctx)
		select {
		case <-ctx.Done():
		case name := <-s.ended:
			delete(s.running, name)
		case r := <-s.reloads:
			r.answer <- s.apply(ctx, r.config)
		case <-time.After(min(s.plan.config().Lease/lookShare, lookEvery)):
		}
	}
	return s.drain()
}

// planAll says for each sync when it is due, unless its row has it by the same schedule already.
func (s *Scheduler) planAll(ctx context.Context, units map[string]*unit) error {
	now, err := s.store.Now(ctx)
	if err != nil {
		return err
	}
	for _, u := range units {
		u.since.Store(now.UnixNano())
		if err := s.store.Plan(ctx, u.sync.Name, u.schedule.spec, u.schedule.first(now)); err != nil {
			return err
		}
	}
	return nil
}

// claim starts the runs of syncs that are due, as many as there is room for.
func (s *Scheduler) claim(ctx context.Context) {
	c := s.plan.config()
	room := c.MaxConcurrentRuns - len(s.running)
	waiting := map[string]*unit{}
	for name, u := range s.plan.units() {
		if !u.sync.Paused && !s.running[name] {
			waiting[name] = u
		}
	}
	if room <= 0 || len(waiting) == 0 {
		return
	}
	asked := time.Now()
	// A lease that comes too late to be trusted is no use.
	asking, cancel := context.WithTimeout(ctx, c.Lease/2)
	claims, err := s.store.Claim(asking, slices.Collect(maps.Keys(waiting)), s.holder, c.Lease, room)
	cancel()
	s.reached(ctx, err)
	for _, claim := range claims {
		s.start(ctx, waiting[claim.Lease.Sync], claim, asked)
	}
}

// reached tells once that the state cannot be reached, and once that it can again.
func (s *Scheduler) reached(ctx context.Context, err error) {
	switch out := err != nil; {
	case ctx.Err() != nil || out == s.out:
		return
	case out:
		s.log.Error("state not reachable: no run starts", "err", err)
	default:
		s.log.Info("state reachable again")
	}
	s.out = err != nil
}

// start runs a claimed sync in a goroutine of its own.
func (s *Scheduler) start(ctx context.Context, u *unit, claim state.Claim, asked time.Time) {
	name := u.sync.Name
	s.running[name] = true
	runner, err := s.engine(u.sync)
	go func() {
		var report engine.Report
		if err != nil {
			report = engine.FailedReport(name, err)
		} else {
			report = s.runLeased(ctx, runner, claim.Lease, asked)
		}
		logRun(ctx, s.log, &report)
		s.note(ctx, u, &report)
		s.giveBack(ctx, u, claim, asked, &report)
		select {
		case s.nudge <- struct{}{}:
		default: // it was nudged already
		}
		if s.Ran != nil {
			s.Ran(report)
		}
		select {
		case s.ended <- name:
		case <-s.stopped:
		}
	}()
}

// runLeased runs a sync. A panic is a bug, of which the other syncs are not to suffer.
func (s *Scheduler) runLeased(ctx context.Context, runner Runner, lease state.Lease, asked time.Time) (report engine.Report) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("a run panicked: this is a bug in syncd", "sync", lease.Sync, "panic", p, "stack", string(debug.Stack()))
			report = engine.FailedReport(lease.Sync, fmt.Errorf("bug in syncd: %v", p))
		}
	}()
	return runner.RunLeased(ctx, lease, asked, engine.Request{})
}

// giveBack gives the lease of a run that ended back. One that was interrupted stays due, for another process to go on;
// the others are due at their next tick.
func (s *Scheduler) giveBack(ctx context.Context, u *unit, claim state.Claim, asked time.Time, report *engine.Report) {
	if errors.Is(report.Err(), state.ErrLeaseLost) {
		return
	}
	interrupted := ctx.Err() != nil && report.Err() != nil
	lease := s.plan.config().Lease
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lease) // after that somebody else may have it
	defer cancel()
	give := func() error {
		if interrupted {
			return s.store.Release(ctx, claim.Lease)
		}
		schedule := s.plan.now(u).schedule
		now := claim.Now.Add(time.Since(asked))
		due, missed := schedule.after(claim.DueAt, now)
		if report.RunID == 0 && report.Err() != nil { // it could not even begin
			if soon := now.Add(again); due.After(soon) {
				due = soon
			} else {
				missed++
			}
		}
		return s.store.Reschedule(ctx, claim.Lease, schedule.spec, due, missed)
	}
	err := give()
	for wait := lease / 20; err != nil && !errors.Is(err, state.ErrLeaseLost) && ctx.Err() == nil; wait *= 2 {
		sleep(ctx, wait)
		err = give()
	}
	if err != nil && !errors.Is(err, state.ErrLeaseLost) {
		s.log.Warn("lease not released: it expires by itself", "sync", claim.Lease.Sync, "run", report.RunID, "err", err)
	}
}

// again is how soon a run that could not begin is tried again, unless its next tick comes before that.
const again = time.Minute

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// Grace is how long a stopped scheduler waits for the runs that are under way: for the answers to what they sent. That
// is less than the 30 seconds after which Kubernetes and Docker kill.
const Grace = 25 * time.Second

// drain waits for the runs that are under way. Those that take too long are left to the next process, which finds out
// what became of what they sent.
func (s *Scheduler) drain() error {
	timeout := time.After(Grace)
	for len(s.running) > 0 {
		select {
		case name := <-s.ended:
			delete(s.running, name)
		case <-timeout:
			return fmt.Errorf("%d runs did not end within %s: the next one settles what they sent", len(s.running), Grace)
		}
	}
	return nil
}
