package sourcetest

import (
	"context"
	"errors"
	"fmt"
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

// testCancel checks that a source that is interrupted never claims more than it did.
func testCancel(t *testing.T, newTable New) {
	t.Run("before a read", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		n, err := readUntil(ctx, table(t, newTable, people()), func(int) {})
		if n > 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("%d records and error %v, want none and context.Canceled", n, err)
		}
	})
	t.Run("during a read", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n, err := readUntil(ctx, table(t, newTable, numbered(5000)), func(n int) {
			if n == 10 {
				cancel()
			}
		})
		if n < 5000 && !errors.Is(err, context.Canceled) {
			t.Errorf("%d of 5000 records and error %v, want context.Canceled", n, err)
		}
	})
	t.Run("before a write", func(t *testing.T) {
		h := table(t, newTable, people())
		changes := []contact.Change{
			update(recordOf(t, h, "C-1"), map[string]string{"Name": "Ada King"}), create("C-4", "Alan Turing", ""),
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		outcomes, err := h.Source().Write(ctx, columns, changes)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context.Canceled", err)
		}
		for i, outcome := range outcomes {
			if outcome.Status == sources.Written {
				t.Errorf("%s of %q is written", changes[i].Action, changes[i].Key)
			}
		}
		wantRows(t, h, people())
	})
}

// readUntil reads to the end or the first error and tells seen the number of records so far.
func readUntil(ctx context.Context, h Harness, seen func(n int)) (n int, err error) {
	for _, err := range h.Source().Read(ctx, columns) {
		if err != nil {
			return n, err
		}
		n++
		seen(n)
	}
	return n, nil
}
