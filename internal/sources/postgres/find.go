package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"syncd/internal/contact"
)

// A target is what changes are about: the rows with one identity.
type target struct {
	cells  []contact.Cell // of the first of them, by description.columns
	count  int            // how many there are
	locked bool           // another transaction has locked it
	taken  bool           // a change is about it already
}

// alias is what statements call the rows that they are given. No table is called so.
const alias = `"syncd's"`

// find looks for the rows of all changes, and locks them so that they stay as they are until the changes are made. Of a
// view the rows are not locked: not every view can; the conditions of the changes must do.
func (b *batch) find(ctx context.Context) error {
	b.targets = map[string]*target{}
	for _, change := range b.changes {
		b.targets[b.identity(change)] = &target{}
	}
	lock := b.lock()
	if lock == "" || !b.skipLocked {
		return b.look(ctx, lock)
	}
	if err := b.look(ctx, lock+" SKIP LOCKED"); err != nil {
		return err
	}
	free := b.targets
	b.targets = map[string]*target{}
	for identity := range free {
		b.targets[identity] = &target{}
	}
	if err := b.look(ctx, ""); err != nil {
		return err
	}
	for identity, found := range b.targets {
		found.locked = found.count > free[identity].count
	}
	return nil
}

// lock is the weakest lock that the changes take, or "".
func (b *batch) lock() string {
	lock := ""
	for _, change := range b.changes {
		switch {
		case change.Action == contact.Delete:
			lock = " FOR UPDATE OF " + b.short
		case change.Action == contact.Update && lock == "":
			lock = " FOR NO KEY UPDATE OF " + b.short
		}
	}
	if b.kind == "v" || !b.mayUpdate {
		return ""
	}
	return lock
}

// identity is what finds the row of a change: its key or, without key columns, all its cells.
func (b *batch) identity(change contact.Change) string {
	switch {
	case len(b.key) > 0:
		return change.Key
	case change.Action == contact.Create:
		return contact.Fingerprint(b.spread(change.After))
	}
	return contact.Fingerprint(b.spread(change.Before))
}

// spread brings cells from the order of wanted into that of columns; those of the key that nobody asked for are empty.
func (d *description) spread(cells []contact.Cell) []contact.Cell {
	all := make([]contact.Cell, len(d.columns))
	for i, c := range d.wanted {
		all[c.place] = cells[i]
	}
	return all
}

// look finds rows and adds them to the targets.
func (b *batch) look(ctx context.Context, lock string) error {
	by := b.key
	if len(by) == 0 {
		by = b.columns
	}
	sought := b.sought(len(by))
	if len(sought[0]) == 0 {
		return nil
	}
	args := []any{pgx.QueryExecModeExec}
	for _, texts := range sought {
		args = append(args, texts)
	}
	rows, err := b.tx.Query(ctx, b.lookSQL(by)+lock, args...)
	if err != nil {
		return b.table.whereError(err)
	}
	defer rows.Close()
	for rows.Next() {
		cells := b.cells(rows.RawValues())
		identity := contact.Fingerprint(cells)
		if len(b.key) > 0 {
			if identity, err = contact.NormalizeKey(b.keyCells(cells)...); err != nil {
				continue // a row without a key is nobody's
			}
		}
		if found := b.targets[identity]; found != nil {
			if found.count++; found.count == 1 {
				found.cells = cells
			}
		}
	}
	return b.table.whereError(rows.Err())
}

// lookSQL asks for the rows with certain keys, which an index may find, or with certain texts in all columns.
func (b *batch) lookSQL(by []*column) string {
	var have, seek, names, arrays []string
	for i, c := range by {
		name := fmt.Sprintf("k%d", i)
		arrays, names = append(arrays, fmt.Sprintf("$%d::text[]", i+1)), append(names, name)
		if len(b.key) > 0 {
			have, seek = append(have, c.full), append(seek, name+"::"+c.sqlType)
		} else {
			have, seek = append(have, c.text()), append(seek, name)
		}
	}
	in := fmt.Sprintf("(%s) IN (SELECT %s", strings.Join(have, ", "), strings.Join(seek, ", "))
	if len(b.key) == 0 { // one text for all, by which rows can be looked up
		in = fmt.Sprintf(`ROW(%s)::text COLLATE "C" IN (SELECT ROW(%s)::text`, strings.Join(have, ", "), strings.Join(seek, ", "))
	}
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s AND %s FROM unnest(%s) AS %s(%s)) ORDER BY %s", b.texts(), b.name, b.table.filter, in,
		strings.Join(arrays, ", "), alias, strings.Join(names, ", "), strings.Join(have, ", "))
}

// texts are the expressions of all columns.
func (d *description) texts() string {
	texts := make([]string, len(d.columns))
	for i, c := range d.columns {
		texts[i] = c.text()
	}
	return strings.Join(texts, ", ")
}

// cells are what these expressions gave.
func (d *description) cells(values [][]byte) []contact.Cell {
	cells := make([]contact.Cell, len(values))
	for i, value := range values {
		cells[i] = d.columns[i].cell(string(value))
	}
	return cells
}

// keyCells are those of cells that make the key.
func (d *description) keyCells(cells []contact.Cell) []contact.Cell {
	key := make([]contact.Cell, len(d.key))
	for i, c := range d.key {
		key[i] = cells[c.place]
	}
	return key
}

// sought are the texts to look for, one list per column. A key is looked for in the spelling that the row had, and in its
// normal form.
func (b *batch) sought(columns int) [][]string {
	lists := make([][]string, columns)
	add := func(texts []string) {
		for i, s := range texts {
			lists[i] = append(lists[i], s)
		}
	}
	for _, change := range b.changes {
		before := change.Before
		if change.Action == contact.Create {
			before = change.After
		}
		if len(b.key) == 0 {
			add(textsOf(b.spread(before)))
			continue
		}
		normal, ok := contact.SplitKey(change.Key, len(b.key))
		if ok && b.takesKey(normal) {
			add(normal)
		}
		if spelt := textsOf(b.keyCells(b.spread(before))); !slices.Equal(spelt, normal) && b.takesKey(spelt) {
			add(spelt)
		}
	}
	return lists
}

func textsOf(cells []contact.Cell) []string {
	texts := make([]string, len(cells))
	for i, cell := range cells {
		texts[i] = cell.Text
	}
	return texts
}

// takesKey reports whether texts can be values of the key columns at all: others are no row's.
func (d *description) takesKey(texts []string) bool {
	for i, c := range d.key {
		if texts[i] == "" || c.takes(texts[i]) != nil {
			return false
		}
	}
	return true
}
