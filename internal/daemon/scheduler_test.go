package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/config"
	"syncd/internal/engine"
	"syncd/internal/state"
	"syncd/internal/state/sqlite"
)

// bench is a scheduler in a bubble whose time is not the real one. The clock of the state is a minute ahead of the
// scheduler's. Its runs do nothing but take time.
type bench struct {
	*testing.T
	store  state.Store
	config *config.Config
	run    func(ctx context.Context, sync string) error // what a run does

	mu      sync.Mutex
	started []string // "NAME at OFFSET"
	running int
	most    int // that ran at once
	since   time.Time
	left    map[string]time.Time // when the last run of a sync ended
	log     strings.Builder
}

func newBench(t *testing.T, syncs ...config.Sync) *bench {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "syncd.db"),
		sqlite.Options{Now: func() time.Time { return time.Now().Add(time.Minute) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return &bench{T: t, store: store, since: time.Now(), left: map[string]time.Time{},
		config: &config.Config{Lease: 30 * time.Second, Retention: 24 * time.Hour, MaxConcurrentRuns: 8, Syncs: syncs},
		run:    func(context.Context, string) error { return nil }}
}

// Write takes the log.
func (b *bench) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.log.Write(p)
}

func (b *bench) logged() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.log.String()
}

// forget lets go of what was noted of the runs.
func (b *bench) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.started = nil
	b.log.Reset()
}

// scheduler returns one more scheduler on the state.
func (b *bench) scheduler() *Scheduler {
	b.Helper()
	s, err := newScheduler(&Scheduler{
		store: b.store, log: slog.New(slog.NewTextHandler(b, nil)), holder: "here", configure: func(*config.Config) {},
		engine: func(s *config.Sync) (Runner, error) { return fakeRunner{b, s.Name}, nil },
	}, b.config)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

type fakeRunner struct {
	bench *bench
	sync  string
}

// RunLeased renews nothing: runs that are longer than the lease say so.
func (r fakeRunner) RunLeased(ctx context.Context, lease state.Lease, _ time.Time, _ engine.Request) engine.Report {
	b := r.bench
	b.mu.Lock()
	b.started = append(b.started, fmt.Sprintf("%s at %s", r.sync, time.Since(b.since).Truncate(time.Second)))
	b.running++
	b.most = max(b.most, b.running)
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		b.running--
		b.mu.Unlock()
	}()
	renewed, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	go func() {
		for renewed.Err() == nil {
			sleep(renewed, b.config.Lease/6)
			_ = b.store.Renew(renewed, lease, b.config.Lease)
		}
	}()
	if err := b.run(ctx, r.sync); err != nil {
		return engine.FailedReport(r.sync, err)
	}
	return engine.Report{Sync: r.sync, Status: state.RunDone}
}

// takes is a run that takes a while, unless it is interrupted.
func takes(d time.Duration) func(context.Context, string) error {
	return func(ctx context.Context, _ string) error { sleep(ctx, d); return ctx.Err() }
}

// runFor runs schedulers for a while.
func (b *bench) runFor(d time.Duration, schedulers ...*Scheduler) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), d)
	defer cancel()
	var group sync.WaitGroup
	for _, s := range schedulers {
		group.Go(func() {
			if err := s.Run(ctx); err != nil {
				b.Error(err)
			}
		})
	}
	group.Wait()
}

func (b *bench) schedule(name string) state.Schedule {
	b.Helper()
	all, err := b.store.Schedules(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for _, s := range all {
		if s.Sync == name {
			return s
		}
	}
	b.Fatalf("no schedule of %s", name)
	return state.Schedule{}
}

func (b *bench) count(name string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.started {
		if strings.HasPrefix(s, name+" ") {
			n++
		}
	}
	return n
}

func TestEveryDueRunHappensOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var syncs []config.Sync
		for i := range 20 {
			syncs = append(syncs, config.Sync{Name: fmt.Sprintf("sync-%d", i), Schedule: "@every 1m"})
		}
		b := newBench(t, syncs...)
		b.run = takes(2 * time.Second)
		b.runFor(10*time.Minute+30*time.Second, b.scheduler(), b.scheduler(), b.scheduler())
		for _, s := range syncs {
			if n := b.count(s.Name); n != 11 {
				t.Errorf("%s ran %d times in ten minutes and a half, want 11", s.Name, n)
			}
			if missed := b.schedule(s.Name).Missed; missed != 0 {
				t.Errorf("%s missed %d", s.Name, missed)
			}
		}
	})
}

func TestNoMoreRunsAtOnceThanAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var syncs []config.Sync
		for i := range 12 {
			syncs = append(syncs, config.Sync{Name: fmt.Sprintf("sync-%02d", i), Schedule: "@every 10m"})
		}
		b := newBench(t, syncs...)
		b.config.MaxConcurrentRuns = 3
		b.run = takes(2 * time.Minute)
		b.runFor(9*time.Minute+30*time.Second, b.scheduler())
		if b.most != 3 || len(b.started) < 12 {
			t.Errorf("%d runs, %d at once, want 12, 3 at once:\n%s", len(b.started), b.most, strings.Join(b.started, "\n"))
		}
		for _, s := range syncs {
			if b.count(s.Name) == 0 {
				t.Errorf("%s did not run", s.Name)
			}
		}
	})
}

func TestRunThatIsTooLongMissesTicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, config.Sync{Name: "slow", Schedule: "@every 1m"}, config.Sync{Name: "quick", Schedule: "@every 1m"})
		b.run = func(ctx context.Context, sync string) error {
			if sync == "slow" {
				return takes(150*time.Second)(ctx, sync)
			}
			return nil
		}
		b.runFor(9*time.Minute+30*time.Second, b.scheduler(), b.scheduler())
		if n, missed := b.count("slow"), b.schedule("slow").Missed; n != 4 || missed != 6 {
			t.Errorf("the slow sync ran %d times and missed %d, want 4 and 6", n, missed)
		}
		if n := b.count("quick"); n != 10 {
			t.Errorf("the quick sync ran %d times, want 10", n)
		}
	})
}

func TestRunThatCannotBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, config.Sync{Name: "often", Schedule: "@every 20s"}, config.Sync{Name: "seldom", Schedule: "@every 1h"})
		b.run = func(context.Context, string) error {
			if time.Since(b.since) < 2*time.Minute {
				return errors.New("the state does not answer")
			}
			return nil
		}
		b.runFor(4*time.Minute, b.scheduler())
		if n, missed := b.count("often"), b.schedule("often").Missed; n != 12 || missed != 6 {
			t.Errorf("the one with a near tick: %d runs and %d missed, want 12 and 6", n, missed)
		}
		if n, missed := b.count("seldom"), b.schedule("seldom").Missed; n != 3 || missed != 0 {
			t.Errorf("the other one: %d runs and %d missed, want 3, each a minute after the one before, and 0", n, missed)
		}
	})
}

func TestOneCatchUpRunAfterDowntime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, config.Sync{Name: "customers", Schedule: "*/10 * * * *"})
		b.runFor(15*time.Minute, b.scheduler())
		time.Sleep(50 * time.Minute)
		before := b.count("customers")
		b.runFor(2*time.Minute, b.scheduler())
		if n := b.count("customers") - before; n != 1 {
			t.Errorf("%d runs after fifty minutes, want 1", n)
		}
		if missed := b.schedule("customers").Missed; missed != 4 {
			t.Errorf("missed %d, want 4", missed)
		}
	})
}

func TestPausedSyncsDoNotRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, config.Sync{Name: "customers", Schedule: "@every 1m", Paused: true}, config.Sync{Name: "leads", Schedule: "@every 1m"})
		b.runFor(5*time.Minute, b.scheduler())
		if b.count("customers") != 0 || b.count("leads") != 5 {
			t.Errorf("got %v", b.started)
		}
	})
}

func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, config.Sync{Name: "customers", Schedule: "@every 30m"})
		b.config.State, b.config.Listen = "sqlite:a", "127.0.0.1:1"
		s := b.scheduler()
		ctx, cancel := context.WithCancel(t.Context())
		b.run = takes(4 * time.Minute)
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()
		time.Sleep(2 * time.Minute) // the first run is under way

		for what, change := range map[string]func(*config.Config){
			"state was changed":  func(c *config.Config) { c.State = "sqlite:b" },
			"listen was changed": func(c *config.Config) { c.Listen = "127.0.0.1:2" },
			"schedule":           func(c *config.Config) { c.Syncs = []config.Sync{{Name: "customers", Schedule: "never"}} },
		} {
			other := *b.config
			change(&other)
			if err := s.Reload(ctx, &other); err == nil || !strings.Contains(err.Error(), what) {
				t.Errorf("got %v, want a word about %s", err, what)
			}
		}
		other := *b.config
		other.Syncs = []config.Sync{{Name: "customers", Schedule: "@every 5m"}, {Name: "leads", Schedule: "@every 15m"}}
		if err := s.Reload(ctx, &other); err != nil {
			t.Fatal(err)
		}
		time.Sleep(17 * time.Minute)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if b.count("customers") != 4 || b.count("leads") != 2 {
			t.Errorf("got %v, want 4 runs of customers and 2 of leads", b.started)
		}
		if err := s.Reload(t.Context(), &other); err == nil {
			t.Error("a stopped scheduler took a configuration")
		}
	})
}

