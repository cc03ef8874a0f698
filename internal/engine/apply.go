package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"syncd/internal/contact"
	"syncd/internal/mapping"
	"syncd/internal/quo"
	"syncd/internal/reconcile"
	"syncd/internal/state"
)

// applier carries a plan out. The base advances per operation, as each succeeds.
type applier struct {
	*run
	journal *journal
	style   *mapping.Style
	listed  time.Time         // when the contacts of the plan were read
	owners  map[string]*entry // the records of linked contacts, by the contact's id

	wrote map[string]*contact.Record // rows as this run left them, by key; nil where that is not known

	mu       sync.Mutex
	open     map[string]bool  // keys about which the plan leaves something open besides its operations
	links    map[string]*pair // links with operations under way, by key
	refusals int              // contacts that Quo refused with 401, 402 or 403, one after another
	silences int              // operations without an answer, one after another
	done     int
	total    int
}

// pair is a link with operations under way.
type pair struct {
	link contact.Link
	left int // operations that are not done
}

// step is one operation of the plan and its place in the journal.
type step struct {
	*reconcile.Operation
	seq int
	// change is what an operation on the source's side asks of it, and unwritable why that cannot be said.
	change     contact.Change
	unwritable error
	// marks says that the step writes only what syncd itself keeps in the source; link is what it settles.
	marks bool
	link  *contact.Link
}

// apply journals every operation, then makes those on Quo's side, then those on the source's, those on Quo's side that
// wait for a row, and last tells the rows what became of them.
func (r *run) apply(ctx context.Context, snap *snapshot, plan reconcile.Plan) error {
	a := &applier{run: r, journal: &journal{store: r.Store, lease: r.keeper.lease}, style: snap.style, listed: snap.readAt, owners: snap.byContact,
		open: r.openKeys(plan), links: map[string]*pair{}, wrote: map[string]*contact.Record{}}
	steps, err := a.intend(ctx, plan)
	if err != nil {
		return err
	}
	a.total = len(steps)
	var updates, others, again, onSource, afterRows []step
	for _, s := range steps {
		switch {
		case s.AfterRow:
			afterRows = append(afterRows, s)
		case s.writesSource():
			onSource = append(onSource, s)
		case r.refused[r.causeOf(s.Operation)].Attempts > 0:
			again = append(again, s)
		case s.Action == contact.Update:
			updates = append(updates, s)
		default:
			others = append(others, s)
		}
	}
	// Updates come together, for one look-up reads the contacts of twenty again. What was tried in vain before comes last:
	// it may stop the run, but must not keep it from the others.
	onQuo := slices.Concat(updates, others, again)
	if err := a.applyQuo(ctx, onQuo); err != nil {
		return err
	}
	if err := a.applySource(ctx, onSource); err != nil {
		return err
	}
	if afterRows, err = a.withRow(ctx, afterRows); err != nil {
		return err
	}
	if err := a.applyQuo(ctx, afterRows); err != nil {
		return err
	}
	return a.markRows(ctx, snap, plan)
}

// withRow returns the steps whose row was made; the others are given up.
func (a *applier) withRow(ctx context.Context, steps []step) (made []step, err error) {
	var marks []state.Mark
	for _, s := range steps {
		if a.finished[target{s.Key, contact.Source}] {
			made = append(made, s)
		} else {
			marks = append(marks, a.mark(s, state.Failed, "never sent: its row was not made"))
		}
	}
	if len(marks) == 0 {
		return made, nil
	}
	return made, a.journal.commit(ctx, state.Batch{Marks: marks})
}

// openKeys are the keys about which the plan leaves something open besides its operations, such as another operation
// that is tried again only later.
func (r *run) openKeys(plan reconcile.Plan) map[string]bool {
	open := map[string]bool{}
	for _, p := range r.problems {
		open[p.Key] = true
	}
	for _, c := range plan.Conflicts {
		open[c.Key] = true
	}
	for _, p := range plan.Problems {
		open[p.Key] = true
	}
	for _, o := range plan.Operations {
		if o.Held {
			open[o.Key] = true
		}
	}
	return open
}

