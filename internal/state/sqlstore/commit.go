package sqlstore

import (
	"context"
	"errors"

	"syncd/internal/state"
)

// Commit writes a batch: all of it or nothing.
func (s *Store) Commit(ctx context.Context, lease state.Lease, batch state.Batch) error {
	err := s.fenced(ctx, lease, func(tx transaction) error {
		if err := tx.putSync(ctx, batch.Sync); err != nil {
			return err
		}
		if err := tx.dropLinks(ctx, batch.Drop); err != nil { // first: another link may take their contact over
			return err
		}
		if err := tx.putLinks(ctx, batch.Links); err != nil {
			return err
		}
		if err := tx.carriedOut(ctx, batch.Links); err != nil {
			return err
		}
		if err := tx.putEntries(ctx, batch.Entries); err != nil {
			return err
		}
		if err := tx.mark(ctx, batch.Marks); err != nil {
			return err
		}
		return tx.spend(ctx, batch.Marks)
	})
	if taken, ok := errors.AsType[*contactTaken](err); ok {
		return s.doubleLink(ctx, lease.Sync, batch, taken.err)
	}
	return err
}
