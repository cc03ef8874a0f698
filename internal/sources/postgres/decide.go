package postgres

import (
	"errors"
	"fmt"
	"slices"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

// An edit is what one change does to a row.
type edit struct {
	change  int
	action  contact.Action
	found   []contact.Cell // the row as it stands, by description.columns
	columns []*column      // that are written
	values  []*string      // what is written there; nil for NULL
}

// decide compares the changes with the rows that were found, and returns what is to be done. The outcomes are as they are
// once that is done.
func (b *batch) decide() []*edit {
	var edits []*edit
	b.outcomes = make([]sources.Outcome, len(b.changes))
	for i, change := range b.changes {
		found := b.targets[b.identity(change)]
		if reason := b.stale(change, found); reason != "" {
			b.outcomes[i] = sources.Outcome{Status: sources.Stale, Reason: reason}
			continue
		}
		e := &edit{change: i, action: change.Action, found: found.cells}
		if err := b.fill(e, change); err != nil {
			b.outcomes[i] = sources.Outcome{Status: sources.Refused, Reason: err.Error()}
			continue
		}
		found.taken = true
		if change.Action == contact.Update && len(e.columns) == 0 {
			b.outcomes[i] = sources.Outcome{Status: sources.Written}
			continue
		}
		edits = append(edits, e)
	}
	return edits
}

// stale says why a change does not fit the row that was found, or "".
func (b *batch) stale(change contact.Change, found *target) string {
	switch create := change.Action == contact.Create; {
	case found.taken:
		return "another change of the same batch is about this row"
	case create && found.count > 0:
		return "the row is there already"
	case create:
		return ""
	case found.locked:
		return "another transaction is changing this row, and has locked it"
	case found.count == 0 && len(b.key) > 0:
		return "no row has this key any more"
	case found.count == 0:
		return "no row holds what it did any more"
	case found.count > 1:
		return fmt.Sprintf("%d rows are the same to syncd", found.count)
	}
	for i, c := range b.wanted {
		before := change.Before[i].Text
		matters := change.Action == contact.Delete || change.After[i].Text != before
		if matters && found.cells[c.place].Text != before {
			return fmt.Sprintf("column %q no longer holds what it did", c.name)
		}
	}
	return ""
}

// fill says what a create or an update writes. An error says why the table cannot hold it.
func (b *batch) fill(e *edit, change contact.Change) error {
	if change.Action == contact.Delete {
		return nil
	}
	row := slices.Clone(e.found)
	if e.action == contact.Create {
		row = make([]contact.Cell, len(b.columns))
		parts, _ := contact.SplitKey(change.Key, len(b.key)) // a wrong number of them makes another key
		for i, c := range b.key[:min(len(parts), len(b.key))] {
			row[c.place] = contact.Cell{Text: parts[i]}
		}
	}
	changed := make([]bool, len(b.columns))
	for i, c := range b.wanted {
		after := change.After[i]
		if change.Action == contact.Update && after.Text == change.Before[i].Text {
			continue
		}
		if changed[c.place] && row[c.place].Text != after.Text {
			return fmt.Errorf("column %q: two values for one cell", c.name)
		}
		row[c.place], changed[c.place] = after, true
	}
	if err := b.keepsKey(change, row); err != nil {
		return err
	}
	for _, c := range b.columns {
		if e.action == contact.Update && !changed[c.place] {
			continue
		}
		if err := b.put(e, c, row[c.place]); err != nil {
			return err
		}
	}
	return nil
}

// mustFill reports whether a new row has to say something for the column.
func (c *column) mustFill() bool { return c.required && !c.hasDefault && c.chosen == "" }

// put adds one cell to what an edit writes. What is empty in a new row is left to the column's default.
func (b *batch) put(e *edit, c *column, cell contact.Cell) error {
	if e.action == contact.Create && cell.Text == "" && !c.mustFill() {
		return nil
	}
	if c.chosen != "" {
		return fmt.Errorf("column %q cannot be written: %s", c.name, c.chosen)
	}
	value, err := b.table.value(c, cell)
	if err != nil && slices.Contains(b.key, c) {
		return fmt.Errorf("a row cannot have the key %q: %w", cell.Text, err)
	}
	if err != nil {
		return err
	}
	e.columns, e.values = append(e.columns, c), append(e.values, value)
	return nil
}

// keepsKey makes sure that the row as it shall be has the change's key, or that it is found at all.
func (b *batch) keepsKey(change contact.Change, row []contact.Cell) error {
	if len(b.key) == 0 {
		if change.Action == contact.Create && !slices.ContainsFunc(row, filled) {
			return errors.New("the row would be empty")
		}
		return nil
	}
	if key, err := contact.NormalizeKey(b.keyCells(row)...); err != nil || key != change.Key {
		return fmt.Errorf("the row would have the key %q instead of %q", key, change.Key)
	}
	return nil
}

func filled(cell contact.Cell) bool { return !cell.Empty() }