// intendedAtOnce is how many links or operations one transaction writes before any operation is made: the renewal of the
// lease waits for it, and it is held in memory as a whole.
const intendedAtOnce = 1000

// intend writes what the plan settles without an operation, and every operation that is about to be made.
func (a *applier) intend(ctx context.Context, plan reconcile.Plan) ([]step, error) {
	batch := state.Batch{Sync: &state.Sync{Name: a.Sync.Name, Label: a.Sync.Policy.Label, FirstRunDone: a.sync.FirstRunDone,
		Source: a.sync.Source}, Drop: plan.Drop}
	for links := range slices.Chunk(givenUpFirst(plan.Settled), intendedAtOnce) {
		batch.Links = links
		if err := a.journal.commit(ctx, batch); err != nil {
			return nil, err
		}
		batch = state.Batch{}
	}
	var steps []step
	for i := range plan.Operations {
		o := &plan.Operations[i]
		if o.Held {
			continue
		}
		s := step{Operation: o, seq: len(steps) + 1}
		if s.writesSource() {
			s.change, s.unwritable = a.change(o)
		}
		entry, err := a.entry(s)
		if err != nil {
			return nil, err
		}
		if batch.Entries = append(batch.Entries, entry); len(batch.Entries) == intendedAtOnce {
			if err := a.journal.commit(ctx, batch); err != nil {
				return nil, err
			}
			batch = state.Batch{}
		}
		steps = append(steps, s)
		if p := a.links[o.Key]; p != nil {
			p.left++
		} else {
			a.links[o.Key] = &pair{link: o.Link, left: 1}
		}
	}
	return steps, a.journal.commit(ctx, batch)
}

// givenUpFirst are links in an order in which each finds its contact free.
func givenUpFirst(links []contact.Link) []contact.Link {
	has := func(l contact.Link) int {
		if l.Linked() && l.ContactID != "" {
			return 1
		}
		return 0
	}
	return slices.SortedStableFunc(slices.Values(links), func(a, b contact.Link) int { return has(a) - has(b) })
}

// entry is the journal's record of an operation.
func (a *applier) entry(s step) (state.Entry, error) {
	entry := state.Entry{Run: a.row.ID, Seq: s.seq, Sync: a.Sync.Name, Key: s.Key, Side: s.Side, Action: s.Action,
		ContactID: s.ContactID(), State: state.Intended, Approved: s.Approved || s.Lifted, FirstSight: s.FirstSight,
		Reason: s.Reason, Fields: s.Fields, Base: s.Settles}
	if s.Row != nil {
		entry.SourceHash = s.Row.Hash
	}
	var err error
	if s.Side == contact.Source {
		entry.Before, entry.After, err = a.rows(s)
	} else {
		entry.Before, entry.After, err = contacts(s)
	}
	if err != nil {
		err = fmt.Errorf("journal entry of key %s: %w", s.Key, err)
	}
	return entry, err
}

// contacts returns the contact before and after an operation on Quo's side, as the journal keeps them.
func contacts(s step) (before, after json.RawMessage, err error) {
	if s.Contact != nil {
		if before, err = json.Marshal(s.Contact); err != nil {
			return nil, nil, err
		}
	}
	if s.Action == contact.Create || s.Action == contact.Update {
		after, err = json.Marshal(s.After)
	}
	return before, after, err
}

// rows returns the row before and after an operation on the source's side, as the journal keeps them.
func (a *applier) rows(s step) (before, after json.RawMessage, err error) {
	if s.change.Before != nil {
		if before, err = rowJSON(a.mapping.Columns(), s.change.Before); err != nil {
			return nil, nil, err
		}
	}
	if s.change.After != nil {
		after, err = rowJSON(a.mapping.Columns(), s.change.After)
	}
	return before, after, err
}

// applyQuo makes the operations on Quo's side, several at once. It stops at the first error that is not one
// operation's own; what is in flight then finishes.
func (a *applier) applyQuo(ctx context.Context, steps []step) error {
	group, ctx := errgroup.WithContext(ctx)
	queue := make(chan step)
	group.Go(func() error {
		defer close(queue)
		return a.feed(ctx, steps, queue)
	})
	for range max(a.Workers, 1) {
		group.Go(func() error {
			for s := range queue {
				if err := a.quoStep(ctx, s); err != nil {
					return err
				}
				a.advanced(1)
			}
			return nil
		})
	}
	return group.Wait()
}

