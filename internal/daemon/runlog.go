package daemon

import (
	"context"
	"log/slog"
	"time"

	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/state"
)

// logRun writes how a run ended: counts, and no values. What needs a person has a level above info.
func logRun(ctx context.Context, log *slog.Logger, r *engine.Report) {
	level := slog.LevelInfo
	switch {
	case r.Status == state.RunFailed && ctx.Err() == nil:
		level = slog.LevelError
	case r.Status == state.RunHeld:
		level = slog.LevelWarn
	}
	log.LogAttrs(ctx, level, "run ended", runAttrs(ctx, r)...)
}

func runAttrs(ctx context.Context, r *engine.Report) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("sync", r.Sync), slog.Int64("run", r.RunID), slog.String("status", string(r.Status)),
		slog.Float64("seconds", r.FinishedAt.Sub(r.StartedAt).Round(time.Millisecond).Seconds()),
		slog.Int("created", r.Created), slog.Int("updated", r.Updated), slog.Int("deleted", r.Deleted),
		slog.Int("source_created", r.SourceCreated), slog.Int("source_updated", r.SourceUpdated),
		slog.Int("source_deleted", r.SourceDeleted),
		slog.Int("held", r.Held.Creates+r.Held.Updates+r.Held.Deletes),
		slog.Int("conflicts", len(r.Conflicts)), slog.Int("problems", len(r.Problems)),
	}
	if err := r.Err(); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		attrs = append(attrs, slog.String("err", contact.Anonymous(err)))
	}
	return attrs
}
