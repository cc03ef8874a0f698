package engine

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"syncd/internal/quo"
	"syncd/internal/state"
)

// keeper renews a lease while its run lives, and says whether the lease may still be trusted.
type keeper struct {
	store   state.Leases
	lease   state.Lease
	ttl     time.Duration
	log     *slog.Logger
	born    time.Time    // with the monotonic clock, which no adjustment of the wall clock moves
	trusted atomic.Int64 // nanoseconds after born
	lost    context.CancelCauseFunc
	writing context.Context // of writes to the source: a run that is told to stop finishes them, one that lost its lease does not
	quit    chan struct{}
	ended   chan struct{}
}

// trustFor is the part of the lease's time for which a renewal is trusted: less than it lasts, so that a write that
// starts within it was sent before another process may take over.
func trustFor(ttl time.Duration) time.Duration { return ttl * 2 / 3 }

// keepLease renews the lease every sixth of ttl until stop. The context ends when the lease is lost. taken is
// when the lease was asked for, from which its time counts.
func keepLease(ctx context.Context, store state.Leases, lease state.Lease, taken time.Time, ttl time.Duration, log *slog.Logger) (context.Context, *keeper) {
	outliving, free := quo.Outlive(ctx)
	held, heldLost := context.WithCancelCause(outliving)
	ctx, lost := context.WithCancelCause(ctx)
	k := &keeper{store: store, lease: lease, ttl: ttl, log: log, born: taken,
		lost: func(err error) { lost(err); heldLost(err); free() }, quit: make(chan struct{}), ended: make(chan struct{})}
	k.writing = leased{held, k}
	k.trusted.Store(int64(trustFor(ttl)))
	go k.renew(context.WithoutCancel(ctx))
	return ctx, k
}

// renew goes on after the run was told to stop, for what it has in flight still counts on the lease.
func (k *keeper) renew(ctx context.Context) {
	defer close(k.ended)
	tick := time.NewTicker(k.ttl / 6)
	defer tick.Stop()
	for {
		select {
		case <-k.quit:
			return
		case <-tick.C:
		}
		asked := time.Since(k.born)
		ctx, cancel := context.WithTimeout(ctx, k.ttl/3)
		err := k.store.Renew(ctx, k.lease, k.ttl)
		cancel()
		switch {
		case err == nil:
			k.trusted.Store(int64(asked + trustFor(k.ttl)))
		case errors.Is(err, state.ErrLeaseLost):
			k.trusted.Store(0)
			k.lost(err)
			return
		default:
			k.log.Warn("lease not renewed", "err", err)
		}
	}
}

// check returns ErrLeaseLost when the lease may not be trusted any more.
func (k *keeper) check() error {
	if int64(time.Since(k.born)) >= k.trusted.Load() {
		k.lost(state.ErrLeaseLost)
		return state.ErrLeaseLost
	}
	return nil
}

// leased is a context that ends with the trusted time of a lease. A process that stood still learns of that from Err before
// any timer tells.
type leased struct {
	context.Context
	keeper *keeper
}

func (l leased) Err() error {
	if err := l.Context.Err(); err != nil {
		return err
	}
	return l.keeper.check()
}

// stop ends the renewing.
func (k *keeper) stop() {
	close(k.quit)
	<-k.ended
	k.lost(nil)
}

// release gives the lease back.
func (e *Engine) release(ctx context.Context, lease state.Lease) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.Lease/3)
	defer cancel()
	if err := e.Store.Release(ctx, lease); err != nil {
		e.Log.Warn("lease not released: it expires by itself", "sync", lease.Sync, "err", err)
	}
}
