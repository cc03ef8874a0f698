package sqlite

import (
	"context"

	"syncd/internal/state"
)

// replaceFindings replaces the findings about the keys that a run looked at by those of the run.
func (tx transaction) replaceFindings(ctx context.Context, run int64, f *state.Findings) error {
	if err := tx.replaceProblems(ctx, f); err != nil {
		return err
	}
	if err := tx.replaceConflicts(ctx, f); err != nil {
		return err
	}
	return tx.replaceHeld(ctx, run, f)
}

// clear runs ofSync for the sync when scope is nil, and ofKey for each key of scope otherwise.
func (tx transaction) clear(ctx context.Context, scope []string, ofSync, ofKey string) error {
	if scope == nil {
		_, err := tx.exec(ctx, ofSync, tx.sync)
		return err
	}
	return forEach(ctx, tx, ofKey, scope, func(key string, exec execFunc) error {
		_, err := exec(tx.sync, key)
		return err
	})
}
