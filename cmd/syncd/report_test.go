package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/reconcile"
	"syncd/internal/state"
)

// TestReport compares the reports of runs, as text, with testdata/report; -update rewrites those files.
func TestReport(t *testing.T) {
	began := time.Date(2026, 3, 1, 14, 0, 0, 0, time.Local)
	brake := config.Brake{Deletes: config.Limit{Percent: 10, IsPercent: true}, Updates: config.Limit{Count: 25},
		Creates: config.Limit{Percent: 50, IsPercent: true}}
	failed := engine.FailedReport("customers", errors.New("no"))
	failed.RunID, failed.Created, failed.StartedAt, failed.FinishedAt = 12, 3, began, began.Add(time.Second)
	for name, r := range map[string]engine.Report{
		"everything": {
			Status: state.RunHeld, Created: 193, Updated: 2, Deleted: 1, SourceCreated: 1, SourceUpdated: 2, SourceDeleted: 3,
			Unchanged: 4, Unlinked: 1, Stale: 2, Unmanaged: 2,
			Held: engine.HeldCounts{Creates: 3, Updates: 1, Deletes: 40},
			Problems: []engine.Problem{
				{Problem: contact.Problem{Key: "C-1014", Row: 17, Column: "phone", Value: "555-12", Reason: "this is not a phone number"}},
				{Problem: contact.Problem{Key: "C-1017", Row: 40, Column: "id", Value: "C-1017", Reason: "row 39 has the same key: give one of them another"}},
				{Problem: contact.Problem{Key: "C-1018", Reason: "Quo did not say whether it was done"}},
			},
			Conflicts: []contact.Conflict{
				{Key: "C-0871", Field: "role", Base: "Engineer", Source: "CTO", Quo: "VP Eng", Reason: contact.BothChanged},
				{Key: "C-0872", Field: "customFields.66d0", Base: "", Source: "web", Quo: "ads", Reason: contact.UndoneIn(7)},
				{Key: "C-0873", Field: contact.WholeRecord, Base: "as last synced", Source: "the row is gone", Quo: "the contact changed", Reason: contact.BothChanged},
			},
			Waiting: []reconcile.Waiting{
				{Key: "C-1", Until: began.Add(20 * time.Minute), Reason: "grace"},
				{Key: "C-2", Until: began.Add(10 * time.Minute), Reason: "grace"},
				{Key: "C-3", Reason: "its row may be among those that cannot be read (2)"},
			},
		},
		"one_of_each": {
			Status: state.RunDone, Created: 1, SourceDeleted: 1, Unmanaged: 1,
			Problems:  []engine.Problem{{Problem: contact.Problem{Row: 2, Reason: "the key is empty"}}},
			Conflicts: []contact.Conflict{{Key: "C-1", Field: "role", Source: "CTO", Quo: "VP", Reason: contact.BothChanged}},
			Waiting:   []reconcile.Waiting{{Key: "C-1", Until: began.Add(10 * time.Minute)}},
		},
		"two_problems_of_one_row": {
			Status: state.RunDone, Unchanged: 1,
			Problems: []engine.Problem{
				{Problem: contact.Problem{Key: "C-1", Row: 2, Column: "phone", Value: "1", Reason: "this is not a phone number"}},
				{Problem: contact.Problem{Key: "C-1", Row: 2, Column: "email", Value: "x", Reason: "this is not an e-mail address"}},
			},
		},
		"nothing_to_do":  {Status: state.RunDone, Unchanged: 198},
		"nothing_at_all": {Status: state.RunDone},
		"failed":         failed,
		"folded":         {Status: state.RunDone, Created: 1, Problems: problems(21), Conflicts: conflicts(21)},
		"folded_kinds": {Status: state.RunDone, Problems: append(problems(20), engine.Problem{Problem: contact.Problem{Key: "C-1", Row: 30,
			Reason: "the contact Ann 66d0d87d534de8fd1c433cec in Quo already has this phone: `syncd match customers C-1 66d0d87d534de8fd1c433cec` says that it is"}})},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			c := &cli{out: &out, configPath: defaultConfig}
			r.Sync = "customers"
			r.RunID, r.StartedAt, r.FinishedAt = 12, began, began.Add(20*time.Second+400*time.Millisecond)
			c.printReport(&r, &config.Sync{Brake: brake}, titles{"customFields.66d0": "customFields.Lead Source"})
			golden(t, filepath.Join("testdata", "report", name+".golden"), out.Bytes())
		})
	}
}

func problems(n int) []engine.Problem {
	var all []engine.Problem
	for i := range n {
		all = append(all, engine.Problem{Problem: contact.Problem{Row: i + 2, Column: "phone", Value: "1", Reason: "this is not a phone number"}})
	}
	return all
}

