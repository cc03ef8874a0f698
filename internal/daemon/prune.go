package daemon

import (
	"context"
	"log/slog"
	"time"

	"syncd/internal/state"
)

// The journal is cut in pieces, so that no run waits long for the state.
const (
	prunePiece  = 1000
	prunePieces = 20 // per call: the next one goes on
	pruneEvery  = 10 * time.Minute
)

// prune removes runs and their journal once they are older than the retention.
func prune(ctx context.Context, store state.Store, retention time.Duration, log *slog.Logger) {
	now, err := store.Now(ctx)
	for i := 0; err == nil && i < prunePieces; i++ {
		var n int
		if n, err = store.Prune(ctx, now.Add(-retention), prunePiece); n < prunePiece {
			break
		}
	}
	if err != nil && ctx.Err() == nil {
		log.Warn("old runs not removed", "err", err)
	}
}

// prune removes what is older than the retention from time to time, until ctx ends and what it returns is called.
func (s *Scheduler) prune(ctx context.Context) (wait func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			sleep(ctx, pruneEvery)
			if ctx.Err() != nil {
				return
			}
			prune(ctx, s.store, s.plan.config().Retention, s.log)
		}
	}()
	return func() { cancel(); <-done }
}
