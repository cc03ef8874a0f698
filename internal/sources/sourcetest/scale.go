package sourcetest

import (
	"cmp"
	"fmt"
	"runtime"
	"testing"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

func testManyRows(t *testing.T, newTable New) {
	h := table(t, newTable, numbered(5000))
	want := numbered(5000)
	records := read(t, h, columns)
	if len(records) != len(want) {
		t.Fatalf("%d records, want %d", len(records), len(want))
	}
	var changes []contact.Change
	for i := 0; i < len(records); i += 17 {
		want[i][1] = fmt.Sprintf("New name %d", i)
		changes = append(changes, update(records[i], map[string]string{"Name": want[i][1]}))
	}
	for i, status := range write(t, h, changes...) {
		if status != sources.Written {
			t.Fatalf("update of %q is %q", changes[i].Key, status)
		}
	}
	wantRows(t, h, want)
}

const (
	million = 1_000_000
	// memory is how much more of it a source may take while it reads a million rows: a small part of what they are.
	memory = 48 << 20
)

// testMillion reads and writes a table that nobody holds in memory. With the race detector, which makes everything ten
// times slower, it is a tenth of that.
func testMillion(t *testing.T, h Large) {
	n := million
	if raceDetector {
		n /= 10
	}
	row := func(i int) []string {
		return []string{fmt.Sprintf("C-%07d", i), fmt.Sprintf("Name %d", i), "+14155550100", "kept"}
	}
	h.Fill(n, row)
	var changes []contact.Change
	changed := map[int]string{}
	most := readLarge(t, h, n, func(i int, record contact.Record) {
		if want := row(i); record.Cells[0].Text != want[1] || record.Cells[1].Text != want[0] {
			t.Fatalf("record %d is %v, want %q", i, record, want)
		}
		if i%(n/300) == 0 {
			changed[i] = fmt.Sprintf("New name %d", i)
			changes = append(changes, update(record, map[string]string{"Name": changed[i]}))
		}
	})
	if most > memory {
		t.Errorf("to read %d rows took %d MB more, want no more than %d", n, most>>20, memory>>20)
	}
	outcomes, err := h.Source().Write(t.Context(), columns, changes)
	if err != nil {
		t.Fatal(err)
	}
	for i, outcome := range outcomes {
		if outcome.Status != sources.Written {
			t.Fatalf("update of %q is %q: %s", changes[i].Key, outcome.Status, outcome.Reason)
		}
	}
	readLarge(t, h, n, func(i int, record contact.Record) {
		if want := cmp.Or(changed[i], row(i)[1]); record.Cells[0].Text != want {
			t.Fatalf("record %d is %v, want the name %q", i, record, want)
		}
	})
}

// readLarge shows all records, with their numbers, and returns how many bytes more there were on the heap at most.
func readLarge(t *testing.T, h Harness, n int, show func(i int, record contact.Record)) (most uint64) {
	t.Helper()
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	before, i := stats.HeapAlloc, 0
	for record, err := range h.Source().Read(t.Context(), columns) {
		if err != nil {
			t.Fatal(err)
		}
		show(i, record)
		if i++; i%50_000 == 0 {
			runtime.ReadMemStats(&stats)
			most = max(most, stats.HeapAlloc-min(before, stats.HeapAlloc))
		}
	}
	if i != n {
		t.Fatalf("%d records, want %d", i, n)
	}
	return most
}
