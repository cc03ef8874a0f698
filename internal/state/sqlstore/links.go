package sqlstore

import (
	"cmp"
	"context"
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
	basesSQL    = `SELECT key, base FROM links WHERE sync = $1 AND key {in}`
	holdersSQL  = `SELECT key, contact_id FROM links
		WHERE sync = $1 AND unlinked = '' AND contact_id <> '' AND contact_id {in}`

	putLinkSQL = `INSERT INTO links (sync, ` + linkColumns + `, linked_at, base)
		VALUES ($1, {key text}, {contact_id text}, {adopted bool}, {unlinked text}, {relink bool}, {pending bool},
			{source_hash hash}, {quo_hash hash}, {gone_at time}, {linked_at time}, {base json})
		ON CONFLICT (sync, key) DO UPDATE
		SET contact_id = excluded.contact_id, adopted = excluded.adopted, unlinked = excluded.unlinked,
			relink = excluded.relink OR (links.relink AND excluded.unlinked <> ''), pending = excluded.pending,
			source_hash = excluded.source_hash, quo_hash = excluded.quo_hash, gone_at = excluded.gone_at,
			base = coalesce(excluded.base, links.base)`
	dropLinkSQL = `DELETE FROM links WHERE sync = $1 AND key = {key text}`
)

// Links yields all links of a sync without their base, by key, in bounded memory.
func (s *Store) Links(ctx context.Context, sync string) iter.Seq2[state.Link, error] {
	return func(yield func(state.Link, error) bool) {
		stopped := false
		err := s.read(ctx, func(q querier) error {
			for link, err := range stream(ctx, s, q, scanLink, linksSQL, sync) {
				if err != nil || stopped {
					return err
				}
				stopped = !yield(link, nil)
			}
			return nil
		})
		if err != nil && !stopped {
			yield(state.Link{}, err)
		}
	}
}

// Link returns one link with its base, or state.ErrNotFound.
func (s *Store) Link(ctx context.Context, sync, key string) (state.Link, error) {
	missing := fmt.Errorf("sync %s: link %s: %w", sync, key, state.ErrNotFound)
	return one(ctx, s, missing, scanLinkAndBase, linkSQL, sync, key)
}

// basesAtOnce is how many bases one query reads, so that the readers of a file do not keep an old snapshot for long. A
// server, which may choose to read the whole table for so many, is asked for rowsAtOnce.
const basesAtOnce = 1000

// Bases returns the bases of the links with these keys; keys without a link are left out.
func (s *Store) Bases(ctx context.Context, sync string, keys []string) (map[string]contact.Base, error) {
	bases := make(map[string]contact.Base, len(keys))
	atOnce := basesAtOnce
	if s.Dialect.Array != nil {
		atOnce = rowsAtOnce
	}
	for some := range slices.Chunk(keys, atOnce) {
		found, err := list(ctx, s, scanBase, basesSQL, sync, texts(some))
		if err != nil {
			return nil, err
		}
		for _, link := range found {
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
	taking := slices.IndexFunc(links, func(l state.Link) bool { return standing(l) == 1 })
	if taking < 0 {
		taking = len(links)
	}
	for _, some := range [][]state.Link{links[:taking], links[taking:]} {
		err := bulkDistinct(ctx, tx, putLinkSQL, some, keyOf, func(l state.Link) []any {
			return []any{l.Key, l.ContactID, l.Adopted, l.Unlinked, l.Relink, l.Pending,
				l.SourceHash, l.QuoHash, l.GoneAt, tx.now, document{l.Base}}
		}, tx.sync)
		if tx.store.Dialect.Duplicate(err) {
			return &contactTaken{err}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func keyOf(l state.Link) string { return l.Key }

// standing is 1 for a link that has its contact to itself, 0 for others.
func standing(l state.Link) int {
	if l.Unlinked == "" && l.ContactID != "" {
		return 1
	}
	return 0
}

// contactTaken is the error of links one of which has the contact of another.
type contactTaken struct{ err error }

func (e *contactTaken) Error() string { return e.err.Error() }

// doubleLink says which link of a batch that was refused has the contact of another, by going through the batch as
// putLinks does. A failed statement says it in no way that all databases share.
func (s *Store) doubleLink(ctx context.Context, sync string, batch state.Batch, refused error) error {
	var contacts []string
	for _, l := range batch.Links {
		if standing(l) == 1 {
			contacts = append(contacts, l.ContactID)
		}
	}
	stored, err := list(ctx, s, scanMatch, holdersSQL, sync, texts(contacts))
	if err != nil {
		return err
	}
	p := pairs{map[string]string{}, map[string]string{}}
	for _, l := range stored {
		p.join(l.Key, l.ContactID)
	}
	for _, key := range batch.Drop {
		p.part(key)
	}
	if e := p.firstDouble(batch.Links); e != nil {
		return fmt.Errorf("sync %s: %w", sync, e)
	}
	return refused // what was in the way is gone
}

// pairs are standing links.
type pairs struct{ contacts, keys map[string]string } // by key, by contact

func (p pairs) join(key, contact string) { p.contacts[key], p.keys[contact] = contact, key }

func (p pairs) part(key string) {
	delete(p.keys, p.contacts[key])
	delete(p.contacts, key)
}

// firstDouble writes links and returns the first one that takes the contact of another, nil when there is none.
func (p pairs) firstDouble(links []state.Link) *state.DoubleLinkError {
	for _, l := range links {
		if standing(l) == 0 {
			p.part(l.Key)
		}
	}
	for _, l := range links {
		if standing(l) == 0 {
			continue
		}
		if other, taken := p.keys[l.ContactID]; taken && other != l.Key {
			return &state.DoubleLinkError{ContactID: l.ContactID, Key: l.Key, Other: other}
		}
		p.part(l.Key)
		p.join(l.Key, l.ContactID)
	}
	return nil
}

func (tx transaction) dropLinks(ctx context.Context, keys []string) error {
	_, err := tx.forKeys(ctx, dropLinkSQL, keys, tx.sync)
	return err
}
