package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"syncd/internal/contact"
	"syncd/internal/quo"
	"syncd/internal/reconcile"
	"syncd/internal/state"
)

// Report is what one run did. Its JSON is what `syncd run -o json` prints and what the state store keeps.
type Report struct {
	Sync          string              `json:"sync"`
	RunID         int64               `json:"run_id"`
	Undoes        int64               `json:"undoes,omitempty"` // the run that this one undid
	Status        state.RunStatus     `json:"status"`
	StartedAt     time.Time           `json:"started_at"`
	FinishedAt    time.Time           `json:"finished_at"`
	SourceRecords int                 `json:"source_records"`
	QuoContacts   int                 `json:"quo_contacts"`
	Created       int                 `json:"created"`
	Updated       int                 `json:"updated"`
	Deleted       int                 `json:"deleted"`
	SourceCreated int                 `json:"source_created"`
	SourceUpdated int                 `json:"source_updated"`
	SourceDeleted int                 `json:"source_deleted"`
	Marked        int                 `json:"marked"` // rows whose contact id or status was written
	Unchanged     int                 `json:"unchanged"`
	Unlinked      int                 `json:"unlinked"`
	Stale         int                 `json:"stale"`
	Held          HeldCounts          `json:"held"`
	Conflicts     []contact.Conflict  `json:"conflicts"`
	Problems      []Problem           `json:"problems"`
	Waiting       []reconcile.Waiting `json:"waiting"`
	Unmanaged     int                 `json:"unmanaged"`
	FoundAgain    int                 `json:"found_again"` // contacts of ours that the state did not know
	APICalls      quo.Calls           `json:"api_calls"`
	Error         *string             `json:"error"`
	Unknown       []UnknownKey        `json:"-"` // keys that the run was scoped to and that are nobody's

	began time.Time // by the clock of this machine
	err   error
}

// HeldCounts is how many operations the brake holds.
type HeldCounts struct {
	Creates int `json:"creates"`
	Updates int `json:"updates"`
	Deletes int `json:"deletes"`
}

// Problem is a contact.Problem whose row is null where the source has no row numbers.
type Problem struct {
	contact.Problem
}

// MarshalJSON writes row 0 as null.
func (p Problem) MarshalJSON() ([]byte, error) {
	var row *int
	if p.Row != 0 {
		row = &p.Row
	}
	return json.Marshal(struct {
		Key    string `json:"key"`
		Row    *int   `json:"row"`
		Column string `json:"column"`
		Value  string `json:"value"`
		Reason string `json:"reason"`
	}{p.Key, row, p.Column, p.Value, p.Reason})
}

// Err is why the run failed or was skipped; nil when it did neither.
func (r *Report) Err() error { return r.err }

func (r *Report) count(side contact.Side, action contact.Action) {
	switch (reconcile.Kind{Side: side, Action: action}) {
	case reconcile.Kind{Side: contact.Quo, Action: contact.Create}:
		r.Created++
	case reconcile.Kind{Side: contact.Quo, Action: contact.Update}:
		r.Updated++
	case reconcile.Kind{Side: contact.Quo, Action: contact.Delete}:
		r.Deleted++
	case reconcile.Kind{Side: contact.Source, Action: contact.Create}:
		r.SourceCreated++
	case reconcile.Kind{Side: contact.Source, Action: contact.Update}:
		r.SourceUpdated++
	case reconcile.Kind{Side: contact.Source, Action: contact.Delete}:
		r.SourceDeleted++
	default:
		r.Unlinked++
	}
}

// fromPlan takes over what a plan says about itself, and all problems.
func (r *Report) fromPlan(plan reconcile.Plan, problems []state.Problem) {
	for _, p := range problems {
		r.Problems = append(r.Problems, Problem{p.Problem})
	}
	r.Unchanged, r.Waiting, r.Unmanaged = plan.Unchanged, plan.Waiting, len(plan.Unmanaged)
	r.FoundAgain = plan.FoundAgain
	r.Conflicts = plan.Conflicts
	for _, o := range plan.Operations {
		switch {
		case !o.Held:
		case o.Action == contact.Create:
			r.Held.Creates++
		case o.Action == contact.Update:
			r.Held.Updates++
		default:
			r.Held.Deletes++
		}
	}
}

func (r *Report) end(err error, calls quo.Calls) {
	r.FinishedAt, r.APICalls, r.err = r.StartedAt.Add(time.Since(r.began)), calls, err // by the clock of the start
	switch {
	case errors.As(err, new(*state.LeasedError)):
		r.Status = state.RunSkipped
	case err != nil:
		r.Status = state.RunFailed
	case r.Held != HeldCounts{}:
		r.Status = state.RunHeld
	default:
		r.Status = state.RunDone
	}
	if err != nil {
		text := err.Error()
		r.Error = &text
	}
	r.Conflicts, r.Problems, r.Waiting = filled(r.Conflicts), filled(r.Problems), filled(r.Waiting)
}

