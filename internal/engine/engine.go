// Package engine runs one sync once: it reads both sides, has package reconcile decide, guards the plan and applies
// it, journalled and throttled. [Engine.Run] is the story, one call per step; the steps stand in a file each.
package engine

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"syncd/internal/contact"
	"syncd/internal/mapping"
	"syncd/internal/quo"
	"syncd/internal/reconcile"
	"syncd/internal/sources"
	"syncd/internal/state"
)

// Sync is one sync as the configuration describes it.
type Sync struct {
	Name    string
	Mapping mapping.Options
	Policy  reconcile.Policy
	// Deletes, Updates and Creates are the limits of the brake.
	Deletes, Updates, Creates reconcile.Limit
	// RefreshAfter is how old the listing may be when a contact is written; an older one is re-read first.
	RefreshAfter time.Duration
	// Labels are those of all configured syncs, so that a label that none of them uses shows a renamed sync.
	Labels []string
}

// Engine runs one sync. It is made anew for each run or used for many, one run at a time.
type Engine struct {
	Sync   Sync
	Source sources.Source
	Quo    *quo.Client
	Store  state.Store
	Log    *slog.Logger
	// Holder names this process to people who find the lease taken: host and process.
	Holder string
	// Lease is how long after this process died another may take the sync over.
	Lease time.Duration
	// Workers is how many requests may be under way at once, so that latency does not lower the rate.
	Workers int
	// Progress is told how far the run is; nil for nobody.
	Progress func(Progress)

	runLog atomic.Pointer[slog.Logger] // of the run that is under way, for Warn
}

// Warn logs what the source has to say to a person, as part of the run that is under way.
func (e *Engine) Warn(text string) {
	log := e.runLog.Load()
	if log == nil {
		log = e.Log.With("sync", e.Sync.Name)
	}
	log.Warn(text)
}

// Request is what one run is asked to do.
type Request struct {
	// Only are the keys that the run is scoped to; empty for all.
	Only                                                   []string
	AllowDeletes, AllowUpdates, AllowCreates, AllowEmptied bool
}

// Progress is how far a run is.
type Progress struct {
	Phase string // "reading rows", "reading contacts", "writing"
	Done  int
	Total int // 0 when it cannot be known
}

// Run makes one pass: lease, settle, read, map, decide, guard, apply, report. What went wrong stands in the report.
func (e *Engine) Run(ctx context.Context, req Request) Report {
	r := e.begin(req)
	return r.lease(ctx, r.steps)
}

// RunLeased is Run under a lease that the caller has asked for at a time, and gives back at once when it returns: nobody
// renews it any more.
func (e *Engine) RunLeased(ctx context.Context, lease state.Lease, asked time.Time, req Request) Report {
	r := e.begin(req)
	return r.pass(ctx, lease, asked, r.steps)
}

// lease makes a pass under a lease of its own.
func (r *run) lease(ctx context.Context, steps func(context.Context) error) Report {
	asked := time.Now()
	lease, err := r.Store.Acquire(ctx, r.Sync.Name, r.Holder, r.Lease)
	if err != nil {
		return r.notStarted(err)
	}
	defer r.release(ctx, lease)
	return r.pass(ctx, lease, asked, steps)
}

// pass records the run, does the steps and reports.
func (r *run) pass(ctx context.Context, lease state.Lease, asked time.Time, steps func(context.Context) error) Report {
	if err := r.start(ctx, lease); err != nil {
		return r.notStarted(err)
	}
	ctx, r.keeper = keepLease(ctx, r.Store, lease, asked, r.Lease, r.log)
	defer r.keeper.stop()
	err := steps(ctx)
	if lost := context.Cause(ctx); err != nil && errors.Is(lost, state.ErrLeaseLost) {
		err = lost
	}
	return r.finish(ctx, err)
}

func (e *Engine) begin(req Request) *run {
	r := &run{Engine: e, request: req, log: e.Log, calls: e.Quo.Calls(), finished: map[target]bool{}, tried: map[string]bool{}}
	r.report = Report{Sync: e.Sync.Name, StartedAt: time.Now().UTC(), began: time.Now()}
	return r
}

