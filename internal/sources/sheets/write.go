package sheets

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cenkalti/backoff/v5"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

const (
	maxRows  = 300     // of one write: the fewer, the shorter from the look at the first to the write
	maxBytes = 1 << 20 // of one write, about
	maxTries = 6       // at a row that moves each time
)

// Write implements [sources.Source]. Rows are never deleted, so a Delete is Refused; so is a change of a cell that holds
// a formula or is filled by one, that is protected or merged, or that would hold too much.
//
// An update needs exactly one row with the change's key or, without key columns, with the cells of Before. A write that
// hit another row, since rows moved in the instant between the last look and the write, is put back at once and made
// again; Outcome.Repaired says so. Where that could not be done, the outcome is Unknown and there is an error. A new row
// comes after the last one.
//
// The requests are two reads and a write for each 300 updates, one read more when a column holds dates, numbers or
// formulas that matter, and one for new rows, whose arrival is looked for.
func (s *Sheet) Write(ctx context.Context, columns []string, changes []contact.Change) ([]sources.Outcome, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	w := &writer{
		Sheet: s, columns: columns, changes: changes, outcomes: make([]sources.Outcome, len(changes)),
		identities: make([]string, len(changes)), tries: make([]int, len(changes)),
		repaired: map[int][]contact.Change{}, givenUp: map[int]string{}, size: maxRows, waits: waits(s.options.FirstWait),
	}
	err := w.run(ctx)
	w.close(err)
	if err != nil {
		err = s.named(err)
	}
	return w.outcomes, err
}

// writer is one call of Write.
type writer struct {
	*Sheet
	columns    []string
	changes    []contact.Change
	identities []string // of the row of each change
	outcomes   []sources.Outcome
	repaired   map[int][]contact.Change // by change

	todo    []int          // changes that are still to be made
	tries   []int          // how often each was tried
	sent    []*target      // writes of which it is not known where they landed
	damages []*damage      // what is to be put back
	damaged map[int]bool   // the rows of it, by their number in this round
	givenUp map[int]string // why a change is left as it is, whatever that is

	headerClosed bool // the header is protected
	moved        bool // the last write showed other columns than it should
	behind       bool // a write of this round failed: much may have changed since the tab was looked at
	size         int  // how many rows are written at once
	admitted     bool // the next write need not wait
	waits        backoff.BackOff
	lost         error // what could not be put back
	halted       error // why no more changes are made
}

// run makes the changes, round by round, until none is left and nothing is out of place.
func (w *writer) run(ctx context.Context) error {
	if w.options.ReadOnly {
		return errors.New("the sheet is opened for reading only")
	}
	if err := w.prepare(); err != nil {
		return err
	}
	if len(w.todo) == 0 {
		return nil
	}
	if err := w.connect(ctx); err != nil {
		return err
	}
	if w.tab == nil {
		if _, err := w.find(ctx); err != nil {
			return err
		}
	}
	for len(w.todo)+len(w.sent)+len(w.damages) > 0 {
		if err := w.round(ctx); err != nil {
			return errors.Join(err, w.halted, w.lost)
		}
	}
	return errors.Join(w.halted, w.lost)
}

// halt lets no more changes be made. What was written is still looked for and put back where it must be.
func (w *writer) halt(cause error) {
	w.halted = cause
	for _, i := range w.todo {
		if w.tries[i] > 0 {
			w.givenUp[i] = unheard
		}
	}
	w.todo = nil
}

// unheard is why it is not known what became of a change.
const unheard = "Google did not say whether it was written"

// prepare decides what needs no look at the sheet. A change that does not fit the columns is an error.
func (w *writer) prepare() error {
	first := map[string]bool{}
	for i, change := range w.changes {
		if err := change.Check(len(w.columns)); err != nil {
			return err
		}
		w.identities[i] = w.identity(change)
		switch {
		case change.Action == contact.Delete:
			w.refuse(i, "rows of a Google Sheet are never deleted: delete the row by hand")
		case first[w.identities[i]]:
			w.stale(i, "another change of the same batch is about this row")
		default:
			first[w.identities[i]] = true
			w.todo = append(w.todo, i)
		}
	}
	return nil
}

// identity is what finds the row of a change: its key or, without key columns, all its cells.
func (w *writer) identity(change contact.Change) string {
	switch {
	case len(w.options.Key) > 0:
		return change.Key
	case change.Action == contact.Create:
		return contact.Fingerprint(change.After)
	}
	return contact.Fingerprint(change.Before)
}

