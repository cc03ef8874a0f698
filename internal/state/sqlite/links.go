package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"

	"syncd/internal/contact"
	"syncd/internal/state"
)

const (
	linkColumns = `key, contact_id, adopted, unlinked, relink, pending, source_hash, quo_hash, gone_at`
	linksSQL    = `SELECT ` + linkColumns + ` FROM links WHERE sync = $1 ORDER BY key`
	linkSQL     = `SELECT ` + linkColumns + `, base FROM links WHERE sync = $1 AND key = $2`
	basesSQL    = `SELECT key, base FROM links WHERE sync = $1 AND key IN (SELECT value FROM json_each($2))`

	putLinkSQL = `INSERT INTO links (sync, ` + linkColumns + `, linked_at, base)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (sync, key) DO UPDATE
		SET contact_id = excluded.contact_id, adopted = excluded.adopted, unlinked = excluded.unlinked,
			relink = excluded.relink OR (links.relink AND excluded.unlinked <> ''), pending = excluded.pending, source_hash = excluded.source_hash,
			quo_hash = excluded.quo_hash, gone_at = excluded.gone_at, base = coalesce(excluded.base, links.base)`
	dropLinkSQL    = `DELETE FROM links WHERE sync = $1 AND key = $2`
	contactLinkSQL = `SELECT key FROM links WHERE sync = $1 AND contact_id = $2 AND unlinked = '' AND contact_id <> ''`
)

// Links yields all links of a sync without their base, by key, in bounded memory.
func (s *Store) Links(ctx context.Context, sync string) iter.Seq2[state.Link, error] {
	return func(yield func(state.Link, error) bool) {
		for link, err := range stream(ctx, s.reader, scanLink, linksSQL, sync) {
			if !yield(link, s.fail(ctx, err)) {
				return
			}
		}
	}
}

// Link returns one link with its base, or state.ErrNotFound.
func (s *Store) Link(ctx context.Context, sync, key string) (state.Link, error) {
	link, err := scanLinkAndBase(s.reader.QueryRowContext(ctx, linkSQL, sync, key))
	if errors.Is(err, sql.ErrNoRows) {
		return state.Link{}, fmt.Errorf("sync %s: link %s: %w", sync, key, state.ErrNotFound)
	}
	return link, s.fail(ctx, err)
}

// basesAtOnce is how many bases one query reads, so that the readers' snapshots stay short.
const basesAtOnce = 1000

// Bases returns the bases of the links with these keys; keys without a link are left out.
func (s *Store) Bases(ctx context.Context, sync string, keys []string) (map[string]contact.Base, error) {
	bases := make(map[string]contact.Base, len(keys))
	for some := range slices.Chunk(keys, basesAtOnce) {
		for link, err := range stream(ctx, s.reader, scanBase, basesSQL, sync, document{some}) {
			if err != nil {
				return nil, s.fail(ctx, err)
			}
			bases[link.Key] = link.Base
		}
	}
	return bases, nil
}

func linkFields(l *state.Link) []any {
	return []any{
		&l.Key, &l.ContactID, &l.Adopted, &l.Unlinked, &l.Relink, &l.Pending,
		scanHash{&l.SourceHash}, scanHash{&l.QuoHash}, scanTime{&l.GoneAt},
	}
}

func scanLink(r row) (link state.Link, err error) {
	err = r.Scan(linkFields(&link)...)
	return link, err
}

func scanLinkAndBase(r row) (link state.Link, err error) {
	err = r.Scan(append(linkFields(&link), scanDocument{&link.Base})...)
	return link, err
}

func scanBase(r row) (link state.Link, err error) {
	err = r.Scan(&link.Key, scanDocument{&link.Base})
	return link, err
}

// putLinks writes links whole, but for a nil base. Those that give their contact up go first, for another link of
// the batch may take it over.
func (tx transaction) putLinks(ctx context.Context, links []state.Link) error {
	links = slices.Clone(links)
	slices.SortStableFunc(links, func(a, b state.Link) int { return cmp.Compare(standing(a), standing(b)) })
	return forEach(ctx, tx, putLinkSQL, links, func(l state.Link, exec execFunc) error {
		_, err := exec(tx.sync, l.Key, l.ContactID, l.Adopted, l.Unlinked, l.Relink, l.Pending,
			hash(l.SourceHash), hash(l.QuoHash), micros(l.GoneAt), micros(tx.now), document{l.Base})
		if duplicate(err) {
			return tx.doubleLink(ctx, l)
		}
		return err
	})
}

// standing is 1 for a link that has its contact to itself, 0 for others.
func standing(l state.Link) int {
	if l.Unlinked == "" && l.ContactID != "" {
		return 1
	}
	return 0
}

// doubleLink is the error of a link to a contact that another link of the sync has.
func (tx transaction) doubleLink(ctx context.Context, l state.Link) error {
	e := &state.DoubleLinkError{ContactID: l.ContactID, Key: l.Key}
	if err := tx.QueryRowContext(ctx, contactLinkSQL, tx.sync, l.ContactID).Scan(&e.Other); err != nil {
		return err
	}
	return fmt.Errorf("sync %s: %w", tx.sync, e)
}

func (tx transaction) dropLinks(ctx context.Context, keys []string) error {
	return forEach(ctx, tx, dropLinkSQL, keys, func(key string, exec execFunc) error {
		_, err := exec(tx.sync, key)
		return err
	})
}