// steps are the steps between taking the lease and the report.
func (r *run) steps(ctx context.Context) error {
	if err := r.sameLabel(ctx); err != nil {
		return err
	}
	if err := r.settle(ctx); err != nil {
		return err
	}
	snap, err := r.read(ctx)
	if err != nil {
		return err
	}
	if r.plan, err = r.planFor(ctx, snap); err != nil {
		return err
	}
	return r.apply(ctx, snap, r.plan)
}

// Plan reads both sides and decides, like Run, but takes no lease, settles nothing and writes nothing anywhere.
func (e *Engine) Plan(ctx context.Context, req Request) (reconcile.Plan, Report) {
	r := e.begin(req)
	r.dry = true
	plan, err := r.dryPlan(ctx)
	r.report.fromPlan(plan, r.allProblems())
	r.report.end(err, e.Quo.Calls().Sub(r.calls))
	return plan, r.report
}

func (r *run) dryPlan(ctx context.Context) (reconcile.Plan, error) {
	if err := r.unsettled(ctx); err != nil {
		return reconcile.Plan{}, err
	}
	snap, err := r.read(ctx)
	if err != nil {
		return reconcile.Plan{}, err
	}
	if r.plan, err = r.planFor(ctx, snap); err == nil {
		r.report.Marked = r.marksOf(snap, r.plan)
	}
	return r.plan, err
}

// run is one pass of the engine.
type run struct {
	*Engine
	request Request
	dry     bool
	log     *slog.Logger // with the sync and the run in every line
	keeper  *keeper
	row     state.Run // the run in the state store
	now     time.Time // the store's clock at the start
	sync    state.Sync
	mapping *mapping.Mapping
	// busy are the keys of records about which nothing is decided, with the reason: an operation is sent and cannot be
	// settled yet, or the contact cannot be read.
	busy     map[string]string
	unread   int               // contacts that could not be read, one after another
	notDone  map[string]string // keys with an operation that was settled as not done, and how that showed
	onSource []state.Entry     // writes to the source that are to be settled by the rows
	unplaced []state.Entry     // updates of the source of which it is open on which row they landed
	seq      int               // of the last entry in the journal
	problems []state.Problem
	// refused are the problems of earlier tries that Quo or the source refused, by what caused them.
	refused   map[contact.Hash]state.Problem
	conflicts []state.Conflict // those that earlier runs left
	finished  map[target]bool  // operations that are done
	tried     map[string]bool  // keys with an operation that was tried in vain
	plan      reconcile.Plan
	report    Report
	calls     quo.Calls
	undoes    int64           // the run that this one undoes, 0 for none
	others    []string        // columns that are not mapped, in which the rows that an undo deletes hold nothing
	scope     map[string]bool // the keys of request.Only, once somebody asked
}

// target is the record that an operation changes, on one side.
type target struct {
	key  string
	side contact.Side
}

// start records the run.
func (r *run) start(ctx context.Context, lease state.Lease) error {
	var err error
	if r.row, err = r.Store.StartRun(ctx, lease); err != nil {
		return err
	}
	r.report.RunID, r.report.StartedAt = r.row.ID, r.row.StartedAt
	r.log = r.Log.With("sync", r.Sync.Name, "run", r.row.ID)
	r.runLog.Store(r.log)
	r.log.Info("run started")
	return nil
}

func (r *run) progress(phase string, done, total int) {
	if r.Progress != nil {
		r.Progress(Progress{Phase: phase, Done: done, Total: total})
	}
}

// inScope reports whether the run may conclude anything about the key.
func (r *run) inScope(key string) bool {
	if !r.scoped() {
		return true
	}
	if r.scope == nil {
		r.scope = map[string]bool{}
		for _, k := range r.request.Only {
			r.scope[k] = true
		}
	}
	return r.scope[key]
}

func (r *run) scoped() bool { return len(r.request.Only) > 0 }

// found notes a problem that this run found by reading or trying.
func (r *run) found(p state.Problem) { r.problems = append(r.problems, p) }

func problemOf(key string, row *reconcile.Row, reason string) contact.Problem {
	p := contact.Problem{Key: key, Reason: reason}
	if row != nil {
		p.Row = row.Record.Row
	}
	return p
}
