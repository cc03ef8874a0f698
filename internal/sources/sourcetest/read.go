package sourcetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

func testRead(t *testing.T, newTable New) {
	t.Run("columns that were asked for, in that order", func(t *testing.T) {
		records := read(t, table(t, newTable, people()), columns)
		var want []contact.Record
		for i, row := range people() {
			cells := []contact.Cell{textCell(row[1]), textCell(row[0]), textCell(row[2])}
			want = append(want, contact.Record{Row: i + 2, Cells: cells})
		}
		if len(records) > 0 && records[0].Row == 0 { // a source without row numbers
			for i := range want {
				want[i].Row = 0
			}
		}
		if diff := cmp.Diff(want, records); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
	})
	t.Run("again and after a read that stopped", func(t *testing.T) {
		h := table(t, newTable, people())
		for range h.Source().Read(t.Context(), columns) {
			break
		}
		if diff := cmp.Diff(read(t, h, columns), read(t, h, columns)); diff != "" {
			t.Errorf("second read (-first +second):\n%s", diff)
		}
		if n := len(read(t, h, columns)); n != 3 {
			t.Errorf("%d records, want 3", n)
		}
	})
	t.Run("no rows", func(t *testing.T) {
		if records := read(t, table(t, newTable, nil), columns); len(records) > 0 {
			t.Errorf("records: %v, want none", records)
		}
	})
	t.Run("blank rows are not yielded", func(t *testing.T) {
		rows := people()
		rows[1] = []string{"", " ", "", ""}
		wantKeys(t, read(t, table(t, newTable, rows), columns), "C-1", "C-3")
	})
	t.Run("rows blank in all columns that were asked for are", func(t *testing.T) {
		rows := people()
		rows[0] = []string{"", "", "", "only a note"}
		wantKeys(t, read(t, table(t, newTable, rows), columns), "", "C-2", "C-3")
	})
	t.Run("doubled keys are yielded as they are", func(t *testing.T) {
		rows := people()
		rows[1][0] = "C-1"
		wantKeys(t, read(t, table(t, newTable, rows), columns), "C-1", "C-1", "C-3")
	})
	t.Run("a missing column", func(t *testing.T) {
		h := table(t, newTable, people())
		wantColumnError(t, h, []string{Key, "E-mail"}, "E-mail", false)
	})
	t.Run("a doubled column", func(t *testing.T) {
		if h := newTable(t, []string{Key, "Name", "Name"}, [][]string{{"C-1", "Ada", "Eve"}}); h != nil {
			wantColumnError(t, h, []string{Key, "Name"}, "Name", true)
			wantKeys(t, read(t, h, []string{Key, Key}), "C-1")
		}
	})
}

// wantKeys compares the second cells of records, where the usual columns have the key.
func wantKeys(t *testing.T, records []contact.Record, want ...string) {
	t.Helper()
	var got []string
	for _, record := range records {
		got = append(got, record.Cells[1].Text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

// wantColumnError expects that Read and Write report the column before anything else.
func wantColumnError(t *testing.T, h Harness, columns []string, column string, doubled bool) {
	t.Helper()
	before := h.Rows()
	var read error
	for record, err := range h.Source().Read(t.Context(), columns) {
		if read = err; err == nil {
			t.Fatalf("Read yields %v before the error", record)
		}
	}
	checkColumnError(t, read, column, doubled)
	cells := make([]contact.Cell, len(columns))
	for i := range cells {
		cells[i] = textCell("C-9")
	}
	_, err := h.Source().Write(t.Context(), columns, []contact.Change{{Action: contact.Create, Key: "C-9", After: cells}})
	checkColumnError(t, err, column, doubled)
	wantRows(t, h, before)
}

func checkColumnError(t *testing.T, err error, column string, doubled bool) {
	t.Helper()
	var missing *sources.ColumnError
	if !errors.As(err, &missing) {
		t.Fatalf("error %v, want a *sources.ColumnError", err)
	}
	if missing.Column != column || missing.Doubled != doubled || missing.Source == "" || len(missing.Columns) == 0 {
		t.Errorf("error %#v, want one about %q, doubled %v, with all columns", missing, column, doubled)
	}
}
