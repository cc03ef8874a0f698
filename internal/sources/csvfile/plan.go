package csvfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

// A plan is what one call of Write does to the rows of a snapshot.
type plan struct {
	outcomes []sources.Outcome // as they are once the plan is carried out
	changed  map[int]edit      // by the number of the row
	added    []edit
	edits    int // how many of them change a byte
}

// An edit is what one change does to a row.
type edit struct {
	change int
	remove bool
	cells  map[int][]byte // the new text by column of the file, as the scanner would see it
}

// A target is what changes are about: the rows with one identity.
type target struct {
	row
	number int  // the first row's own number
	count  int  // how many rows there are
	taken  bool // a change is about it already
}

// A planner decides about the changes, one by one.
type planner struct {
	*plan
	table   *table
	columns []string
	keyed   bool // the table's columns are those of the changes and, after them, those of the key
	targets map[string]*target
}

// plan finds the rows that the changes are about and compares them with what the changes were planned from.
func (f *File) plan(
	ctx context.Context, snap *snapshot, columns []string, changes []contact.Change,
) (*plan, error) {
	t, err := snap.table(slices.Concat(columns, f.options.Key))
	if err != nil {
		return nil, err
	}
	p := &planner{&plan{changed: map[int]edit{}}, t, columns, len(f.options.Key) > 0, map[string]*target{}}
	for _, change := range changes {
		if err := p.expect(change); err != nil {
			return nil, err
		}
	}
	if err := p.find(ctx); err != nil {
		return nil, err
	}
	for i, change := range changes {
		p.outcomes = append(p.outcomes, p.decide(i, change))
	}
	return p.plan, nil
}

// expect notes the identity of the change's row. A change that does not fit the columns is an error.
func (p *planner) expect(change contact.Change) error {
	if err := change.Check(len(p.columns)); err != nil {
		return err
	}
	p.targets[p.identity(change)] = &target{}
	return nil
}

// identity is what finds the row of a change: its key or, without key columns, all its cells.
func (p *planner) identity(change contact.Change) string {
	switch {
	case p.keyed:
		return change.Key
	case change.Action == contact.Create:
		return contact.Fingerprint(change.After)
	}
	return contact.Fingerprint(change.Before)
}

// find looks for the rows of all changes.
func (p *planner) find(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		row, err := p.table.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		identity := contact.Fingerprint(row.values)
		if p.keyed {
			if identity, err = contact.NormalizeKey(row.values[len(p.columns):]...); err != nil {
				continue // a row without a key is nobody's
			}
		}
		if found := p.targets[identity]; found != nil {
			if found.count++; found.count == 1 {
				found.row, found.number = row, row.record.row
			}
		}
	}
}

// decide returns the outcome of one change and, if it is to be made, adds it to the plan.
func (p *planner) decide(i int, change contact.Change) sources.Outcome {
	found := p.targets[p.identity(change)]
	if reason := p.stale(change, found); reason != "" {
		return sources.Outcome{Status: sources.Stale, Reason: reason}
	}
	e := edit{change: i, remove: change.Action == contact.Delete}
	if !e.remove {
		cells, err := p.cells(change, found)
		if err != nil {
			return sources.Outcome{Status: sources.Refused, Reason: err.Error()}
		}
		e.cells = cells
	}
	found.taken = true
	if change.Action == contact.Create {
		p.added = append(p.added, e)
	} else {
		p.changed[found.number] = e
	}
	if e.remove || len(e.cells) > 0 {
		p.edits++
	}
	return sources.Outcome{Status: sources.Written, Row: found.number}
}

// stale says why a change does not fit the row that was found, or "".
func (p *planner) stale(change contact.Change, found *target) string {
	switch create := change.Action == contact.Create; {
	case found.taken:
		return "another change of the same batch is about this row"
	case create && found.count > 0:
		return fmt.Sprintf("the row is there already, as row %d", found.number)
	case create:
		return ""
	case found.count == 0 && p.keyed:
		return "no row has this key any more"
	case found.count == 0:
		return "no row holds what it did any more"
	case found.count > 1:
		return fmt.Sprintf("%d rows are the same to syncd, the first of them row %d", found.count, found.number)
	case found.problem != "":
		return fmt.Sprintf("row %d: %s", found.number, found.problem)
	}
	for i, before := range change.Before {
		matters := change.Action == contact.Delete || change.After[i].Text != before.Text
		if matters && found.values[i].Text != before.Text {
			return fmt.Sprintf("row %d, column %q: no longer holds what it did", found.number, p.columns[i])
		}
	}
	return ""
}

// cells returns the cells that a create or an update writes. An error says why the file cannot hold them.
func (p *planner) cells(change contact.Change, found *target) (map[int][]byte, error) {
	texts := map[int]string{}
	for i, after := range change.After {
		before := contact.Cell{}
		if change.Before != nil {
			before = change.Before[i]
		}
		if after.Text == before.Text {
			continue
		}
		column := p.table.columns[i]
		if other, twice := texts[column]; twice && other != after.Text {
			return nil, fmt.Errorf("column %q: two values for one cell", p.columns[i])
		}
		texts[column] = after.Text
	}
	if err := p.keepsKey(change, found, texts); err != nil {
		return nil, err
	}
	cells := map[int][]byte{}
	for column, text := range texts {
		cell, err := p.encode(text)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", p.table.header[column], err)
		}
		cells[column] = cell
	}
	return cells, nil
}

// keepsKey makes sure that the row with its new texts has the change's key, or that it is found at all.
func (p *planner) keepsKey(change contact.Change, found *target, texts map[int]string) error {
	if !p.keyed {
		if change.Action == contact.Create && !slices.ContainsFunc(change.After, filled) {
			return errors.New("the row would be empty")
		}
		return nil
	}
	var cells []contact.Cell
	for i := len(p.columns); i < len(p.table.columns); i++ {
		cell := contact.Cell{}
		if found.count > 0 {
			cell = found.values[i]
		}
		if text, ok := texts[p.table.columns[i]]; ok {
			cell.Text = text
		}
		cells = append(cells, cell)
	}
	if key, err := contact.NormalizeKey(cells...); err != nil || key != change.Key {
		return fmt.Errorf("the row would have the key %q instead of %q", key, change.Key)
	}
	return nil
}

func filled(cell contact.Cell) bool { return !cell.Empty() }

// encode returns text as the scanner would see it in the file.
func (p *planner) encode(text string) ([]byte, error) {
	cell, err := p.table.charset.encode(text)
	switch {
	case err != nil:
		return nil, err
	case len(cell) > maxCell:
		return nil, fmt.Errorf("the text takes %d bytes, more than %d", len(cell), maxCell)
	case slices.Contains(cell, 0):
		return nil, errors.New("the text holds a NUL character")
	}
	return cell, nil
}

// unsure is the outcomes when it is not certain that the plan was carried out for good.
func (p *plan) unsure() []sources.Outcome {
	for i, outcome := range p.outcomes {
		if outcome.Status == sources.Written {
			p.outcomes[i] = sources.Outcome{}
		}
	}
	return p.outcomes
}
