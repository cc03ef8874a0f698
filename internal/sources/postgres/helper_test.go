package postgres

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"syncd/internal/contact"
	"syncd/internal/pgtest"
	"syncd/internal/sources"
)

// made returns the URL of a database in which some SQL was run.
func made(t testing.TB, sql string) string {
	t.Helper()
	url := pgtest.Database(t)
	pgtest.Execute(t, url, sql)
	return url
}

// connect returns the session of somebody else.
func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	check(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func exec(t testing.TB, conn *pgx.Conn, sql string, args ...any) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// line returns a query's only row, its columns joined by bars, NULL for a NULL.
func line(t testing.TB, url, sql string) string {
	t.Helper()
	rows, err := connect(t, url).Query(t.Context(), sql, pgx.QueryExecModeExec)
	check(t, err)
	lines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		var texts []string
		for _, value := range row.RawValues() {
			if value == nil {
				value = []byte("NULL")
			}
			texts = append(texts, string(value))
		}
		return strings.Join(texts, "|"), nil
	})
	check(t, err)
	return strings.Join(lines, "\n")
}

func wantLine(t testing.TB, url, sql, want string) {
	t.Helper()
	if diff := cmp.Diff(want, line(t, url, sql)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", sql, diff)
	}
}

// readAll returns what Read yields, up to its error.
func readAll(t testing.TB, s sources.Source, columns ...string) (records []contact.Record, err error) {
	t.Helper()
	for record, err := range s.Read(t.Context(), columns) {
		if err != nil {
			return records, err
		}
		records = append(records, record)
	}
	return records, nil
}

func cells(texts ...string) []contact.Cell {
	cells := make([]contact.Cell, len(texts))
	for i, text := range texts {
		cells[i].Text = text
	}
	return cells
}

// create, update and remove are changes whose first column is the key.
func create(after ...string) contact.Change {
	return contact.Change{Action: contact.Create, Key: after[0], After: cells(after...)}
}

func update(before, after []contact.Cell) contact.Change {
	key, _ := contact.NormalizeKey(before[0])
	return contact.Change{Action: contact.Update, Key: key, Before: before, After: after}
}

func remove(before ...string) contact.Change {
	return contact.Change{Action: contact.Delete, Key: before[0], Before: cells(before...)}
}

// write makes changes and returns the outcomes; an error fails the test.
func write(t testing.TB, s sources.Source, columns []string, changes ...contact.Change) []sources.Outcome {
	t.Helper()
	outcomes, err := s.Write(t.Context(), columns, changes)
	check(t, err)
	if len(outcomes) != len(changes) {
		t.Fatalf("%d outcomes for %d changes", len(outcomes), len(changes))
	}
	return outcomes
}

// wantOutcome checks the status of an outcome, and that its reason has some words.
func wantOutcome(t testing.TB, got sources.Outcome, status sources.Status, words ...string) {
	t.Helper()
	if got.Status != status {
		t.Errorf("the outcome is %q (%s), want %q", got.Status, got.Reason, status)
	}
	for _, word := range words {
		if !strings.Contains(got.Reason, word) {
			t.Errorf("the reason is %q, want one with %q", got.Reason, word)
		}
	}
}

func wantError(t testing.TB, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", words)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error is %q, want one with %q", err, word)
		}
	}
}
