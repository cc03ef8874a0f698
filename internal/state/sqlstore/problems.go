package sqlstore

import (
	"context"
	"time"

	"syncd/internal/contact"
	"syncd/internal/state"
)

const (
	problemsSQL = `SELECT key, row, column_name, value, reason, cause, attempts, retry_at, first_at
		FROM problems WHERE sync = $1 ORDER BY key, row, column_name, id`
	clearProblemsSQL   = `DELETE FROM problems WHERE sync = $1`
	clearKeyProblemSQL = `DELETE FROM problems WHERE sync = $1 AND key = {key text}`
	putProblemSQL      = `INSERT INTO problems
		(sync, key, row, column_name, value, reason, cause, attempts, retry_at, first_at)
		VALUES ($1, {key text}, {row number}, {column_name text}, {value text}, {reason text}, {cause hash},
			{attempts number}, {retry_at time}, {first_at time})`
)

// Problems returns the problems that the last runs of a sync left, by key.
func (s *Store) Problems(ctx context.Context, sync string) ([]state.Problem, error) {
	return list(ctx, s, scanProblem, problemsSQL, sync)
}

func scanProblem(r row) (p state.Problem, err error) {
	err = r.Scan(&p.Key, &p.Row, &p.Column, &p.Value, &p.Reason, scanHash{&p.Cause}, &p.Attempts,
		scanTime{&p.RetryAt}, scanTime{&p.FirstAt})
	return p, err
}

// sameProblem makes a problem the same one as in an earlier run, whatever became of its row's number and value.
func sameProblem(p state.Problem) contact.Problem {
	return contact.Problem{Key: p.Key, Column: p.Column, Reason: p.Reason}
}

func (tx transaction) replaceProblems(ctx context.Context, f *state.Findings) error {
	earlier, err := query(ctx, tx, scanProblem, problemsSQL, tx.sync)
	if err != nil {
		return err
	}
	firstAt := make(map[contact.Problem]time.Time, len(earlier))
	for _, p := range earlier {
		if at, known := firstAt[sameProblem(p)]; !known || p.FirstAt.Before(at) {
			firstAt[sameProblem(p)] = p.FirstAt
		}
	}
	if err := tx.clear(ctx, f.Scope, clearProblemsSQL, clearKeyProblemSQL); err != nil {
		return err
	}
	_, err = bulk(ctx, tx, putProblemSQL, f.Problems, func(p state.Problem) []any {
		at, known := firstAt[sameProblem(p)]
		if !known {
			at = tx.now
		}
		return []any{p.Key, p.Row, p.Column, p.Value, p.Reason, p.Cause, p.Attempts, p.RetryAt, at}
	}, tx.sync)
	return err
}
