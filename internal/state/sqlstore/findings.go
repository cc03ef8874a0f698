package sqlstore

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

// clear runs ofSync for the sync when scope is nil, and ofKeys for the keys of scope otherwise.
func (tx transaction) clear(ctx context.Context, scope []string, ofSync, ofKeys string) error {
	var err error
	if scope == nil {
		_, err = tx.exec(ctx, ofSync, tx.sync)
	} else {
		_, err = tx.forKeys(ctx, ofKeys, scope, tx.sync)
	}
	return err
}
