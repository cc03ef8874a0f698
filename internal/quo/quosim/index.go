package quosim

import (
	"cmp"
	"slices"
	"sort"
)

// Order is the order in which contacts are listed. Pages are cut by offset in it, so that contacts that come, go or
// move between two page requests make a scan repeat or miss others, as they may in Quo, whose order is not documented.
type Order int

const (
	// OrderByChance is stable but has nothing to do with age: a new contact lands anywhere.
	OrderByChance Order = iota
	// OrderByCreation lists the oldest contact first.
	OrderByCreation
	// OrderByUpdate lists the contact first that changed last: every change moves rows.
	OrderByUpdate
)

// record is one contact's place in the store.
type record struct {
	contact *Contact // replaced, never changed in place
	seq     uint64   // counts creations
	// hiddenUntil is the number of the request from which on lists show the contact; 0: they do.
	hiddenUntil uint64
}

func (o Order) compare(a, b *record) int {
	switch o {
	case OrderByCreation:
		return cmp.Compare(a.seq, b.seq)
	case OrderByUpdate:
		return cmp.Or(b.contact.UpdatedAt.Compare(a.contact.UpdatedAt), cmp.Compare(b.seq, a.seq))
	default: // ids are random
		return cmp.Compare(a.contact.ID, b.contact.ID)
	}
}

// maxBlock keeps both the shifting within a block and the number of blocks small for a million records.
const maxBlock = 1024

// list keeps records in order, in blocks, so that a record is put in and taken out and a page is cut in far less
// time than the whole would take.
type list struct {
	order  Order
	blocks [][]*record // none is empty
	size   int
}

// find returns where r stands or would stand: the block, and the place in it.
func (l *list) find(r *record) (block, place int) {
	block = sort.Search(len(l.blocks), func(i int) bool {
		b := l.blocks[i]
		return l.order.compare(b[len(b)-1], r) >= 0
	})
	if block == len(l.blocks) {
		return block, 0
	}
	place, _ = slices.BinarySearchFunc(l.blocks[block], r, l.order.compare)
	return block, place
}

func (l *list) insert(r *record) {
	l.size++
	i, j := l.find(r)
	if i == len(l.blocks) { // behind everything
		if i == 0 {
			l.blocks = [][]*record{{r}}
			return
		}
		i, j = i-1, len(l.blocks[i-1])
	}
	b := slices.Insert(l.blocks[i], j, r)
	l.blocks[i] = b
	if len(b) > maxBlock {
		half := len(b) / 2
		l.blocks = slices.Insert(l.blocks, i+1, slices.Clone(b[half:]))
		clear(b[half:])
		l.blocks[i] = b[:half]
	}
}

// remove takes out r, which must be in the list and compare as it did when it was inserted.
func (l *list) remove(r *record) {
	l.size--
	i, j := l.find(r)
	l.blocks[i] = slices.Delete(l.blocks[i], j, j+1)
	if len(l.blocks[i]) == 0 {
		l.blocks = slices.Delete(l.blocks, i, i+1)
	}
}

// page appends up to n records from offset on to rows.
func (l *list) page(rows []*record, offset, n int) []*record {
	for _, b := range l.blocks {
		if n == 0 {
			break
		}
		if offset >= len(b) {
			offset -= len(b)
			continue
		}
		some := b[offset:min(offset+n, len(b))]
		rows, offset, n = append(rows, some...), 0, n-len(some)
	}
	return rows
}
