package postgres

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/contact"
	"syncd/internal/state"
	"syncd/internal/state/sqlite"
	"syncd/internal/state/sqlstore"
	"syncd/internal/state/statetest"
)

// TestCopy copies a state that uses every table from SQLite to Postgres and back, and compares all three.
func TestCopy(t *testing.T) {
	file := sqliteAt(t)
	lived(t, file)
	server, back := openAt(t, migrated(t), Options{}), sqliteAt(t)
	want := everything(t, file)
	for _, step := range []struct{ from, to *Store }{{file, server}, {server, back}} {
		rows, err := sqlstore.Copy(t.Context(), step.from, step.to)
		check(t, err)
		if got := everything(t, step.to); !reflect.DeepEqual(want, got) { // much faster than cmp.Diff
			t.Errorf("%s (-want +got):\n%s", step.to.Name, cmp.Diff(want, got))
		}
		if rows != rowsIn(t, step.from) || rows != rowsIn(t, step.to) {
			t.Errorf("copied %d rows of %d, there are %d", rows, rowsIn(t, step.from), rowsIn(t, step.to))
		}
	}
	for _, s := range []*Store{server, back} { // ids, tokens and slots go on where they were
		lease, err := s.Acquire(t.Context(), "customers", "host-b 2", time.Minute)
		check(t, err)
		run, err := s.StartRun(t.Context(), lease)
		check(t, err)
		if lease.Token != 3 || run.ID != 4 {
			t.Errorf("%s: the next lease has the token %d and the next run the id %d, want 3 and 4", s.Name, lease.Token, run.ID)
		}
		check(t, s.FinishRun(t.Context(), lease, run, &state.Findings{Problems: []state.Problem{problem("C-1")}}))
		wait, err := s.Reserve(t.Context(), "key", 1, time.Hour)
		check(t, err)
		if wait < time.Hour {
			t.Errorf("%s: the next slot is in %s, want one after those that were taken", s.Name, wait)
		}
	}
}

func sqliteAt(t *testing.T) *Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "syncd.db"), sqlite.Options{})
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	return s
}

const oddText = "O'Brien \x00\x01 \xff {key text} $1\r\n"

func problem(key string) state.Problem {
	return state.Problem{
		Problem: contact.Problem{Key: key, Row: 7, Column: "Phone", Value: oddText, Reason: "no number"},
		Cause:   contact.HashOf([]byte(key)), Attempts: 3, RetryAt: time.Date(2026, 11, 23, 9, 0, 0, 123456000, time.UTC),
	}
}

// lived writes to every table and column of a state, and gives all leases back.
func lived(t *testing.T, s state.Store) {
	t.Helper()
	ctx := t.Context()
	others := statetest.Fill(t, s)
	check(t, s.Release(ctx, others))
	leads, err := s.Acquire(ctx, "leads", "host-a 1", time.Minute)
	check(t, err)
	lease, err := s.Acquire(ctx, "customers", "host-a 1", time.Minute)
	check(t, err)
	run, err := s.StartRun(ctx, lease)
	check(t, err)
	links := statetest.Numbered(10_500, 7) // more than one statement takes
	links[0].Unlinked, links[0].Relink, links[1].Pending, links[2].Adopted = "its row went", true, true, true
	links[3].GoneAt = time.Date(2026, 11, 23, 9, 0, 0, 123456000, time.UTC)
	links[4].Base, links[5].Base = nil, contact.Base{contact.Role: {Source: oddText, Quo: "x", Reading: "y"}}
	entry := state.Entry{
		Run: run.ID, Seq: 1, Sync: "customers", Key: "C-1", Side: contact.Quo, Action: contact.Update, State: state.Sent,
		ContactID: "65f0c1", Approved: true, FirstSight: true, Reason: oddText, Error: oddText,
		Fields: []contact.FieldChange{{Field: contact.Role, Before: "a", After: "\x00"}},
		Before: json.RawMessage(`{"b":  1.50, "a": "\u0000"}`), After: json.RawMessage(`[null]`),
		Base: contact.Base{contact.Role: {Source: "a"}}, SourceHash: contact.HashOf([]byte("row")),
	}
	second := entry
	second.Seq, second.State = 2, state.Done
	check(t, s.Commit(ctx, lease, state.Batch{
		Sync:  &state.Sync{Name: "customers", Label: "syncd-customers", FirstRunDone: true, Source: json.RawMessage(`{"sheet": 17}`)},
		Links: links, Entries: []state.Entry{entry, second},
	}))
	run.Status, run.Report = state.RunHeld, json.RawMessage(`{"created":  2}`)
	held := []state.Held{
		{Key: "C-2", Side: contact.Quo, Action: contact.Delete, Fingerprint: contact.HashOf([]byte("x")), Fields: entry.Fields},
		{Key: "C-3", Side: contact.Source, Action: contact.Create},
	}
	check(t, s.FinishRun(ctx, lease, run, &state.Findings{
		Problems: []state.Problem{problem("C-1"), problem("C-1")}, Held: held,
		Conflicts: []state.Conflict{{Conflict: contact.Conflict{Key: "C-1", Field: contact.Role, Base: oddText, Source: "b", Quo: "c", Reason: contact.UndoneIn(3)}}},
	}))
	_, err = s.Approve(ctx, run.ID, []string{"C-2"})
	check(t, err)
	_, err = s.Resolve(ctx, "customers", "C-1", "", contact.Quo)
	check(t, err)
	check(t, s.Match(ctx, "leads", "L-1", "a contact"))
	check(t, s.Plan(ctx, "leads", "@hourly", time.Date(2026, 11, 23, 9, 0, 0, 123456000, time.UTC)))
	check(t, s.Want(ctx, "customers", json.RawMessage(`{"held":  [1]}`)))
	_, _, err = s.ClaimNotice(ctx, "customers", time.Hour)
	check(t, err)
	check(t, s.Want(ctx, "leads", nil))
	check(t, s.Told(ctx, "leads", json.RawMessage(`{"failed":  [1]}`)))
	_, err = s.Reserve(ctx, "key", 2, time.Hour)
	check(t, err)
	_, err = s.StartRun(ctx, leads)
	check(t, err)
	check(t, s.Release(ctx, leads))
	check(t, s.Release(ctx, lease))
}

