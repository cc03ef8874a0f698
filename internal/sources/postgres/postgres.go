// Package postgres reads and writes the rows of a table, or an updatable view, of a PostgreSQL database (13 or newer).
//
// Everything travels as text: every column has one expression (column.go) that gives what a cell holds, by which Read
// yields it, and by which Write compares it with what its change was planned from. A change of a row is one statement
// with the old values in its condition, so that what somebody else changed meanwhile is never overwritten.
//
// Every call is transactions of its own and nothing outlives them, so that a pooler in transaction mode may stand in
// between.
//
// Start with [Table.Read] and [Table.Write].
package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"syncd/internal/pgserver"
	"syncd/internal/sources"
)

// Database is a database with any number of tables to read and write. It is safe for concurrent use.
type Database struct {
	name string // without user and password
	user string
	pool *pgxpool.Pool
}

const (
	maxConnections = 4 // at once: one for each sync that runs
	idleTime       = time.Minute
)

// Open returns the database at a URL. It is first reached by Read or Write. Close must follow.
func Open(url string) (*Database, error) {
	config, err := configOf(url)
	if err != nil {
		return nil, err
	}
	return open(config)
}

func configOf(url string) (*pgxpool.Config, error) {
	config, err := pgserver.Parse(url)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	if !strings.Contains(url, "pool_max_conns=") {
		config.MaxConns = maxConnections
	}
	config.MaxConnIdleTime = idleTime
	if config.ConnConfig.RuntimeParams["client_encoding"] == "" {
		config.ConnConfig.RuntimeParams["client_encoding"] = "UTF8"
	}
	return config, nil
}

func open(config *pgxpool.Config) (*Database, error) {
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	return &Database{name: "postgres " + pgserver.Name(config.ConnConfig), user: config.ConnConfig.User, pool: pool}, nil
}

// Close closes the connections. It does not wait for one that a server keeps for long.
func (d *Database) Close() {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		d.pool.Close()
	}()
	select {
	case <-closed:
	case <-time.After(time.Second):
	}
}

// Options say which table, and how it is read where it does not say so itself.
type Options struct {
	Table string // as in SQL: crm.contacts, "Crm Schema"."Contact's"
	// Key names the columns that identify a row. Without any, Write finds a row by what it held when it was read.
	Key []string
	// Where is a condition in SQL that rows fulfil; "" for all. It is trusted like the rest of the configuration.
	Where string
	// Location is where the dates and times without an offset are from that are written to a column with one; nil for UTC.
	Location *time.Location
	// Separators are what separates the items of a text that is written to a column with lists, by column; contact's
	// own where it is "".
	Separators map[string]string
}

// Table is a table as a [sources.Source]. Its rows have no numbers.
type Table struct {
	db      *Database
	options Options
	parts   []string // of the name
	filter  string   // the condition, in parentheses
	// How long is waited for what another transaction has locked: a row to write, or the table to read.
	rowPatience, tablePatience time.Duration
}

var (
	_ sources.Source    = (*Table)(nil)
	_ sources.Describer = (*Table)(nil)
	_ sources.Checker   = (*Table)(nil)
)

const (
	rowPatience   = 2 * time.Second  // more than programs keep a row, and little enough for those who wait for ours
	tablePatience = 30 * time.Second // such as that of ALTER TABLE
)

// Table returns a table of the database. It is first looked at by Read or Write.
func (d *Database) Table(options Options) (*Table, error) {
	parts, err := parseName(options.Table)
	if err != nil {
		return nil, fmt.Errorf("table: %w", err)
	}
	t := &Table{db: d, options: options, parts: parts, filter: "true",
		rowPatience: rowPatience, tablePatience: tablePatience}
	if strings.TrimSpace(options.Where) != "" {
		t.filter = "(" + options.Where + "\n)" // which a comment at its end does not swallow
	}
	if t.options.Location == nil {
		t.options.Location = time.UTC
	}
	return t, nil
}
