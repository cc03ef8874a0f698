package statetest

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"syncd/internal/contact"
	"syncd/internal/state"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Numbered returns n links that hold a number.
func Numbered(n, number int) []state.Link {
	links := make([]state.Link, n)
	for i := range links {
		links[i] = state.Link{
			Key: fmt.Sprintf("C-%06d", i), ContactID: fmt.Sprintf("65f0c1%018x", i),
			SourceHash: contact.HashOf(fmt.Append(nil, i)), QuoHash: contact.HashOf(fmt.Append(nil, -i)),
			Base: contact.Base{contact.Role: {Source: strconv.Itoa(number)}},
		}
	}
	return links
}

// Fill writes a link C-1 and a run of the sync "customers" to a store, and returns the lease.
func Fill(t testing.TB, s state.Store) state.Lease {
	t.Helper()
	lease, err := s.Acquire(t.Context(), "customers", "host-a 1", time.Minute)
	check(t, err)
	_, err = s.StartRun(t.Context(), lease)
	check(t, err)
	link := state.Link{Key: "C-1", ContactID: "65f0c1", Base: contact.Base{contact.Role: {Source: "CTO", Quo: "CTO"}}}
	check(t, s.Commit(t.Context(), lease, state.Batch{Links: []state.Link{link}}))
	return lease
}

// Migrates checks that a place without a state gets one, once.
func Migrates(t testing.TB, latest int64, migrate, version func() (int64, int64, error)) {
	t.Helper()
	expect := func(what string, call func() (int64, int64, error), wantA, wantB int64) {
		t.Helper()
		a, b, err := call()
		check(t, err)
		if a != wantA || b != wantB {
			t.Errorf("%s: got %d and %d, want %d and %d", what, a, b, wantA, wantB)
		}
	}
	expect("have and need", version, 0, latest)
	for _, from := range []int64{0, latest} { // new, and again
		expect("from and to", migrate, from, latest)
		expect("have and need", version, latest, latest)
	}
}

// KeepsUndone checks that the link of Fill whose base is OldUndone reads as undone once the schema is up to date.
func KeepsUndone(t testing.TB, s state.Store) {
	t.Helper()
	link, err := s.Link(t.Context(), "customers", "C-1")
	check(t, err)
	if got, want := link.Base[contact.Role], (contact.Settled{Source: "CTO", Quo: "CEO", Undone: -1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// OldUndone is a base in which schema 4 kept that a run undid a field, and not which one.
const OldUndone = `UPDATE links SET base = '{"role":{"source":"CTO","quo":"CEO","undone":true}}'`

// ReadsLink checks that a store has the link that Fill wrote.
func ReadsLink(t testing.TB, s state.Store) {
	t.Helper()
	if _, err := s.Link(t.Context(), "customers", "C-1"); err != nil {
		t.Error(err)
	}
}

// IsEmpty checks that a store holds nothing.
func IsEmpty(t testing.TB, s state.Store) {
	t.Helper()
	for range s.Links(t.Context(), "customers") {
		t.Error("there is a link")
	}
	if syncs, err := s.Syncs(t.Context()); err != nil || len(syncs) != 0 {
		t.Errorf("got %v, %v", syncs, err)
	}
	if sync, err := s.Sync(t.Context(), "customers"); err != nil || sync.Name != "customers" {
		t.Errorf("got %v, %v", sync, err)
	}
	if _, err := s.Run(t.Context(), 1); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Now(t.Context()); err != nil {
		t.Error(err)
	}
}

// RefusesWrites checks that every method of a store that writes is ErrReadOnly.
func RefusesWrites(t testing.TB, s state.Store) {
	t.Helper()
	ctx, lease := t.Context(), state.Lease{Sync: "customers"}
	for name, write := range map[string]func() error{
		"Acquire": func() error { _, err := s.Acquire(ctx, "customers", "host-a 1", time.Minute); return err },
		"Renew":   func() error { return s.Renew(ctx, lease, time.Minute) },
		"Release": func() error { return s.Release(ctx, lease) },
		"Plan":    func() error { return s.Plan(ctx, "customers", "@hourly", time.Now()) },
		"Claim": func() error {
			_, err := s.Claim(ctx, []string{"customers"}, "host-a 1", time.Minute, 1)
			return err
		},
		"Want":        func() error { return s.Want(ctx, "customers", nil) },
		"ClaimNotice": func() error { _, _, err := s.ClaimNotice(ctx, "customers", time.Minute); return err },
		"Told":        func() error { return s.Told(ctx, "customers", nil) },
		"Later":       func() error { return s.Later(ctx, "customers", time.Minute) },
		"Reschedule":  func() error { return s.Reschedule(ctx, lease, "@hourly", time.Now(), 0) },
		"Commit":      func() error { return s.Commit(ctx, lease, state.Batch{}) },
		"StartRun":    func() error { _, err := s.StartRun(ctx, lease); return err },
		"FinishRun":   func() error { return s.FinishRun(ctx, lease, state.Run{}, nil) },
		"Prune":       func() error { _, err := s.Prune(ctx, time.Now(), 0); return err },
		"Approve":     func() error { _, err := s.Approve(ctx, 1, nil); return err },
		"Resolve":     func() error { _, err := s.Resolve(ctx, "customers", "C-1", "", contact.Quo); return err },
		"Relink":      func() error { return s.Relink(ctx, "customers", "C-1") },
		"Match":       func() error { return s.Match(ctx, "customers", "C-1", "") },
		"Rekey":       func() error { return s.Rekey(ctx, lease, "C-1", "C-2") },
		"Reserve":     func() error { _, err := s.Reserve(ctx, "key", 1, time.Second); return err },
	} {
		if err := write(); !errors.Is(err, state.ErrReadOnly) {
			t.Errorf("%s: got %v, want ErrReadOnly", name, err)
		}
	}
}
