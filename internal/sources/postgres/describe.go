package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

// describeSQL gives the columns of a table with the types that their domains stand on: what is assigned to a domain is
// checked, what is looked for need not be. Names of types are as they are found in this session; -1 tells format_type that length and precision are not wanted ("bpchar", where "character" would
// mean one of them).
const describeSQL = `
SELECT c.relkind::text, n.nspname::text, c.relname::text, quote_ident(current_user),
	has_any_column_privilege(c.oid, 'UPDATE'), CASE WHEN c.relkind IN ('r', 'p', 'v', 'f') THEN has_table_privilege(c.oid, 'DELETE') ELSE false END,
	a.attname::text, format_type(base.oid, -1), base.typname::text, base.typcategory::text,
	CASE WHEN base.typname IN ('varchar', 'bpchar') AND base.modifier > 4 THEN base.modifier - 4 ELSE 0 END,
	base.required, a.atthasdef, a.attidentity <> '', a.attgenerated <> '',
	CASE WHEN base.typtype = 'e' THEN ARRAY(SELECT enumlabel::text FROM pg_catalog.pg_enum
		WHERE enumtypid = base.oid ORDER BY enumsortorder) ELSE '{}' END,
	has_column_privilege(c.oid, a.attnum, 'SELECT'), has_column_privilege(c.oid, a.attnum, 'UPDATE'),
	has_column_privilege(c.oid, a.attnum, 'INSERT')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
CROSS JOIN LATERAL (
	WITH RECURSIVE types AS (
		SELECT t.*, a.atttypmod AS modifier, a.attnotnull OR t.typnotnull AS required
		FROM pg_catalog.pg_type t WHERE t.oid = a.atttypid
		UNION ALL
		SELECT t.*, types.typtypmod, types.required OR t.typnotnull
		FROM types JOIN pg_catalog.pg_type t ON t.oid = types.typbasetype WHERE types.typtype = 'd'
	)
	SELECT * FROM types WHERE typtype <> 'd'
) AS base
WHERE c.oid = to_regclass($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY a.attnum`

// similarSQL gives the tables that somebody may have meant.
const similarSQL = `
SELECT coalesce(string_agg(quote_ident(n.nspname) || '.' || quote_ident(c.relname), ', ' ORDER BY n.nspname, c.relname), '')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND lower(c.relname) = lower($1)`

// A description is what the database says about the table.
type description struct {
	kind      string // as in pg_class: r a table, p one with partitions, v a view, m a materialized view, f a foreign table
	name      string // as in SQL, with the schema
	short     string // as in SQL, without it
	role      string // who we are, as in SQL
	mayUpdate bool   // some column at least, which is what a row's lock takes
	mayDelete bool
	all       []*column
	wanted    []*column // those that were asked for, in that order
	key       []*column
	columns   []*column // both, each once
}

// describe finds the table and its columns.
func (t *Table) describe(ctx context.Context, tx pgx.Tx, wanted []string) (*description, error) {
	d := &description{}
	rows, err := tx.Query(ctx, describeSQL, pgx.QueryExecModeExec, quote(t.parts...))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c column
		var schema, table, typeName, category string
		var identity, generated bool
		if err := rows.Scan(&d.kind, &schema, &table, &d.role, &d.mayUpdate, &d.mayDelete, &c.name, &c.sqlType, &typeName, &category,
			&c.most, &c.required, &c.hasDefault, &identity, &generated, &c.labels, &c.mayRead, &c.mayUpdate, &c.mayInsert); err != nil {
			return nil, err
		}
		d.name, d.short = quote(schema, table), quote(table)
		c.quoted, c.full, c.class = quote(c.name), quote(schema, table, c.name), classOf(typeName, category)
		switch {
		case generated:
			c.chosen = "the database computes it from other columns"
		case identity:
			c.chosen = "it is an identity column, whose values the database chooses"
		}
		d.all = append(d.all, &c)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(d.all) == 0 {
		return nil, t.missing(ctx, tx)
	}
	return d, t.choose(d, wanted)
}

// missing is the error of a table that is not there.
func (t *Table) missing(ctx context.Context, tx pgx.Tx) error {
	var similar string
	err := tx.QueryRow(ctx, similarSQL, pgx.QueryExecModeExec, t.parts[len(t.parts)-1]).Scan(&similar)
	switch {
	case err != nil:
		return err
	case similar != "":
		return fmt.Errorf("there is no such table: did you mean %s? Its name is written as in SQL", similar)
	}
	return errors.New("there is no such table in the database: check table: and the database of url:")
}

// choose finds the columns that were asked for, and those of the key.
func (t *Table) choose(d *description, wanted []string) error {
	for i, name := range slices.Concat(wanted, t.options.Key) {
		c, err := d.find(name)
		if err != nil {
			return err
		}
		if i < len(wanted) {
			d.wanted = append(d.wanted, c)
		} else {
			d.key = append(d.key, c)
		}
		if !slices.Contains(d.columns, c) {
			c.place = len(d.columns)
			d.columns = append(d.columns, c)
		}
	}
	for _, c := range d.key {
		switch c.class {
		case float, boolean, date, timestamp, timestamptz, list, other:
			return fmt.Errorf("column %q cannot be the key: its type is %s, and a key is text, a whole number or a UUID", c.name, c.sqlType)
		}
	}
	return nil
}

// find returns a column by its name. The *sources.ColumnError of one that is missing or doubled does not name the source
// yet.
func (d *description) find(name string) (*column, error) {
	var found []*column
	names := make([]string, len(d.all))
	for i, c := range d.all {
		if c.name == name {
			return c, nil
		}
		if contact.NormalizeText(c.name) == contact.NormalizeText(name) {
			found = append(found, c)
		}
		names[i] = c.name
	}
	if len(found) != 1 {
		return nil, &sources.ColumnError{Column: name, Doubled: len(found) > 1, Columns: names}
	}
	return found[0], nil
}

// rights is what is to be done with columns.
type rights struct {
	read, update, insert []*column
	remove               bool
}

// check returns an error that names the rights which are missing, and the statement that grants them.
func (d *description) check(r rights) error {
	if missing := d.missing(r); missing != "" {
		return fmt.Errorf("a right is missing: %s", missing)
	}
	return nil
}

// missing is the statement that grants the rights which are missing, "" when none is.
func (d *description) missing(r rights) string {
	var missing []string
	for _, right := range []struct {
		name    string
		columns []*column
		has     func(c *column) bool
	}{
		{"SELECT", r.read, func(c *column) bool { return c.mayRead }},
		{"UPDATE", r.update, func(c *column) bool { return c.mayUpdate }},
		{"INSERT", r.insert, func(c *column) bool { return c.mayInsert }},
	} {
		var columns []string
		for _, c := range right.columns {
			if !right.has(c) && !slices.Contains(columns, c.quoted) {
				columns = append(columns, c.quoted)
			}
		}
		if len(columns) > 0 {
			missing = append(missing, right.name+" ("+strings.Join(columns, ", ")+")")
		}
	}
	if r.remove && !d.mayDelete {
		missing = append(missing, "DELETE")
	}
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf("GRANT %s ON %s TO %s", strings.Join(missing, ", "), d.name, d.role)
}