// refreshSize is how many contacts one look-up re-reads: Quo takes no more external ids at once.
const refreshSize = 20

// feed hands the operations out, in order. Contacts whose listing is old by then are re-read, twenty at a time, and so
// are the rest of the twenty when that is old by the time it is their turn; an operation whose contact changed since is
// stale: the next run decides it.
func (a *applier) feed(ctx context.Context, steps []step, queue chan<- step) error {
	for start := 0; start < len(steps); start += refreshSize {
		chunk := steps[start:min(start+refreshSize, len(steps))]
		var fresh map[string]contact.Contact
		readAt := a.listed
		for i, s := range chunk {
			if a.old(readAt) && (i == 0 || a.Sync.RefreshAfter > 0) { // 0 asks for one re-read of each, not for one per write
				readAt = time.Now()
				var err error
				if fresh, err = a.refresh(ctx, chunk[i:]); err != nil {
					return err
				}
			}
			if a.stale(s, fresh) {
				if err := a.dropStale(ctx, s); err != nil {
					return err
				}
				continue
			}
			select {
			case queue <- s:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
	return nil
}

// old reports whether contacts that were read then are to be re-read before they are written.
func (a *applier) old(readAt time.Time) bool { return time.Since(readAt) >= a.Sync.RefreshAfter }

// refresh re-reads the contacts of the operations and returns them by id.
func (a *applier) refresh(ctx context.Context, chunk []step) (map[string]contact.Contact, error) {
	var ids []string
	fresh := map[string]contact.Contact{}
	for _, s := range chunk {
		switch {
		case s.Action != contact.Update:
		case s.Contact.ExternalID != "":
			ids = append(ids, s.Contact.ExternalID)
		default: // a contact that is about to be adopted has no external id to look it up by
			c, _, err := a.get(ctx, s.Key, s.Contact.ID)
			if err != nil {
				return nil, err
			}
			if c != nil {
				fresh[c.ID] = *c
			}
		}
	}
	if len(ids) == 0 {
		return fresh, nil
	}
	contacts, err := a.Quo.Lookup(ctx, ids)
	for _, c := range contacts {
		fresh[c.ID] = c
	}
	return fresh, err
}

// stale reports whether the contact of an update is not what the plan saw; fresh is nil while the listing is young.
func (a *applier) stale(s step, fresh map[string]contact.Contact) bool {
	if fresh == nil || s.Action != contact.Update {
		return false
	}
	c, ok := fresh[s.Contact.ID]
	return !ok || c.ContentHash() != s.Contact.ContentHash()
}

// quoStep makes one operation on Quo's side. The error is one that stops the run.
func (a *applier) quoStep(ctx context.Context, s step) error {
	var c contact.Contact
	var err error
	gate := &quo.Gate{Record: func(ctx context.Context) error { return a.sending(ctx, s) }, Allow: a.keeper.check}
	switch s.Action {
	case contact.Create:
		c, err = a.Quo.Create(ctx, s.After, gate)
	case contact.Update:
		c, err = a.Quo.Update(ctx, s.After, gate)
	case contact.Delete:
		if err = a.unchanged(ctx, s); errors.Is(err, errChanged) {
			return a.dropStale(ctx, s)
		}
		if err == nil {
			err = a.Quo.Delete(ctx, s.Contact.ID, gate)
		}
	case contact.Unlink:
		return a.unlinked(ctx, s)
	}
	if err != nil {
		return a.failed(ctx, s, err)
	}
	return a.succeeded(ctx, s, c)
}

// errChanged means that a contact is not what the plan saw.
var errChanged = errors.New("the contact changed")

// unchanged reads a contact that is about to be deleted once more, however young the listing is: a delete cannot be
// taken back, and somebody may have edited the contact just now.
func (a *applier) unchanged(ctx context.Context, s step) error {
	c, err := a.Quo.Get(ctx, s.Contact.ID)
	if errors.Is(err, quo.ErrNotFound) {
		return nil // a delete of it counts as done
	}
	if err == nil && c.ContentHash() != s.Contact.ContentHash() {
		return errChanged
	}
	return err
}

// sending is called before each attempt of a write: the lease must still be trusted, and the journal must know.
func (a *applier) sending(ctx context.Context, s step) error {
	if err := a.keeper.check(); err != nil {
		return err
	}
	if err := a.journal.commit(ctx, state.Batch{Marks: []state.Mark{a.mark(s, state.Sent, "")}}); err != nil {
		return fmt.Errorf("%w: %w", errState, err)
	}
	return nil
}

func (a *applier) mark(s step, to state.EntryState, why string) state.Mark {
	return state.Mark{Run: a.row.ID, Seq: s.seq, State: to, Error: why}
}

// succeeded records that an operation is done, with the link as it is now.
func (a *applier) succeeded(ctx context.Context, s step, c contact.Contact) error {
	mark := a.mark(s, state.Done, "")
	batch := state.Batch{Marks: []state.Mark{mark}}
	if s.Action == contact.Delete {
		batch.Drop = []string{s.Key}
	} else {
		batch.Marks[0].ContactID = c.ID
		gained, dropped := a.heard(s, c)
		if len(dropped) > 0 {
			a.notKept(s, c, dropped)
		}
		batch.Links = []contact.Link{a.advance(s, gained, func(link *contact.Link) {
			link.ContactID, link.QuoHash = c.ID, c.ContentHash()
			for _, f := range dropped { // the two sides agree on nothing there
				delete(link.Base, f)
			}
		})}
	}
	a.count(s)
	a.answered()
	a.accepted()
	return a.journal.commit(ctx, batch)
}

// heard returns what the base gains by what Quo made of the values that were sent, for it may spell them in its own way,
// and the fields whose value it did not keep.
func (a *applier) heard(s step, c contact.Contact) (gained contact.Base, dropped []contact.Field) {
	near := func(f contact.Field) contact.Value {
		return contact.Value{Norm: s.Settles[f].Quo, Text: s.Settles[f].Quo}
	}
	values := a.mapping.ContactValues(c, near)
	gained = contact.Base{}
	for f, settled := range s.Settles {
		if values[f].Empty() && settled.Quo != "" {
			dropped = append(dropped, f)
			continue
		}
		settled.Quo = values[f].Norm
		gained[f] = settled
	}
	slices.Sort(dropped)
	return gained, dropped
}

// advance settles in an operation's link what its base gained. The link is looked at again while the record has another
// operation or anything else open.
func (a *applier) advance(s step, gained contact.Base, change func(*contact.Link)) contact.Link {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.links[s.Key]
	p.left--
	p.link = settled(p.link, gained)
	if s.Row != nil {
		p.link.SourceHash = s.Row.Hash
	}
	change(&p.link)
	p.link.Pending = p.left > 0 || a.open[s.Key]
	return p.link
}

// unlinked records that a link was taken apart.
func (a *applier) unlinked(ctx context.Context, s step) error {
	a.count(s)
	link := s.Link
	return a.journal.commit(ctx, state.Batch{Marks: []state.Mark{a.mark(s, state.Done, "")}, Links: []contact.Link{link}})
}

// dropStale gives an operation up whose target changed between read and write; the next run decides it afresh.
func (a *applier) dropStale(ctx context.Context, s step) error {
	var batch state.Batch
	a.staleStep(&batch, s)
	return a.journal.commit(ctx, batch)
}

func (a *applier) staleStep(batch *state.Batch, s step) {
	if !s.marks {
		a.mu.Lock()
		a.report.Stale++
		a.mu.Unlock()
	}
	batch.Marks = append(batch.Marks, a.mark(s, state.Failed, "stale: the target changed between read and write"))
}

func (a *applier) advanced(n int) {
	a.mu.Lock()
	a.done += n
	done, total := a.done, a.total
	a.mu.Unlock()
	a.progress("writing", done, total)
}

func (a *applier) count(s step) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s.marks {
		a.report.Marked++
		return
	}
	a.report.count(s.Side, s.Action)
	a.finished[target{s.Key, s.Side}] = true
}
