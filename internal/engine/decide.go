package engine

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"syncd/internal/contact"
	"syncd/internal/reconcile"
	"syncd/internal/state"
)

// planFor decides and guards. A plan that rests on the absence of contacts is decided again once a GET has found one
// of them, or cannot tell: the listing and the look-up miss a contact that lost our label or its external id. So is one
// that makes contacts again which have twins.
func (r *run) planFor(ctx context.Context, snap *snapshot) (reconcile.Plan, error) {
	for {
		plan := r.decide(snap)
		if err := r.guard(ctx, snap, &plan); err != nil {
			return plan, err
		}
		again, err := r.confirm(ctx, snap, plan)
		if err == nil && !again {
			again, err = r.seekTwins(ctx, snap, plan)
		}
		if err != nil || !again {
			return plan, err
		}
	}
}

// confirm asks Quo for every contact on whose absence the plan rests, but for what the brake holds. It reports whether
// one is not absent for sure, so that the plan does not hold.
func (r *run) confirm(ctx context.Context, snap *snapshot, plan reconcile.Plan) (again bool, err error) {
	keys := slices.Clone(plan.Drop)
	for _, o := range plan.Operations {
		if !o.Held && snap.entries[o.Key].unsure && o.Contact == nil {
			keys = append(keys, o.Key)
		}
	}
	for _, link := range plan.Settled { // a twin takes the place of the link's contact
		if e := snap.entries[link.Key]; e.link != nil && e.link.ContactID != link.ContactID {
			keys = append(keys, link.Key)
		}
	}
	for _, key := range keys {
		e := snap.entries[key]
		if !e.unsure {
			continue
		}
		c, known, err := r.get(ctx, key, e.link.ContactID)
		if err != nil {
			return false, err
		}
		if c != nil {
			e.contact, e.seen = c, true
		}
		e.unsure = false
		again = again || c != nil || !known
	}
	return again, nil
}

// decide turns what was read into a plan.
func (r *run) decide(snap *snapshot) reconcile.Plan {
	r.problems = nil
	in := reconcile.Input{Policy: r.Sync.Policy, Labels: r.Sync.Labels, Mapping: r.mapping, Now: r.now, Keyless: snap.keyless,
		Unreadable: snap.unreadable, Strangers: slices.Collect(maps.Values(snap.strangers))}
	unchanged := 0
	for key, e := range snap.entries {
		switch {
		case e.outside:
			if e.moved() {
				in.Bystanders = append(in.Bystanders, e.subject(key, nil))
			}
		case r.busy[key] != "":
			r.found(state.Problem{Problem: problemOf(key, e.row, r.busy[key])})
			in.Bystanders = append(in.Bystanders, e.subject(key, nil))
		case !e.open():
			unchanged++
		case snap.former(e): // it stays remembered, should its row come back
		default:
			in.Subjects = append(in.Subjects, e.subject(key, snap.takes[key]))
		}
	}
	r.report.Unknown = r.unknownKeys(snap)
	in.Rows = r.rowKeys(snap)
	plan := reconcile.Decide(in)
	plan.Unchanged += unchanged
	return plan
}

// rowKeys are the keys of the rows that are there, without case, where contacts get rows.
func (r *run) rowKeys(snap *snapshot) map[string]bool {
	if r.Sync.Policy.CreateInSource == reconcile.CreateOff {
		return nil
	}
	keys := map[string]bool{}
	for key, e := range snap.entries {
		if e.there {
			keys[strings.ToLower(key)] = true
		}
	}
	return keys
}

func (e *entry) subject(key string, takes map[contact.Field]reconcile.Choice) reconcile.Subject {
	return reconcile.Subject{Key: key, Row: e.row, Contact: e.contact, Link: e.link, Take: takes, Settled: e.matched || e.alone}
}

