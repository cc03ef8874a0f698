package engine_test

import (
	"slices"
	"strconv"

	"syncd/internal/sources"
	"syncd/internal/state"
)

var header = []string{"id", "contactId", "First", "Last", "Company", "Phone", "Email", "VIP", "Score", "Tags", "Born", "Kind", "Updated", "Status", "Notes", "No"}

const (
	colID = iota
	colContact
	colFirst
	colLast
	colCompany
	colPhone
	colEmail
	colVIP
	colScore
	colTags
	colBorn
	colKind
	colUpdated
	colStatus
	colNotes // not mapped
	colNo    // likewise; tells rows apart whatever else they hold
)

// line is one row of the file, the same one wherever it stands and whatever it holds.
type line struct {
	cells []string
	raw   []string // as they stand in the file
}

// table is where the rows lie: what people do to it, and what they see.
type table interface {
	// save makes the table hold the rows as people hold them.
	save()
	// lines are the header and the rows that the table holds now.
	lines() []*line
	// text is all that it holds.
	text() string
	// source is the table as a process sees it, until it dies.
	source(p *process) sources.Source
	// ordered reports whether rows stay where they are, whatever a run does.
	ordered() bool
}

// saveRows makes the table hold the rows as people hold them, each with a number of its own.
func (w *world) saveRows() {
	for _, r := range w.rows {
		if r.cells[colNo] == "" {
			w.numbered++
			r.cells[colNo] = strconv.Itoa(w.numbered)
		}
	}
	w.table.save()
}

// is reports whether two lines are of one row.
func (r *line) is(other *line) bool { return r.cells[colNo] == other.cells[colNo] }

// compareLines compares lines by where people have them. A row that nobody has comes last.
func (w *world) compareLines(a, b *line) int {
	place := func(r *line) int {
		if i := slices.IndexFunc(w.rows, r.is); i >= 0 {
			return i
		}
		return len(w.rows)
	}
	return place(a) - place(b)
}

// lookAtFile takes over what runs did to the file since people last held it, and checks each change.
func (w *world) lookAtFile(before map[string]state.Link) {
	now := w.table.lines()
	if len(now) == 0 || !slices.Equal(now[0].raw, w.head) {
		w.t.Errorf("the header of the file was changed")
		return
	}
	now = now[1:]
	var kept []*line
	added := false
	if w.table.ordered() && !slices.IsSortedFunc(now, w.compareLines) {
		w.t.Errorf("the rows have another order")
	}
	for _, r := range w.rows {
		if !slices.ContainsFunc(now, r.is) {
			w.rowRemoved(r)
		}
	}
	for _, r := range now {
		if i := slices.IndexFunc(w.rows, r.is); i >= 0 {
			kept = append(kept, w.rows[i])
			w.rowWritten(w.rows[i], r, before)
			continue
		}
		if len(r.cells) != len(header) || r.cells[colNo] != "" {
			w.t.Errorf("the file has the row %q, which nobody wrote", r.cells)
			continue
		}
		kept, added = append(kept, r), true
		w.rowAdded(r, before)
	}
	w.rows = kept
	for _, p := range w.mending {
		p.row.raw[p.facet] = "what a run left" // so that it is written anew
	}
	if added || len(w.mending) > 0 { // the sheet numbers it
		w.mending = nil
		w.saveRows()
	}
}
