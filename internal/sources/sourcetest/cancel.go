package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

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
	t.Run("during a write", func(t *testing.T) { testCancelMidway(t, newTable) })
}

// testCancelMidway interrupts a write at one moment after the other, up to one that is too late.
func testCancelMidway(t *testing.T, newTable New) {
	h := table(t, newTable, numbered(300))
	late := map[string]bool{} // written by a call that did not hear of it: it may come any time
	for looks := int64(1); ; looks += looks/2 + 1 {
		before := h.Rows()
		var changes []contact.Change
		for _, record := range read(t, h, columns) {
			changes = append(changes, update(record, map[string]string{"Name": fmt.Sprintf("%s after %d", record.Cells[1].Text, looks)}))
		}
		ctx := newCountdown(t.Context(), looks)
		outcomes, err := h.Source().Write(ctx, columns, changes)
		ctx.cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled at look %d: %v, want context.Canceled", looks, err)
		}
		after := h.Rows()
		for i, outcome := range outcomes {
			made := after[i][1] == changes[i].After[0].Text
			if outcome.Status == sources.Unknown {
				late[changes[i].After[0].Text] = true
			}
			if !made && after[i][1] != before[i][1] && !late[after[i][1]] {
				t.Fatalf("cancelled at look %d: %q holds %q, neither what it did nor what was written", looks, after[i][0], after[i][1])
			}
			if outcome.Status == sources.Written && !made || outcome.Status != sources.Written && outcome.Status != sources.Unknown && made {
				t.Fatalf("cancelled at look %d: the update of %q is %q, but it was made: %v", looks, after[i][0], outcome.Status, made)
			}
		}
		if err == nil {
			return
		}
	}
}

// countdown is a context that is cancelled when somebody looks at it for the n-th time.
type countdown struct {
	context.Context
	cancel context.CancelFunc
	left   atomic.Int64
}

func newCountdown(parent context.Context, n int64) *countdown {
	ctx, cancel := context.WithCancel(parent)
	c := &countdown{Context: ctx, cancel: cancel}
	c.left.Store(n)
	return c
}

func (c *countdown) look() {
	if c.left.Add(-1) == 0 {
		c.cancel()
	}
}

func (c *countdown) Done() <-chan struct{} {
	c.look()
	return c.Context.Done()
}

func (c *countdown) Err() error {
	c.look()
	return c.Context.Err()
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
