package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"syncd/internal/contact"
	"syncd/internal/reconcile"
	"syncd/internal/state"
)

// What the status column says of a row that has no problem.
const (
	statusSynced  = "synced"
	statusDeleted = "deleted in Quo"
	statusHeld    = "waits for approval"
)

// markRows writes into the source what syncd itself keeps there, as far as it has columns for it: the id of each row's
// contact, and how the row fares. A cell that says so already is left alone.
func (a *applier) markRows(ctx context.Context, snap *snapshot, plan reconcile.Plan) error {
	if !a.mapping.Marks() {
		return nil
	}
	m := a.marker(plan)
	for steps := range slices.Chunk(slices.Concat(m.keyed(snap), m.unkeyed(snap)), intendedAtOnce) {
		var batch state.Batch
		for i := range steps {
			a.total++
			steps[i].seq = a.nextSeq()
			entry, err := a.entry(steps[i])
			if err != nil {
				return err
			}
			batch.Entries = append(batch.Entries, entry)
		}
		if err := a.journal.commit(ctx, batch); err != nil {
			return err
		}
		if err := a.applySource(ctx, steps); err != nil {
			return err
		}
	}
	return nil
}

// marksOf counts the rows that a run with this plan would mark if all its operations went well.
func (r *run) marksOf(snap *snapshot, plan reconcile.Plan) int {
	if !r.mapping.Marks() {
		return 0
	}
	a := &applier{run: r, links: map[string]*pair{}, wrote: map[string]*contact.Record{}}
	for _, o := range plan.Operations {
		switch {
		case o.Held:
		case o.Side == contact.Source && o.Action == contact.Delete:
			a.wrote[o.Key] = nil
		default:
			a.links[o.Key] = &pair{link: o.Link}
			a.links[o.Key].link.ContactID = cmp.Or(o.Link.ContactID, "new")
		}
	}
	m := a.marker(plan)
	return len(m.keyed(snap)) + len(m.unkeyed(snap))
}

// marker says what is to stand in the rows once the operations of a plan were made.
type marker struct {
	*applier
	problems map[string][]string     // by key
	fields   map[string][]inConflict // by key
	held     map[string]bool
	made     map[string]bool          // keys of records whose contact this run made
	settled  map[string]*contact.Link // links as the plan left them
}

func (a *applier) marker(plan reconcile.Plan) marker {
	m := marker{applier: a, problems: map[string][]string{}, fields: map[string][]inConflict{}, held: map[string]bool{}, made: map[string]bool{},
		settled: map[string]*contact.Link{}}
	for _, p := range a.allProblems() {
		m.problems[p.Key] = append(m.problems[p.Key], statusOf(p.Problem))
	}
	conflicts := plan.Conflicts
	for _, o := range plan.Operations {
		m.held[o.Key] = m.held[o.Key] || o.Held
		if a.finished[target{o.Key, o.Side}] {
			conflicts = slices.Concat(conflicts, o.Opens)
			m.made[o.Key] = m.made[o.Key] || o.Side == contact.Quo && o.Action == contact.Create
		}
	}
	for _, c := range conflicts {
		m.fields[c.Key] = append(m.fields[c.Key], inConflict{c.Reason, a.mapping.Title(c.Field)})
	}
	for i, link := range plan.Settled {
		m.settled[link.Key] = &plan.Settled[i]
	}
	return m
}

// inConflict is a field that waits for a person's word, and why.
type inConflict struct{ reason, field string }

// conflictStatus says of a row what waits for a word.
func conflictStatus(fields []inConflict) string {
	var reasons []string
	by := map[string][]string{}
	for _, f := range fields {
		if by[f.reason] == nil {
			reasons = append(reasons, f.reason)
		}
		by[f.reason] = append(by[f.reason], f.field)
	}
	for i, reason := range reasons {
		words := reason
		switch reason {
		case contact.BothChanged:
			words = "changed here and in Quo"
		case contact.FirstSight:
			words = "different here and in Quo"
		}
		reasons[i] = words + ": " + strings.Join(by[reason], ", ")
	}
	return strings.Join(append(reasons, "make both the same"), "; ")
}

// statusOf is a problem in the words of the status column.
func statusOf(p contact.Problem) string {
	if p.Column == "" {
		return p.Reason
	}
	return p.Column + ": " + p.Reason
}

