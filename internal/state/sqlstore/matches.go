package sqlstore

import (
	"context"
	"fmt"

	"syncd/internal/state"
)

const (
	matchesSQL  = `SELECT key, contact_id FROM matches WHERE sync = $1 ORDER BY key`
	isLinkedSQL = `SELECT count(*) FROM links WHERE sync = $1 AND key = $2 AND unlinked = '' AND contact_id <> ''`
	putMatchSQL = `INSERT INTO matches (sync, key, contact_id, decided_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (sync, key) DO UPDATE SET contact_id = excluded.contact_id, decided_at = excluded.decided_at`
	dropMatchSQL = `DELETE FROM matches WHERE sync = $1 AND key = {key text}`
)

// Match settles a twin: the record of key gets the contact with this id or, when it is "", one of its own. A
// *state.ExistsError: it has one already.
func (s *Store) Match(ctx context.Context, sync, key, contactID string) error {
	return s.write(ctx, sync, func(tx transaction) error {
		var linked bool
		if err := tx.row(ctx, isLinkedSQL, sync, key)(&linked); err != nil {
			return err
		}
		if linked {
			return fmt.Errorf("sync %s: %w", sync, &state.ExistsError{Key: key})
		}
		_, err := tx.exec(ctx, putMatchSQL, sync, key, contactID, tx.now)
		return err
	})
}

// Matches returns what people said about twins and no run has carried out.
func (s *Store) Matches(ctx context.Context, sync string) (map[string]string, error) {
	all, err := list(ctx, s, scanMatch, matchesSQL, sync)
	matches := make(map[string]string, len(all))
	for _, m := range all {
		matches[m.Key] = m.ContactID
	}
	return matches, err
}

func scanMatch(r row) (m state.Link, err error) {
	err = r.Scan(&m.Key, &m.ContactID)
	return m, err
}

// carriedOut forgets what people said about the twins of records that have a contact now.
func (tx transaction) carriedOut(ctx context.Context, links []state.Link) error {
	var matched []string
	for _, l := range links {
		if standing(l) == 1 {
			matched = append(matched, l.Key)
		}
	}
	_, err := tx.forKeys(ctx, dropMatchSQL, matched, tx.sync)
	return err
}
