package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"syncd/internal/contact"
	"syncd/internal/mapping"
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
	if !a.mapping.Keyed() {
		err = a.markAsMade(ctx, snap, plan, onSource, onQuo)
	} else if err = a.applyQuo(ctx, onQuo); err == nil {
		err = a.applySource(ctx, onSource)
	}
	if err != nil {
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

// markedAtOnce is how many contacts are made before their ids are written to rows that have no key.
const markedAtOnce = 200

// markAsMade makes the steps of a source without key columns: its rows get the ids of their contacts while the run makes
// others, for until then nothing but what they say tells whose they are, and people edit them. What the plan wants in the
// source comes first, for it was planned from rows without ids.
func (a *applier) markAsMade(ctx context.Context, snap *snapshot, plan reconcile.Plan, onSource, onQuo []step) error {
	if err := a.applySource(ctx, onSource); err != nil {
		return err
	}
	for some := range slices.Chunk(onQuo, markedAtOnce) {
		if err := a.applyQuo(ctx, some); err != nil {
			return err
		}
		if err := a.markRows(ctx, snap, plan); err != nil {
			return err
		}
	}
	return nil
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
		if o.Held || r.undoes > 0 { // an undo looks at nothing but what it puts back
			open[o.Key] = true
		}
	}
	return open
}

func (a *applier) mark(s step, to state.EntryState, why string) state.Mark {
	return state.Mark{Run: a.row.ID, Seq: s.seq, State: to, Error: why}
}

func (a *applier) advanced(n int) {
	a.mu.Lock()
	a.done += n
	done, total := a.done, a.total
	a.mu.Unlock()
	a.progress("writing", done, total)
}

func (a *applier) count(s step) {
	a.log.Debug("operation done", "key", s.Key, "side", s.Side, "op", s.Action, "contact", s.ContactID())
	a.mu.Lock()
	defer a.mu.Unlock()
	if s.marks {
		a.report.Marked++
		return
	}
	a.report.count(s.Side, s.Action)
	a.finished[target{s.Key, s.Side}] = true
}