// keyed returns the steps for the rows that have a key. Those of which it is not sure what they hold are left out.
func (m marker) keyed(snap *snapshot) []step {
	var steps []step
	for _, key := range slices.Sorted(maps.Keys(snap.entries)) {
		e := snap.entries[key]
		if e.row == nil || e.outside || len(e.oddities().doubles) > 0 || e.row.Values == nil || m.busy[key] != "" {
			continue
		}
		row, tried := m.wrote[key]
		switch {
		case tried && row == nil:
			continue
		case !tried:
			row = &e.row.Record
		}
		link := m.link(key, e)
		id, status := "", m.status(key, e, link)
		if link.Linked() || m.made[key] { // an undo makes contacts that are not linked
			id = link.ContactID
		}
		if s, needed := m.step(key, e.row, *row, id, status); needed {
			if hash := m.mapping.RowHash(contact.Record{Cells: s.change.After}); link.Linked() && id != "" && hash != link.SourceHash {
				after := *link
				after.SourceHash, after.Base = hash, nil
				s.link = &after
			}
			steps = append(steps, s)
		}
	}
	return steps
}

// unkeyed returns the steps for the rows with problems of a source without key columns: they are found by what they
// hold.
func (m marker) unkeyed(snap *snapshot) []step {
	var steps []step
	for i := range snap.keyless {
		row := &snap.keyless[i]
		if m.mapping.Keyed() || row.Record.Problem != "" || len(row.Problems) == 0 {
			continue
		}
		if s, needed := m.step("", row, row.Record, "", statusOf(row.Problems[0])); needed {
			steps = append(steps, s)
		}
	}
	return steps
}

// step returns the step that makes a row say what it shall, unless it does. An empty id or status leaves what stands
// there.
func (m marker) step(key string, row *reconcile.Row, now contact.Record, id, status string) (step, bool) {
	if status == "" {
		status = m.mapping.Status(now)
	}
	if m.mapping.IsMarked(now, id, status) {
		return step{}, false
	}
	o := &reconcile.Operation{Key: key, Side: contact.Source, Action: contact.Update, Row: row, FirstSight: true,
		Reason: "what syncd notes in the row", Link: contact.Link{ContactID: id}}
	for _, mark := range []struct {
		name                  contact.Field
		column, before, after string
	}{{"contactId", m.Sync.Mapping.ContactID, m.mapping.ContactID(now), id}, {"status", m.Sync.Mapping.Status, m.mapping.Status(now), status}} {
		if mark.column != "" && mark.after != "" && mark.before != mark.after {
			o.Fields = append(o.Fields, contact.FieldChange{Field: mark.name, Before: mark.before, After: mark.after, Reason: o.Reason})
		}
	}
	if p, ok := m.run.refused[m.causeOf(o)]; ok && m.now.Before(p.RetryAt) { // the source did not take it
		m.found(p)
		return step{}, false
	}
	change := contact.Change{Action: contact.Update, Key: m.rowKey(key), Row: now.Row, Before: now.Cells,
		After: m.mapping.Marked(now.Cells, id, status)}
	return step{Operation: o, change: change, marks: true}, true
}

// link returns a record's link as it is now, nil when there is none.
func (m marker) link(key string, e *entry) *contact.Link {
	if p := m.links[key]; p != nil && p.link.ContactID != "" {
		return &p.link
	}
	if link := m.settled[key]; link != nil {
		return link
	}
	return e.link
}

// status says how a row fares, in a few words for the people who look at it, "" when that is not known.
func (m marker) status(key string, e *entry, link *contact.Link) string {
	p := m.links[key]
	switch problems, fields := m.problems[key], m.fields[key]; {
	case len(problems) > 0:
		return problems[0]
	case len(fields) > 0:
		return conflictStatus(fields)
	case m.held[key]:
		return statusHeld
	case link != nil && !link.Linked() && !e.seen && !m.made[key] && !e.row.Filtered:
		return statusDeleted
	case link != nil && !link.Linked():
		return "not synced: " + link.Unlinked
	case e.row.Filtered || link == nil || link.ContactID == "" || p != nil && p.left > 0:
		return ""
	}
	return statusSynced
}
