package quosim

import (
	"errors"
	"slices"
)

var (
	errPairTaken = errors.New("another contact has this source and externalId")
	errNotFound  = errors.New("no such contact")
)

// store holds the contacts and definitions with their indexes, and sees to it that a change is in the journal before
// it shows. It is not safe for concurrent use.
type store struct {
	order    Order
	journal  *journal // nil in memory
	defs     definitions
	byID     map[string]*record
	byPair   map[pair]*record
	all      *list
	bySource map[string]*list
	hidden   []*record // by hiddenUntil
	seq      uint64
}

func newStore(order Order) *store {
	return &store{
		order:    order,
		defs:     DefaultCustomFields(),
		byID:     map[string]*record{},
		byPair:   map[pair]*record{},
		all:      &list{order: order},
		bySource: map[string]*list{},
	}
}

func (s *store) get(id string) (*Contact, bool) {
	r, ok := s.byID[id]
	if !ok {
		return nil, false
	}
	return r.contact, true
}

// put stores c in place of the contact with its id or as a new one, which lists do not show before the request
// hiddenUntil.
func (s *store) put(c *Contact, hiddenUntil uint64) error {
	r := s.byID[c.ID]
	if p, ok := c.pair(); ok && s.byPair[p] != nil && s.byPair[p] != r {
		return errPairTaken
	}
	if err := s.journal.append(change{Put: c}); err != nil {
		return err
	}
	if r != nil {
		s.unindex(r)
	} else {
		s.seq++
		r = &record{seq: s.seq, hiddenUntil: hiddenUntil}
		if hiddenUntil > 0 {
			s.hidden = append(s.hidden, r)
		}
	}
	r.contact = c
	s.index(r)
	return nil
}

func (s *store) delete(id string) error {
	r := s.byID[id]
	if r == nil {
		return errNotFound
	}
	if err := s.journal.append(change{Delete: id}); err != nil {
		return err
	}
	s.unindex(r)
	r.contact = nil
	return nil
}

func (s *store) define(defs definitions) error {
	if err := defs.check(); err != nil {
		return err
	}
	if err := s.journal.append(change{CustomFields: &defs}); err != nil {
		return err
	}
	s.defs = defs
	return nil
}

func (s *store) index(r *record) {
	s.byID[r.contact.ID] = r
	if p, ok := r.contact.pair(); ok {
		s.byPair[p] = r
	}
	if r.hiddenUntil == 0 {
		s.list(r)
	}
}

func (s *store) list(r *record) {
	s.all.insert(r)
	source := text(r.contact.Source)
	if s.bySource[source] == nil {
		s.bySource[source] = &list{order: s.order}
	}
	s.bySource[source].insert(r)
}

func (s *store) unindex(r *record) {
	delete(s.byID, r.contact.ID)
	if p, ok := r.contact.pair(); ok {
		delete(s.byPair, p)
	}
	if r.hiddenUntil == 0 {
		s.all.remove(r)
		s.bySource[text(r.contact.Source)].remove(r)
	}
}

// reveal lists the contacts whose time has come with the given request.
func (s *store) reveal(request uint64) {
	for len(s.hidden) > 0 && s.hidden[0].hiddenUntil <= request {
		r := s.hidden[0]
		s.hidden = s.hidden[1:]
		r.hiddenUntil = 0
		if r.contact != nil { // not deleted meanwhile
			s.list(r)
		}
	}
}

// find returns up to n of the listed contacts that pass the filters, from offset on, and how many do in all. An
// empty filter passes everything. Both must be sorted and without doubles.
func (s *store) find(externalIDs, sources []string, offset, n int) (rows []*record, total int) {
	switch {
	case len(externalIDs) > 0:
		rows = s.lookup(externalIDs, sources)
		total = len(rows)
		return rows[min(offset, total):min(offset+n, total)], total
	case len(sources) > 0:
		for _, source := range sources {
			l := s.bySource[source]
			if l == nil {
				continue
			}
			rows = l.page(rows, max(offset-total, 0), n-len(rows))
			total += l.size
		}
		return rows, total
	default:
		return s.all.page(nil, offset, n), s.all.size
	}
}

func (s *store) lookup(externalIDs, sources []string) []*record {
	var rows []*record
	add := func(source string) {
		for _, id := range externalIDs {
			if r := s.byPair[pair{source, id}]; r != nil && r.hiddenUntil == 0 {
				rows = append(rows, r)
			}
		}
	}
	if len(sources) > 0 {
		for _, source := range sources {
			add(source)
		}
	} else {
		for source := range s.bySource { // few
			add(source)
		}
	}
	slices.SortFunc(rows, s.order.compare)
	return rows
}

// snapshot returns the records, the oldest first.
func (s *store) snapshot() []*record {
	records := make([]*record, 0, len(s.byID))
	for _, r := range s.byID {
		records = append(records, r)
	}
	slices.SortFunc(records, OrderByCreation.compare)
	return records
}
