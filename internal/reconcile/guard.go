package reconcile

import (
	"fmt"
	"slices"

	"syncd/internal/contact"
)

// Limit is how many operations of one kind may happen without a person's word: a count, or a share of the links.
type Limit struct {
	Percent   float64
	Count     int
	IsPercent bool
}

// Of returns the number that the limit allows where there are links links, never less than floor unless it is 0.
func (l Limit) Of(links, floor int) int {
	if l.Count == 0 && l.Percent == 0 {
		return 0
	}
	n := l.Count
	if l.IsPercent {
		n = int(l.Percent / 100 * float64(links))
	}
	return max(n, floor)
}

// What always passes a brake that is not 0: in a small sync a percentage would hold every correction.
const (
	alwaysDeletes = 5
	alwaysUpdates = 20
	alwaysCreates = 500
)

// Brake is the limit on creates, updates and deletes that may happen without a person's word.
type Brake struct {
	Deletes, Updates, Creates Limit
	// AllowDeletes, AllowUpdates and AllowCreates lift it for one run.
	AllowDeletes, AllowUpdates, AllowCreates bool
	// Links is how many links stand.
	Links int
	// FirstRun says that no run of the sync has ended well yet: creates are free.
	FirstRun bool
	// Recent is how many operations were done within the last 24 hours, without those that a person let through.
	Recent map[Kind]int
	// Approved are the fingerprints of the operations that a person let through.
	Approved map[contact.Hash]bool
}

// Kind is what the brake counts apart.
type Kind struct {
	Side   contact.Side
	Action contact.Action // Create, Update or Delete
}

// KindOf returns what the brake counts an action as: unlinking is a delete.
func KindOf(side contact.Side, action contact.Action) Kind {
	if action == contact.Unlink {
		action = contact.Delete
	}
	return Kind{side, action}
}

func (o *Operation) kind() Kind { return KindOf(o.Side, o.Action) }

// Apply marks the operations of the plan that the brake keeps back, and those that a person let through. A kind that
// exceeds its limit is held whole; held deletes hold the creates too. What waits for a row that is not made is left out.
func (b Brake) Apply(p *Plan) {
	counts := map[Kind]int{}
	for i := range p.Operations {
		o := &p.Operations[i]
		o.Approved = b.Approved[o.Fingerprint()]
		if !o.Approved && !o.free() {
			counts[o.kind()]++
		}
	}
	held := map[Kind]bool{}
	for kind, n := range counts {
		limit, lifted := b.limit(kind)
		held[kind] = !lifted && n+b.Recent[kind] > limit
	}
	deletesHeld := held[Kind{contact.Quo, contact.Delete}] || held[Kind{contact.Source, contact.Delete}]
	for i := range p.Operations {
		o := &p.Operations[i]
		withDeletes := o.Action == contact.Create && deletesHeld && !b.AllowCreates
		o.Held = !o.Approved && (held[o.kind()] && !o.free() || withDeletes)
		if _, lifted := b.limit(o.kind()); lifted && !o.Held {
			o.Lifted = true
		}
	}
	row := map[string]bool{}
	for _, o := range p.Operations {
		row[o.Key] = row[o.Key] || !o.Held && o.Side == contact.Source && o.Action == contact.Create
	}
	p.Operations = slices.DeleteFunc(p.Operations, func(o Operation) bool { return o.AfterRow && !row[o.Key] })
}

// free reports whether the brake does not count the operation: an update that merges a pair seen for the first time
// and fills only what nobody had written.
func (o *Operation) free() bool { return o.FirstSight && o.Action == contact.Update }

func (b Brake) limit(k Kind) (limit int, lifted bool) {
	switch k.Action {
	case contact.Delete:
		return b.Deletes.Of(b.Links, alwaysDeletes), b.AllowDeletes
	case contact.Update:
		return b.Updates.Of(b.Links, alwaysUpdates), b.AllowUpdates
	default:
		return b.Creates.Of(b.Links, alwaysCreates), b.AllowCreates || b.FirstRun
	}
}

// Facts is what a run saw as a whole, before anything is decided.
type Facts struct {
	Links    int // links that stand
	Rows     int // rows of the source, those with problems included
	Ours     int // contacts that are linked or under our label
	Gone     int // links whose row is gone
	New      int // rows whose key has no link
	Keys     int // rows with a usable key
	Label    string
	OldLabel string // the label in the state, "" when there is none
	FirstRun bool
	// Elsewhere counts, by label, the contacts that stand under a syncd label that no configured sync uses and whose
	// external id is one of our keys.
	Elsewhere map[string]int
	// AllowEmptied says that an emptied side, or changed keys, are meant.
	AllowEmptied bool
}

const (
	minChangedKeys  = 10 // fewer gone keys may be chance
	minRenamedKeys  = 10
	goneShare       = 0.9
	aboutAsManyKeys = 0.5 // of the gone ones
)

// Check returns an error when what a run saw cannot be what a person meant, so that the run must stop before any
// write. The error says what was found and what to do.
func Check(f Facts) error {
	if f.OldLabel != "" && f.OldLabel != f.Label {
		return fmt.Errorf("the label was %q and is now %q: contacts under the old one would all be made again; "+
			"put `label: %s` into the sync", f.OldLabel, f.Label, f.OldLabel)
	}
	if label, n := mostElsewhere(f.Elsewhere); f.FirstRun && n >= minRenamedKeys && n*2 > f.Keys {
		return fmt.Errorf("%d of the %d keys are in Quo under the label %q, which no sync uses: was this sync renamed? "+
			"put `label: %s` into it", n, f.Keys, label, label)
	}
	if f.AllowEmptied || f.Links == 0 {
		return nil
	}
	switch {
	case f.Rows == 0:
		return fmt.Errorf("the source is empty, but %d records were synced before: "+
			"if that is meant, run once with --allow-emptied", f.Links)
	case f.Ours == 0:
		return fmt.Errorf("Quo has none of the %d synced contacts: is this the key of another workspace? "+
			"If that is meant, run once with --allow-emptied", f.Links)
	case f.Links >= minChangedKeys && float64(f.Gone) > goneShare*float64(f.Links) &&
		float64(f.New) >= aboutAsManyKeys*float64(f.Gone):
		return fmt.Errorf("%d of %d keys are gone and %d new ones came: the key column's values changed; "+
			"put the old ones back or, if that is meant, run once with --allow-emptied", f.Gone, f.Links, f.New)
	}
	return nil
}

func mostElsewhere(counts map[string]int) (label string, n int) {
	labels := make([]string, 0, len(counts))
	for l := range counts {
		labels = append(labels, l)
	}
	slices.Sort(labels)
	for _, l := range labels {
		if counts[l] > n {
			label, n = l, counts[l]
		}
	}
	return label, n
}
