package engine_test

import (
	"context"
	"errors"
	"iter"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"syncd/internal/contact"
	"syncd/internal/sources"
	"syncd/internal/state"
)

var errDead = errors.New("the process is dead")

// death kills a simulated process after a number of things that it does to the world outside: from then on, nothing of
// it reaches the state store or Quo. The last thing happens or not, by chance, but the process never hears of it.
type death struct {
	mu      sync.Mutex
	left    int // 0: it does not die
	dead    bool
	actLast bool

	// A process that stands still at a thing that it is about to do goes on once it is woken. Nil channels: it does not.
	freezes      bool
	freezeAt     int // how many things it does before
	frozen, wake chan struct{}
}

// errStoodStill is what becomes of a request that was about to be sent when the process stood still.
var errStoodStill = &net.OpError{Op: "dial", Err: errors.New("the process stood still")}

// pause stands still when it is time to, and reports whether it did.
func (d *death) pause() bool {
	d.mu.Lock()
	if !d.freezes {
		d.mu.Unlock()
		return false
	}
	if d.freezeAt > 1 {
		d.freezeAt--
		d.mu.Unlock()
		return false
	}
	select {
	case <-d.wake:
		d.mu.Unlock()
		return false
	case <-d.frozen:
	default:
		close(d.frozen)
	}
	d.mu.Unlock()
	<-d.wake
	return true
}

// still reports whether the process stands still.
func (d *death) still() bool {
	select {
	case <-d.wake:
		return false
	default:
	}
	select {
	case <-d.frozen:
		return true
	default:
		return false
	}
}

// step reports whether the process still does something, and whether it is the last thing.
func (d *death) step() (acts, hears bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.dead:
		return false, false
	case d.left == 0:
		return true, true
	}
	d.left--
	if d.left > 0 {
		return true, true
	}
	d.dead = true
	return d.actLast, false
}

// do does something as long as the process lives.
func do[T any](d *death, act func() (T, error)) (T, error) {
	var none T
	acts, hears := d.step()
	if !acts {
		return none, errDead
	}
	got, err := act()
	if !hears {
		return none, errDead
	}
	return got, err
}

func doErr(d *death, act func() error) error {
	_, err := do(d, func() (struct{}, error) { return struct{}{}, act() })
	return err
}

// mortalTransport sends requests as long as the process lives.
type mortalTransport struct {
	http.RoundTripper
	death *death
}

func (m mortalTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.death.pause() {
		return nil, errStoodStill
	}
	return do(m.death, func() (*http.Response, error) { return m.RoundTripper.RoundTrip(r) })
}

// mortalSource writes as long as the process lives.
type mortalSource struct {
	sources.Source
	death *death
}

func (m mortalSource) Write(ctx context.Context, columns []string, changes []contact.Change) ([]sources.Outcome, error) {
	return do(m.death, func() ([]sources.Outcome, error) { return m.Source.Write(ctx, columns, changes) })
}

// Columns are all columns but the one that only tells the simulation's rows apart.
func (m mortalSource) Columns(ctx context.Context) ([]string, error) {
	all, err := m.Source.(sources.Describer).Columns(ctx)
	return slices.DeleteFunc(slices.Clone(all), func(column string) bool { return column == header[colNo] }), err
}

// mortalStore writes as long as the process lives.
type mortalStore struct {
	state.Store
	death *death
}

func (m mortalStore) Acquire(ctx context.Context, sync, holder string, ttl time.Duration) (state.Lease, error) {
	return do(m.death, func() (state.Lease, error) { return m.Store.Acquire(ctx, sync, holder, ttl) })
}

func (m mortalStore) Renew(ctx context.Context, lease state.Lease, ttl time.Duration) error {
	if m.death.still() {
		return errStoodStill
	}
	if m.death.freezes { // how often it renews is chance
		return m.Store.Renew(ctx, lease, ttl)
	}
	return doErr(m.death, func() error { return m.Store.Renew(ctx, lease, ttl) })
}

func (m mortalStore) Release(ctx context.Context, lease state.Lease) error {
	return doErr(m.death, func() error { return m.Store.Release(ctx, lease) })
}

func (m mortalStore) Commit(ctx context.Context, lease state.Lease, batch state.Batch) error {
	m.death.pause()
	return doErr(m.death, func() error { return m.Store.Commit(ctx, lease, batch) })
}

func (m mortalStore) StartRun(ctx context.Context, lease state.Lease) (state.Run, error) {
	return do(m.death, func() (state.Run, error) { return m.Store.StartRun(ctx, lease) })
}

func (m mortalStore) FinishRun(ctx context.Context, lease state.Lease, run state.Run, findings *state.Findings) error {
	return doErr(m.death, func() error { return m.Store.FinishRun(ctx, lease, run, findings) })
}

func (m mortalStore) Bases(ctx context.Context, sync string, keys []string) (map[string]contact.Base, error) {
	return do(m.death, func() (map[string]contact.Base, error) { return m.Store.Bases(ctx, sync, keys) })
}

func (m mortalStore) Links(ctx context.Context, sync string) iter.Seq2[state.Link, error] {
	if acts, _ := m.death.step(); !acts {
		return func(yield func(state.Link, error) bool) { yield(state.Link{}, errDead) }
	}
	return m.Store.Links(ctx, sync)
}
