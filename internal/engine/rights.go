package engine

import (
	"context"

	"syncd/internal/mapping"
	"syncd/internal/reconcile"
	"syncd/internal/sources"
)

// Writes are the kinds of changes that runs of a sync may make in its source.
func Writes(m *mapping.Mapping, p reconcile.Policy) sources.Writes {
	w := sources.Writes{Updates: m.Written(), Deletes: p.ContactGone == reconcile.ContactGoneDelete}
	if p.CreateInSource != reconcile.CreateOff {
		w.Creates = m.Filled()
	}
	return w
}

// mayWrite ends a run that lacks a right to the source before it makes contacts, for what it cannot write there would
// differ for ever: the ids of new contacts, and what people edit in Quo.
func (r *run) mayWrite(ctx context.Context, _ *snapshot) error {
	source, ok := r.Source.(sources.Checker)
	writes := Writes(r.mapping, r.Sync.Policy)
	if !ok || r.dry || writes.None() {
		return nil
	}
	return source.CheckWrite(ctx, writes)
}