// filled makes a list that prints as [] and not as null.
func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// FailedReport is the report of a run that could not even be prepared.
func FailedReport(sync string, err error) Report {
	r := Report{Sync: sync, StartedAt: time.Now().UTC(), began: time.Now()}
	r.end(err, quo.Calls{})
	return r
}

// notStarted is the report of a run that could not begin.
func (r *run) notStarted(err error) Report {
	r.report.end(err, r.Quo.Calls().Sub(r.calls))
	return r.report
}

// finish records how the run ended and what it leaves for people.
func (r *run) finish(ctx context.Context, err error) Report {
	problems := r.allProblems()
	r.report.fromPlan(r.plan, problems)
	r.report.end(err, r.Quo.Calls().Sub(r.calls))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.Lease)
	defer cancel()
	if err := r.record(ctx, problems); err != nil {
		r.report.end(errors.Join(r.report.err, err), r.report.APICalls)
	}
	return r.report
}

func (r *run) record(ctx context.Context, problems []state.Problem) error {
	data, err := json.Marshal(r.report)
	if err != nil {
		return err
	}
	row := r.row
	row.Status, row.FinishedAt, row.Report = r.report.Status, r.report.FinishedAt, data
	if r.report.err != nil {
		return r.Store.FinishRun(ctx, r.keeper.lease, row, r.triedInVain(problems))
	}
	findings := state.Findings{Scope: r.request.Only, Problems: problems, Conflicts: r.openConflicts(), Held: r.heldOperations()}
	if !r.sync.FirstRunDone && !r.scoped() {
		r.sync.FirstRunDone, r.sync.Name, r.sync.Label, r.sync.Source = true, r.Sync.Name, r.Sync.Policy.Label, r.memory()
		if err := r.Store.Commit(ctx, r.keeper.lease, state.Batch{Sync: &r.sync}); err != nil {
			return err
		}
	}
	return r.Store.FinishRun(ctx, r.keeper.lease, row, &findings)
}

// triedInVain are the findings of a run that stopped, nil when it tried nothing: only those about the records that it
// tried, so that the next runs wait before they try them again, and get to the others.
func (r *run) triedInVain(problems []state.Problem) *state.Findings {
	if len(r.tried) == 0 {
		return nil
	}
	return &state.Findings{Scope: slices.Sorted(maps.Keys(r.tried)),
		Problems:  slices.DeleteFunc(slices.Clone(problems), func(p state.Problem) bool { return !r.tried[p.Key] }),
		Conflicts: slices.DeleteFunc(r.openConflicts(), func(c state.Conflict) bool { return !r.tried[c.Key] })}
}

// openConflicts are those that wait for a person, and those whose settlement is not carried out yet: the store keeps
// what the person said. About those of busy and undecided records this run has no say.
func (r *run) openConflicts() []state.Conflict {
	open := slices.Clone(r.plan.Conflicts)
	for _, c := range r.plan.Resolved {
		if !r.finished[target{c.Key, c.Side}] {
			open = append(open, c.Conflict)
		}
	}
	type place struct {
		key   string
		field contact.Field
	}
	found := map[place]bool{}
	var all []state.Conflict
	for _, c := range open {
		found[place{c.Key, c.Field}] = true
		all = append(all, state.Conflict{Conflict: c})
	}
	for _, c := range r.conflicts {
		_, undecided := slices.BinarySearch(r.plan.Undecided, c.Key)
		if (undecided || r.busy[c.Key] != "" && r.inScope(c.Key)) && !found[place{c.Key, c.Field}] {
			all = append(all, c)
		}
	}
	return all
}

func (r *run) heldOperations() []state.Held {
	var held []state.Held
	for _, o := range r.plan.Operations {
		if o.Held {
			held = append(held, state.Held{Run: r.row.ID, Key: o.Key, Side: o.Side, Action: o.Action,
				Fingerprint: o.Fingerprint(), Fields: o.Fields})
		}
	}
	return held
}

// allProblems are those of the plan and those that the run found, in the order of the rows.
func (r *run) allProblems() []state.Problem {
	all := slices.Clone(r.problems)
	for _, p := range r.plan.Problems {
		all = append(all, state.Problem{Problem: p})
	}
	if r.scoped() {
		all = slices.DeleteFunc(all, func(p state.Problem) bool { return !r.inScope(p.Key) })
	}
	slices.SortStableFunc(all, func(a, b state.Problem) int {
		return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Key, b.Key))
	})
	return all
}