// TestReloadsUnderLoadLoseNoRun reloads every few seconds on two schedulers, while more is due than may run at once.
func TestReloadsUnderLoadLoseNoRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var syncs []config.Sync
		for i := range 12 {
			syncs = append(syncs, config.Sync{Name: fmt.Sprintf("sync-%02d", i), Schedule: "@every 1m"})
		}
		b := newBench(t, syncs...)
		b.config.MaxConcurrentRuns = 1
		b.run = func(context.Context, string) error { time.Sleep(20 * time.Second); return nil }
		schedulers := []*Scheduler{b.scheduler(), b.scheduler()}
		reloads, reloaded := 0, make(chan struct{})
		go func() {
			defer close(reloaded)
			for i := 0; ; i++ {
				time.Sleep(3 * time.Second)
				other := *b.config
				other.MaxConcurrentRuns = 1 + i/2%2
				if schedulers[i%2].Reload(t.Context(), &other) != nil {
					return // it was stopped
				}
				reloads++
			}
		}()
		end := time.Now().Add(8*time.Minute + 30*time.Second)
		b.runFor(time.Until(end), schedulers...)
		<-reloaded
		missed := int64(0)
		if reloads < 165 {
			t.Errorf("%d reloads, want about 170", reloads)
		}
		for _, s := range syncs {
			schedule, ran := b.schedule(s.Name), int64(b.count(s.Name))
			ticks := ran + schedule.Missed
			if schedule.DueAt.Before(end.Add(time.Minute)) { // by the clock of the state: it still waits
				ticks++
			}
			if ticks != 9 || ran < 4 {
				t.Errorf("%s ran %d times, missed %d and is due at %s: %d ticks, want 9", s.Name, ran, schedule.Missed, schedule.DueAt, ticks)
			}
			missed += schedule.Missed
		}
		if missed == 0 {
			t.Error("there was no load: nothing was missed")
		}
	})
}

func TestStopWaitsForRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, config.Sync{Name: "customers", Schedule: "@every 1h"})
		b.run = func(ctx context.Context, _ string) error {
			<-ctx.Done()
			time.Sleep(20 * time.Second) // for an answer
			return ctx.Err()
		}
		b.runFor(10*time.Minute, b.scheduler())
		if took := time.Since(b.since); took != 10*time.Minute+20*time.Second {
			t.Errorf("it took %s", took)
		}
		// The run was interrupted: another process goes on at once.
		b.run = func(context.Context, string) error { return nil }
		b.runFor(time.Second, b.scheduler())
		if b.count("customers") != 2 {
			t.Errorf("got %v, want a second run at once", b.started)
		}
	})
}

func TestStopDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, config.Sync{Name: "customers", Schedule: "@every 1h"})
		b.run = func(context.Context, string) error { time.Sleep(time.Hour); return nil }
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		err := b.scheduler().Run(ctx)
		if err == nil || !strings.Contains(err.Error(), "1 runs did not end within 25s") {
			t.Errorf("got %v", err)
		}
		if took := time.Since(b.since); took != 5*time.Minute+Grace {
			t.Errorf("it took %s", took)
		}
		time.Sleep(time.Hour)
	})
}

// outStore is a state that cannot be reached at times.
type outStore struct {
	state.Store
	out func() bool
}

var errOut = errors.New("connection refused")

func (s outStore) Claim(ctx context.Context, syncs []string, holder string, ttl time.Duration, limit int) ([]state.Claim, error) {
	if s.out() {
		return nil, errOut
	}
	return s.Store.Claim(ctx, syncs, holder, ttl, limit)
}

func (s outStore) Reschedule(ctx context.Context, lease state.Lease, spec string, due time.Time, missed int64) error {
	if s.out() {
		return errOut
	}
	return s.Store.Reschedule(ctx, lease, spec, due, missed)
}

func TestStateThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, config.Sync{Name: "customers", Schedule: "@every 10m"})
		since := b.since
		away := func(from, to time.Duration) bool { at := time.Since(since); return at >= from && at < to }
		b.store = outStore{b.store, func() bool {
			return away(3*time.Minute, 5*time.Minute) || away(10*time.Minute, 11*time.Minute+20*time.Second)
		}}
		b.run = takes(10 * time.Second)
		b.runFor(29*time.Minute, b.scheduler())
		if n := b.count("customers"); n != 3 {
			t.Errorf("got %v, want 3 runs", b.started)
		}
		if n := strings.Count(b.logged(), "state not reachable"); n != 2 {
			t.Errorf("told %d times, want 2:\n%s", n, b.logged())
		}
		if n := strings.Count(b.logged(), "state reachable again"); n != 2 {
			t.Errorf("told %d times that it is back, want 2:\n%s", n, b.logged())
		}
	})
}

func TestPanicOfARunLeavesTheOthersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, config.Sync{Name: "customers", Schedule: "@every 10m"}, config.Sync{Name: "leads", Schedule: "@every 10m"})
		b.run = func(_ context.Context, sync string) error {
			if sync == "customers" {
				panic("a nil map")
			}
			return nil
		}
		b.runFor(6*time.Minute, b.scheduler())
		if n := b.count("leads"); n != 1 {
			t.Errorf("got %v, want a run of leads", b.started)
		}
		if n := b.count("customers"); n < 5 {
			t.Errorf("got %v, want the run that could not begin each minute", b.started)
		}
		if !strings.Contains(b.logged(), "this is a bug in syncd") {
			t.Errorf("the log does not say what happened:\n%s", b.logged())
		}
	})
}