// everything returns what the methods of a store return, and the rows of its tables that they do not show.
func everything(t *testing.T, s *Store) map[string]any {
	t.Helper()
	all := map[string]any{}
	add := func(name string, value any, err error) {
		check(t, err)
		all[name] = value
	}
	syncs, err := s.Syncs(t.Context())
	add("syncs", syncs, err)
	runs, err := s.Runs(t.Context(), "", 0)
	add("runs", runs, err)
	for _, run := range runs {
		entries, err := s.Entries(t.Context(), run.ID)
		add(fmt.Sprint("entries of ", run.ID), entries, err)
	}
	for _, sync := range []string{"customers", "leads"} {
		var links []state.Link
		for link, err := range s.Links(t.Context(), sync) {
			check(t, err)
			links = append(links, link)
		}
		add("links of "+sync, links, nil)
		keys := make([]string, len(links))
		for i, link := range links {
			keys[i] = link.Key
		}
		bases, err := s.Bases(t.Context(), sync, keys)
		add("bases of "+sync, bases, err)
		problems, err := s.Problems(t.Context(), sync)
		add("problems of "+sync, problems, err)
		conflicts, err := s.Conflicts(t.Context(), sync)
		add("conflicts of "+sync, conflicts, err)
		held, err := s.Held(t.Context(), sync)
		add("held of "+sync, held, err)
		matches, err := s.Matches(t.Context(), sync)
		add("matches of "+sync, matches, err)
		open, err := s.Open(t.Context(), sync)
		add("open of "+sync, open, err)
	}
	return all
}

func rowsIn(t *testing.T, s *Store) (rows int) {
	t.Helper()
	for name := range sqlstore.Tables() {
		var n int
		check(t, s.Reader.QueryRowContext(t.Context(), `SELECT count(*) FROM `+name).Scan(&n))
		if n == 0 {
			t.Errorf("the test wrote nothing to %s", name)
		}
		rows += n
	}
	return rows
}

// TestCopyKnowsTheSchema compares the columns that are copied with those that there are.
func TestCopyKnowsTheSchema(t *testing.T) {
	var copied, there []string
	for name, columns := range sqlstore.Tables() {
		for _, column := range columns {
			copied = append(copied, name+"."+column)
		}
	}
	for _, line := range schemaOf(t, openAt(t, migrated(t), Options{}).Reader, postgresColumns) {
		column, _, _ := strings.Cut(line, " ")
		there = append(there, column)
	}
	slices.Sort(copied)
	slices.Sort(there)
	if diff := cmp.Diff(there, copied); diff != "" {
		t.Errorf("columns (-there +copied):\n%s", diff)
	}
}

func TestCopyRefuses(t *testing.T) {
	from, to := sqliteAt(t), openAt(t, migrated(t), Options{})
	lease := statetest.Fill(t, from)
	_, err := sqlstore.Copy(t.Context(), from, to)
	if leased, ok := errors.AsType[*state.LeasedError](err); !ok || leased.Sync != "customers" || leased.Holder != "host-a 1" {
		t.Errorf("while a process runs a sync: got %v", err)
	}
	check(t, from.Release(t.Context(), lease))
	check(t, to.Release(t.Context(), statetest.Fill(t, to)))
	before := everything(t, to)
	if _, err := sqlstore.Copy(t.Context(), from, to); !errors.Is(err, sqlstore.ErrNotEmpty) {
		t.Errorf("to a state that is not empty: got %v", err)
	}
	if diff := cmp.Diff(before, everything(t, to)); diff != "" {
		t.Error(diff)
	}
	nowhere, err := sqlite.OpenReadOnly(t.Context(), filepath.Join(t.TempDir(), "syncd.db"), sqlite.Options{})
	check(t, err)
	if _, err := sqlstore.Copy(t.Context(), nowhere, openAt(t, migrated(t), Options{})); !errors.Is(err, sqlstore.ErrNothing) {
		t.Errorf("from no state: got %v", err)
	}
}

// TestInterruptedCopy breaks a copy off with what another program wrote beside it.
func TestInterruptedCopy(t *testing.T) {
	from, to := sqliteAt(t), openAt(t, migrated(t), Options{})
	lived(t, from)
	_, err := to.Writer.ExecContext(t.Context(), `ALTER TABLE matches ADD CHECK (key = '')`) // the last table
	check(t, err)
	if _, err := sqlstore.Copy(t.Context(), from, to); err == nil {
		t.Fatal("Copy went through")
	}
	for name := range maps.Keys(sqlstore.Tables()) {
		var n int
		check(t, to.Reader.QueryRowContext(t.Context(), `SELECT count(*) FROM `+name).Scan(&n))
		if n > 0 {
			t.Errorf("%d rows of %s are left", n, name)
		}
	}
}