// readBases reads the bases of the records that are decided, and what people chose for their conflicts.
func (r *run) readBases(ctx context.Context, snap *snapshot) error {
	var keys []string
	for key, e := range snap.entries {
		if e.link != nil && e.link.Base == nil && (e.open() || e.moved()) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	bases, err := r.Store.Bases(ctx, r.Sync.Name, keys)
	if err != nil {
		return err
	}
	for key, base := range bases {
		snap.entries[key].link.Base = base
	}
	r.conflicts, err = r.Store.Conflicts(ctx, r.Sync.Name)
	snap.takes = map[string]map[contact.Field]reconcile.Choice{}
	for _, c := range r.conflicts {
		if c.Take == "" {
			continue
		}
		if snap.takes[c.Key] == nil {
			snap.takes[c.Key] = map[contact.Field]reconcile.Choice{}
		}
		snap.takes[c.Key][c.Field] = reconcile.Choice{Take: c.Take, Source: c.Source, Quo: c.Quo}
	}
	return err
}

// stop returns an error when what was read cannot be what a person meant.
func (r *run) stop(_ context.Context, snap *snapshot) error {
	facts := snap.facts
	if r.scoped() { // which reads all rows, but not all of our contacts
		facts.Ours = facts.Links
	}
	facts.Label, facts.OldLabel = r.Sync.Policy.Label, r.sync.Label
	facts.FirstRun = !r.sync.FirstRunDone
	facts.AllowEmptied = r.request.AllowEmptied
	return reconcile.Check(facts)
}

// guard applies the brake, and leaves out what is to be tried again only later.
func (r *run) guard(ctx context.Context, snap *snapshot, plan *reconcile.Plan) error {
	recent, err := r.Store.Counts(ctx, r.Sync.Name, r.now.Add(-24*time.Hour))
	if err != nil {
		return err
	}
	held, err := r.Store.Held(ctx, r.Sync.Name)
	if err != nil {
		return err
	}
	if err := r.postpone(ctx, plan); err != nil {
		return err
	}
	brake := reconcile.Brake{Deletes: r.Sync.Deletes, Updates: r.Sync.Updates, Creates: r.Sync.Creates,
		AllowDeletes: r.request.AllowDeletes, AllowUpdates: r.request.AllowUpdates, AllowCreates: r.request.AllowCreates,
		Links: snap.facts.Links, FirstRun: !r.sync.FirstRunDone,
		Recent: map[reconcile.Kind]int{}, Approved: map[contact.Hash]bool{}}
	for _, c := range recent {
		brake.Recent[reconcile.KindOf(c.Side, c.Action)] += c.N
	}
	for _, h := range held {
		if !h.ApprovedAt.IsZero() {
			brake.Approved[h.Fingerprint] = true
		}
	}
	brake.Apply(plan)
	return nil
}

// The waits between two tries of an operation that Quo or the source refused.
const (
	firstRetry = 15 * time.Minute
	lastRetry  = 24 * time.Hour
)

// retryAfter returns how long after its n-th try an operation is tried again.
func retryAfter(n int) time.Duration {
	wait := firstRetry
	for ; n > 1 && wait < lastRetry; n-- {
		wait *= 2
	}
	return min(wait, lastRetry)
}

// postpone takes the operations out of the plan that were refused before and whose time to be tried again has not come,
// unless their row, their contact or the configuration changed.
func (r *run) postpone(ctx context.Context, plan *reconcile.Plan) error {
	stored, err := r.Store.Problems(ctx, r.Sync.Name)
	if err != nil {
		return err
	}
	r.refused = map[contact.Hash]state.Problem{}
	for _, p := range stored {
		if p.RetryAt.IsZero() {
			continue
		}
		r.refused[p.Cause] = p
		for i := range r.problems { // of busy records: how often they were tried is not forgotten meanwhile
			if busy := &r.problems[i]; busy.Key == p.Key {
				busy.Cause, busy.Attempts, busy.RetryAt = p.Cause, p.Attempts, p.RetryAt
			}
		}
	}
	plan.Operations = slices.DeleteFunc(plan.Operations, func(o reconcile.Operation) bool {
		p, ok := r.refused[r.causeOf(&o)]
		if !ok || !r.now.Before(p.RetryAt) {
			return false
		}
		p.Row = problemOf(o.Key, o.Row, "").Row
		if why := r.notDone[o.Key]; why != "" {
			p.Reason = "what an earlier run sent was not done (" + why + "); it is tried again later"
		}
		r.found(p)
		return true
	})
	return nil
}

// causeOf identifies an operation with the row, the contact and the mapping that it rests on.
func (r *run) causeOf(o *reconcile.Operation) contact.Hash {
	mapping := r.mapping.Fingerprint()
	cause := append([]byte(o.Key), mapping[:]...)
	if o.Row != nil {
		cause = append(cause, o.Row.Hash[:]...)
	}
	if o.Contact != nil {
		hash := o.Contact.ContentHash()
		cause = append(cause, hash[:]...)
	}
	return contact.HashOf(append(cause, string(o.Side)+string(o.Action)...))
}