func conflicts(n int) []contact.Conflict {
	var all []contact.Conflict
	for i := range n {
		all = append(all, contact.Conflict{Key: fmt.Sprintf("C-%d", i), Field: "role", Source: "a", Quo: "b", Reason: contact.BothChanged})
	}
	return all
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// TestPlanText compares a plan with all kinds of operations, as text, with testdata/plan.golden.
func TestPlanText(t *testing.T) {
	ann := contact.Contact{ID: "65f0c1", FirstName: "Ann", LastName: "Lee"}
	change := func(f contact.Field, before, after, why string) contact.FieldChange {
		return contact.FieldChange{Field: f, Before: before, After: after, Reason: why}
	}
	p := reconcile.Plan{
		Operations: []reconcile.Operation{
			{Key: "C-1", Side: contact.Quo, Action: contact.Create, After: ann, Reason: "new in the source", Held: true,
				Fields: []contact.FieldChange{change("firstName", "", "Ann", "new"), change("phoneNumbers.mobile", "", "+14155550100", "new")}},
			{Key: "C-2", Side: contact.Quo, Action: contact.Update, Contact: &ann, Approved: true,
				Fields: []contact.FieldChange{change("role", "", "CTO", "changed in the source"),
					change("company", "a\x1b[2J", "", "changed in the source")}},
			{Key: "C-3", Side: contact.Source, Action: contact.Create, Contact: &contact.Contact{Company: "Acme"}, Reason: "in Quo under our label, without a row",
				Fields: []contact.FieldChange{change("company", "", "Acme", "new")}},
			{Key: "C-4", Side: contact.Source, Action: contact.Delete, Reason: "the contact was deleted in Quo",
				Row: &reconcile.Row{Values: contact.Values{contact.FirstName: {Norm: "Bob", Text: "Bob"}}}},
			{Key: "C-5", Side: contact.Quo, Action: contact.Unlink, Contact: &ann, Reason: "the row is gone, the contact is kept"},
			{Key: "C-6", Side: contact.Quo, Action: contact.Delete, Contact: &ann, Reason: "the row is gone",
				Fields: []contact.FieldChange{change("firstName", "Ann", "", "the row is gone")}},
		},
		Conflicts: []contact.Conflict{{Key: "C-0871", Field: "role", Base: "Engineer", Source: "CTO", Quo: "VP Eng", Reason: contact.BothChanged}},
		Waiting:   []reconcile.Waiting{{Key: "C-7", Reason: "its row may be among those that cannot be read (2)"}},
		Unmanaged: []string{"U-1", "U-2", "U-3", "U-4", "U-5", "U-6", "U-7", "U-8", "U-9", "U-10", "U-11"},
		Unchanged: 190,
	}
	var out bytes.Buffer
	c := &cli{out: &out, configPath: defaultConfig}
	r := engine.Report{Sync: "customers", Unchanged: p.Unchanged, Waiting: p.Waiting, Held: engine.HeldCounts{Creates: 1},
		Problems: []engine.Problem{{Problem: contact.Problem{Row: 3, Column: "id", Reason: "the key is empty"}}}}
	c.printPlan(p, &r, &config.Sync{Brake: config.Brake{Creates: config.Limit{Count: 0}}}, nil, false)
	golden(t, filepath.Join("testdata", "plan.golden"), out.Bytes())
}

// TestUndoText checks that the plan of an undo says of an operation only what is not the same everywhere.
func TestUndoText(t *testing.T) {
	row := func(key, why string) reconcile.Operation {
		return reconcile.Operation{Key: key, Side: contact.Source, Action: contact.Create, Reason: why, Approved: true,
			Fields: []contact.FieldChange{{Field: "company", After: "Acme", Reason: why}}}
	}
	undoing := reconcile.Undoing{Plan: reconcile.Plan{Operations: []reconcile.Operation{
		row("C-1", "undo of run 2"), row("C-2", "undo of run 2, without what its other columns held")}}}
	var out bytes.Buffer
	c := &cli{out: &out, configPath: defaultConfig}
	c.printUndoing(2, undoing, &engine.Report{Sync: "customers"}, nil, fold{})
	for text, want := range map[string]int{"undo of run 2": 1, "without what its other columns held": 1, "(approved)": 0} {
		if n := strings.Count(out.String(), text); n != want {
			t.Errorf("%q stands there %d times, want %d:\n%s", text, n, want, out.String())
		}
	}
}

func TestCameAbout(t *testing.T) {
	for want, reasons := range map[string][]string{
		contact.BothChanged:                               {contact.BothChanged, contact.BothChanged},
		contact.BothChanged + " or undone":                {contact.UndoneIn(3), contact.UndoneIn(-1), contact.BothChanged},
		contact.BothChanged + " or " + contact.FirstSight: {"", contact.FirstSight}, // "" in the reports of older versions
	} {
		var conflicts []contact.Conflict
		for _, reason := range reasons {
			conflicts = append(conflicts, contact.Conflict{Reason: reason})
		}
		if got := cameAbout(conflicts); got != want {
			t.Errorf("%q: got %q, want %q", reasons, got, want)
		}
	}
}
