package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"syncd/internal/pgtest"
	"syncd/internal/sources"
	"syncd/internal/sources/sourcetest"
)

// TestConformance runs the suite against the kinds of tables and columns that hold text.
func TestConformance(t *testing.T) {
	for name, k := range map[string]kind{
		"text":                     {table: `contacts`, column: "text", large: true},
		"odd names, no nulls":      {table: `"Crm Schema"."Contact's ""table"""`, column: "varchar NOT NULL DEFAULT ''"},
		"citext, and a condition":  {table: `contacts`, column: "citext", where: "coalesce(contacts.id, '') NOT LIKE 'X%' -- all"},
		"a view, through a pooler": {table: `contacts`, column: "text", view: true, pooler: true},
		"partitions":               {table: `crm.contacts`, column: "text", partitions: true},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, k)
			sourcetest.Run(t, func(t *testing.T, header []string, rows [][]string) sourcetest.Harness {
				return o.harness(t, header, rows)
			})
		})
	}
}

// kind is a kind of table.
type kind struct {
	table, column    string
	view, partitions bool
	where            string
	pooler           bool // no transaction has the session of another one
	large            bool
}

// An office is a database where one table after the other is, and those who work with it.
type office struct {
	kind   kind
	person *pgx.Conn
	source *Table
}

func newOffice(t *testing.T, k kind) *office {
	url := pgtest.Database(t)
	person, err := pgx.Connect(t.Context(), url)
	check(t, err)
	t.Cleanup(func() { person.Close(context.Background()) })
	o := &office{kind: k, person: person}
	options := Options{Table: k.table, Key: []string{sourcetest.Key}, Where: k.where}
	if k.view {
		options.Table = "contacts_view"
	}
	config, err := configOf(url)
	check(t, err)
	if k.pooler {
		config.AfterRelease = func(*pgx.Conn) bool { return false }
	}
	o.source = tableIn(t, config, options)
	return o
}

// harness is a person who edits the table with a program of their own.
type harness struct {
	*office
	t      *testing.T
	header []string
}

func (o *office) harness(t *testing.T, header []string, rows [][]string) sourcetest.Harness {
	sorted := slices.Clone(header)
	slices.Sort(sorted)
	if len(slices.Compact(sorted)) < len(header) {
		return nil // no table has two columns of one name
	}
	h := &harness{office: o, t: t, header: header}
	columns := make([]string, len(header))
	for i, name := range header {
		columns[i] = quote(name) + " " + o.kind.column
	}
	sql := `DROP VIEW IF EXISTS contacts_view; DROP TABLE IF EXISTS ` + o.kind.table + `;
		CREATE SCHEMA IF NOT EXISTS "Crm Schema"; CREATE SCHEMA IF NOT EXISTS crm; CREATE EXTENSION IF NOT EXISTS citext;
		CREATE TABLE ` + o.kind.table + " (" + strings.Join(columns, ", ") + ")"
	if o.kind.partitions {
		sql += ` PARTITION BY HASH (id); CREATE TABLE crm.contacts0 PARTITION OF crm.contacts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
			CREATE TABLE crm.contacts1 PARTITION OF crm.contacts FOR VALUES WITH (MODULUS 2, REMAINDER 1)`
	}
	if o.kind.view {
		sql += "; CREATE VIEW contacts_view AS SELECT * FROM contacts"
	}
	_, err := o.person.Exec(t.Context(), sql)
	check(t, err)
	values := make([][]any, len(rows))
	for i, row := range rows {
		for _, cell := range row {
			values[i] = append(values[i], cell)
		}
	}
	parts, err := parseName(o.kind.table)
	check(t, err)
	_, err = o.person.CopyFrom(t.Context(), parts, header, pgx.CopyFromRows(values))
	check(t, err)
	if o.kind.large {
		return largeHarness{h}
	}
	return h
}

// largeHarness is a table that a million rows are put into.
type largeHarness struct{ *harness }

func (h largeHarness) Fill(n int, row func(i int) []string) {
	h.exec("ALTER TABLE contacts ADD PRIMARY KEY (id)")
	i := 0
	_, err := h.person.CopyFrom(h.t.Context(), pgx.Identifier{"contacts"}, h.header, pgx.CopyFromFunc(func() ([]any, error) {
		if i == n {
			return nil, nil
		}
		i++
		var values []any
		for _, cell := range row(i - 1) {
			values = append(values, cell)
		}
		return values, nil
	}))
	check(h.t, err)
	h.exec("ANALYZE contacts")
}

func (h *harness) Meanwhile(key, column, text string) error {
	_, err := h.person.Exec(h.t.Context(), fmt.Sprintf("UPDATE %s SET %s = $2 WHERE id = $1", h.kind.table, quote(column)), key, text)
	return err
}

func (h *harness) exec(sql string, args ...any) {
	h.t.Helper()
	if _, err := h.person.Exec(h.t.Context(), sql, args...); err != nil {
		h.t.Fatalf("%s: %v", sql, err)
	}
}

func (h *harness) Source() sources.Source { return h.source }

func tableOf(t testing.TB, url string, options Options) *Table {
	t.Helper()
	config, err := configOf(url)
	check(t, err)
	return tableIn(t, config, options)
}

func tableIn(t testing.TB, config *pgxpool.Config, options Options) *Table {
	t.Helper()
	db, err := open(config)
	check(t, err)
	t.Cleanup(db.Close)
	table, err := db.Table(options)
	check(t, err)
	return table
}

// places are where the rows are, in the order of Rows.
func (h *harness) places() []string {
	rows, err := h.person.Query(h.t.Context(), "SELECT tableoid::text || ' ' || ctid::text FROM "+h.kind.table+" ORDER BY id, tableoid, ctid")
	check(h.t, err)
	places, err := pgx.CollectRows(rows, pgx.RowTo[string])
	check(h.t, err)
	return places
}

func (h *harness) Rows() [][]string {
	texts := make([]string, len(h.header))
	for i, name := range h.header {
		texts[i] = "coalesce(" + quote(name) + "::text, '')"
	}
	rows, err := h.person.Query(h.t.Context(), "SELECT ARRAY["+strings.Join(texts, ", ")+"] FROM "+h.kind.table+" ORDER BY id, tableoid, ctid")
	check(h.t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[[]string])
	check(h.t, err)
	return all
}

const here = " WHERE tableoid::text || ' ' || ctid::text = $1"

func (h *harness) SetCell(row int, column, text string) {
	h.exec(fmt.Sprintf("UPDATE %s SET %s = $2%s", h.kind.table, quote(column), here), h.places()[row], text)
}

func (h *harness) DeleteRow(row int) { h.exec("DELETE FROM "+h.kind.table+here, h.places()[row]) }

func (h *harness) InsertRow(_ int, cells []string) {
	places, args := make([]string, len(cells)), make([]any, len(cells))
	for i, cell := range cells {
		places[i], args[i] = fmt.Sprintf("$%d", i+1), cell
	}
	h.exec("INSERT INTO "+h.kind.table+" VALUES ("+strings.Join(places, ", ")+")", args...)
}

func (h *harness) Sort(string) {}
