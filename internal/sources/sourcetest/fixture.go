package sourcetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

var (
	header  = []string{Key, "Name", "Phone", "Notes"}
	columns = []string{"Name", Key, "Phone"} // not all, and in another order
)

// people are three rows, new for each caller.
func people() [][]string {
	return [][]string{
		{"C-1", "Ada Lovelace", "+14155550101", "first"},
		{"C-2", "Grace Hopper", "+14155550102", ""},
		{"C-3", "Radia Perlman", "", "third"},
	}
}

func numbered(n int) [][]string {
	rows := make([][]string, n)
	for i := range rows {
		rows[i] = []string{fmt.Sprintf("C-%06d", i), fmt.Sprintf("Name %d", i), fmt.Sprintf("+1415%07d", i), "kept"}
	}
	return rows
}

// table makes a table of the usual header, which every source can have.
func table(t *testing.T, newTable New, rows [][]string) Harness {
	t.Helper()
	h := newTable(t, header, rows)
	if h == nil {
		t.Fatalf("no table with the columns %q", header)
	}
	return h
}

// read returns all records, and fails the test when the source cannot be read.
func read(t *testing.T, h Harness, columns []string) []contact.Record {
	t.Helper()
	var records []contact.Record
	for record, err := range h.Source().Read(t.Context(), columns) {
		if err != nil {
			t.Fatalf("Read: %v", err)
		}
		records = append(records, record)
	}
	return records
}

// recordOf returns the record with the key, as the usual columns show it.
func recordOf(t *testing.T, h Harness, key string) contact.Record {
	t.Helper()
	for _, record := range read(t, h, columns) {
		if record.Cells[1].Text == key {
			return record
		}
	}
	t.Fatalf("Read: no record with the key %q", key)
	return contact.Record{}
}

// update is the change that gives some cells of a record, by column, a new text.
func update(record contact.Record, texts map[string]string) contact.Change {
	after := slices.Clone(record.Cells)
	for i, column := range columns {
		if text, ok := texts[column]; ok {
			after[i] = textCell(text)
		}
	}
	return contact.Change{
		Action: contact.Update, Key: record.Cells[1].Text, Row: record.Row, Before: record.Cells, After: after,
	}
}

func create(key, name, phone string) contact.Change {
	after := []contact.Cell{textCell(name), textCell(key), textCell(phone)}
	return contact.Change{Action: contact.Create, Key: key, After: after}
}

func remove(record contact.Record) contact.Change {
	return contact.Change{
		Action: contact.Delete, Key: record.Cells[1].Text, Row: record.Row, Before: record.Cells,
	}
}

func textCell(text string) contact.Cell { return contact.Cell{Text: text} }

// write makes the changes and returns their statuses. It checks what every Write owes: an outcome for each change,
// a reason for what was not made, and a row number, if any, that is right.
func write(t *testing.T, h Harness, changes ...contact.Change) []sources.Status {
	t.Helper()
	outcomes, err := h.Source().Write(t.Context(), columns, changes)
	if err != nil {
		t.Fatalf("Write: %v", err)
	}
	if len(outcomes) != len(changes) {
		t.Fatalf("Write: %d outcomes for %d changes", len(outcomes), len(changes))
	}
	var statuses []sources.Status
	rows := h.Rows()
	for i, outcome := range outcomes {
		statuses = append(statuses, outcome.Status)
		key, made := changes[i].Key, outcome.Status == sources.Written
		if !made && outcome.Reason == "" {
			t.Errorf("Write: %s of %q is %q without a reason", changes[i].Action, key, outcome.Status)
		}
		if made && outcome.Row != 0 && (outcome.Row < 2 || outcome.Row-2 >= len(rows) || rows[outcome.Row-2][0] != key) {
			t.Errorf("Write: %s of %q says row %d, where it is not", changes[i].Action, key, outcome.Row)
		}
	}
	return statuses
}

// wantStatuses compares the outcomes of one Write.
func wantStatuses(t *testing.T, got []sources.Status, want ...sources.Status) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// wantRows compares the table, whatever the order of its rows.
func wantRows(t *testing.T, h Harness, want [][]string) {
	t.Helper()
	sorted := func(rows [][]string) [][]string {
		rows = slices.Clone(rows)
		slices.SortFunc(rows, slices.Compare)
		return rows
	}
	if diff := cmp.Diff(sorted(want), sorted(h.Rows())); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// rowOf returns the index of the first row with the key.
func rowOf(t *testing.T, h Harness, key string) int {
	t.Helper()
	i := slices.IndexFunc(h.Rows(), func(row []string) bool { return row[0] == key })
	if i < 0 {
		t.Fatalf("Rows: no row with the key %q", key)
	}
	return i
}