// round is one look at the whole tab and one write of some rows. What goes wrong for a row is tried again by the next.
func (w *writer) round(ctx context.Context) error {
	if len(w.todo)+len(w.damages) > 0 {
		if err := w.admit(ctx); err != nil {
			return err
		}
	}
	now, err := w.survey(ctx)
	if err != nil {
		return err
	}
	w.settle(now)
	targets := w.repairs(now)
	updates, creates := w.next(now)
	targets = append(targets, updates...)
	if len(targets)+len(creates) == 0 {
		return nil
	}
	if err := w.admit(ctx); err != nil {
		return err
	}
	ready, moved, err := w.inspect(ctx, now, targets)
	if err != nil || moved {
		return errors.Join(err, w.allAgain(creates, nil))
	}
	w.behind = false
	values, formulas := apart(ready)
	if err := w.update(ctx, now, values); err != nil {
		return err
	}
	if w.behind {
		w.keep(append(formulas, creates...))
		return nil
	}
	if w.moved {
		w.moved = false
		return w.allAgain(append(formulas, creates...), nil)
	}
	if err := w.restoreFormulas(ctx, formulas); err != nil {
		return err
	}
	if w.behind {
		w.keep(creates)
		return nil
	}
	return w.add(ctx, now, creates)
}

// admit waits until a write may be sent, unless it has already.
func (w *writer) admit(ctx context.Context) error {
	if w.admitted {
		return ctx.Err()
	}
	err := w.client.admitWrite(ctx)
	w.admitted = err == nil
	return err
}

// next takes the next changes and decides about them by what the tab holds.
func (w *writer) next(now *survey) (updates, creates []*target) {
	if w.halted != nil {
		w.halt(w.halted)
	}
	var later []int
	bytes := 0
	for n, i := range w.todo {
		if len(updates)+len(creates) >= w.size || bytes > maxBytes {
			later = append(later, w.todo[n:]...)
			break
		}
		change := w.changes[i]
		if w.mustWait(i, now) {
			later = append(later, i)
			continue
		}
		switch t := w.decide(i, now); {
		case t == nil:
		case change.Action == contact.Create:
			creates = append(creates, t)
		default:
			updates = append(updates, t)
		}
		for _, cell := range change.After {
			bytes += len(cell.Text)
		}
	}
	w.todo = later
	return updates, creates
}

// mustWait reports whether a change has to wait until something is put back: its row, or what became of a first try to add it.
func (w *writer) mustWait(i int, now *survey) bool {
	create := w.changes[i].Action == contact.Create
	return create && slices.ContainsFunc(w.damages, func(d *damage) bool { return d.change == i }) ||
		slices.ContainsFunc(now.rows[w.identities[i]], func(row int) bool { return w.damaged[row] })
}

// again lets a change or a repair that was not made be tried by the next round; cause is an error of Google, if there was
// one.
func (w *writer) again(t *target, cause error) error {
	if t.repair != nil {
		if t.repair.tries++; t.repair.tries > maxTries {
			w.lose(t.repair)
			return cause
		}
		return nil
	}
	i := t.change
	w.todo = append(w.todo, i)
	if w.tries[i]++; w.tries[i] <= maxTries {
		return nil
	}
	if cause == nil {
		w.todo = w.todo[:len(w.todo)-1]
		w.stale(i, "the rows kept moving")
	}
	return cause
}

// allAgain is again for several targets.
func (w *writer) allAgain(targets []*target, cause error) error {
	var errs []error
	for _, t := range targets {
		if err := w.again(t, cause); err != nil && len(errs) == 0 {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// done notes that a target holds what it shall.
func (w *writer) done(t *target, now *survey, row int) {
	if t.repair != nil {
		w.restored(t, now, row)
		return
	}
	w.outcomes[t.change] = sources.Outcome{Status: sources.Written, Row: row + 1}
}

func (w *writer) stale(i int, format string, args ...any) {
	w.outcomes[i] = sources.Outcome{Status: sources.Stale, Reason: fmt.Sprintf(format, args...)}
}

func (w *writer) refuse(i int, format string, args ...any) {
	w.outcomes[i] = sources.Outcome{Status: sources.Refused, Reason: fmt.Sprintf(format, args...)}
}

// close gives an outcome to what is left when the run ended early, and says what was repaired.
func (w *writer) close(err error) {
	for _, d := range slices.Clone(w.damages) { // which loses them
		w.lose(d)
	}
	for i := range w.outcomes {
		o := &w.outcomes[i]
		if reason, ok := w.givenUp[i]; ok {
			*o = sources.Outcome{Reason: reason}
		}
		sent := slices.ContainsFunc(w.sent, func(t *target) bool { return t.change == i })
		switch {
		case o.Status != sources.Unknown || o.Reason != "":
		case sent:
			o.Reason = unheard
		case err != nil:
			w.refuse(i, "nothing was written: %s", err)
		}
		o.Repaired = w.repaired[i]
	}
}
