package postgres

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"syncd/internal/contact"
)

// maxCell is how many bytes a cell may hold: what contacts hold is far smaller.
const maxCell = 1 << 20

// Columns implements [sources.Describer].
func (t *Table) Columns(ctx context.Context) ([]string, error) {
	tx, err := t.begin(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, t.named(ctx, err)
	}
	defer rollback(tx)
	d, err := t.describe(ctx, tx, nil)
	if err != nil {
		return nil, t.named(ctx, err)
	}
	var names []string
	for _, c := range d.all {
		names = append(names, c.name)
	}
	return names, nil
}

// Read implements [sources.Source]. It needs the right to SELECT the columns that it is asked for and those of the key,
// sees the table as it was at one moment, and keeps nobody from writing. The rows come in the order of the key.
func (t *Table) Read(ctx context.Context, columns []string) iter.Seq2[contact.Record, error] {
	return func(yield func(contact.Record, error) bool) {
		if err := t.read(ctx, columns, yield); err != nil {
			yield(contact.Record{}, t.named(ctx, err))
		}
	}
}

// read yields the records. Its error is for the caller to yield; it is nil after yield returned false.
func (t *Table) read(ctx context.Context, columns []string, yield func(contact.Record, error) bool) error {
	tx, err := t.begin(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer rollback(tx)
	d, err := t.describe(ctx, tx, columns)
	if err != nil {
		return err
	}
	if err := d.check(rights{read: d.columns}); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	rows, err := tx.Query(ctx, t.readSQL(d), pgx.QueryExecModeExec)
	if err != nil {
		cancel()
		return t.whereError(err)
	}
	defer rows.Close()
	defer cancel() // first: the rest of the rows is not waited for
	for rows.Next() {
		record, blank := d.record(rows.RawValues())
		if !blank && !yield(record, nil) {
			return nil
		}
	}
	return t.whereError(rows.Err())
}

// readSQL asks for the columns and, of a row in which all of them are blank, for the texts of all others.
func (t *Table) readSQL(d *description) string {
	var texts, rest, order []string
	for _, c := range d.wanted {
		texts = append(texts, c.text())
	}
	for _, c := range d.all {
		if !slices.Contains(d.wanted, c) && c.mayRead {
			rest = append(rest, c.full)
		}
	}
	for _, c := range d.key {
		order = append(order, c.full)
	}
	wanted := "concat(" + strings.Join(texts, ", ") + ")"
	sql := "SELECT CASE WHEN " + wanted + " !~ '[^[:space:]]' THEN concat(" + strings.Join(append(rest, "''"), ", ") + ") ELSE '.' END, " +
		strings.Join(texts, ", ") + " FROM " + d.name + " WHERE " + t.filter
	if len(order) > 0 {
		sql += " ORDER BY " + strings.Join(order, ", ")
	}
	return sql
}

// record is a row. It is blank when no column of the table holds anything: first come the other columns, in short.
func (d *description) record(values [][]byte) (record contact.Record, blank bool) {
	rest, values := values[0], values[1:]
	record.Cells = make([]contact.Cell, len(values))
	all := string(slices.Concat(values...)) // one string for all, for the sake of the garbage collector
	blank = contact.Cell{Text: string(rest)}.Empty()
	for i, value := range values {
		c, n := d.wanted[i], len(value)
		record.Cells[i], all = c.cell(all[:n]), all[n:]
		blank = blank && record.Cells[i].Empty()
		switch {
		case record.Problem != "":
		case n > maxCell:
			record.Problem = fmt.Sprintf("column %q holds %d bytes, more than %d: shorten it", c.name, n, maxCell)
		case !utf8.Valid(value):
			record.Problem = fmt.Sprintf("column %q is not valid UTF-8: write it again", c.name)
		}
	}
	return record, blank
}
