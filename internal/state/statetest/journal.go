package statetest

import (
	"time"

	"syncd/internal/contact"
	"syncd/internal/state"
)

// entry returns an update of a contact.
func entry(run state.Run, seq int, s state.EntryState) state.Entry {
	return state.Entry{
		Run: run.ID, Seq: seq, Sync: run.Sync, Key: "C-1", Side: contact.Quo, Action: contact.Update, State: s,
	}
}

func done(run state.Run, seq int) state.Mark {
	return state.Mark{Run: run.ID, Seq: seq, State: state.Done}
}

func fullEntry(run state.Run, seq int) state.Entry {
	e := entry(run, seq, state.Intended)
	e.ContactID, e.Approved, e.FirstSight, e.Reason = "65f0c1", true, true, "changed in the source"
	e.Fields = []contact.FieldChange{{Field: contact.Role, Before: "Engineer", After: "CTO", Reason: e.Reason}}
	e.Before, e.After = []byte(`{"role": "Engineer"}`), []byte(`["<b>", 1.50, null]`)
	e.Base, e.SourceHash, e.Error = base("Ann"), hashOf(1), "400 phone number is not valid"
	return e
}

var commitCases = []testCase{
	{"all or nothing", func(w *world) {
		lease, run := w.settled()
		before := w.snapshot("customers")
		fine := state.Batch{
			Sync:  &state.Sync{Name: "customers", Label: "another"},
			Links: []state.Link{link("C-2")}, Drop: []string{"C-1"},
			Entries: []state.Entry{entry(run, 2, state.Sent)}, Marks: []state.Mark{done(run, 1)},
		}
		for name, spoil := range map[string]func(*state.Batch){
			"a mark of no entry":     func(b *state.Batch) { b.Marks = append(b.Marks, done(run, 99)) },
			"an entry that is there": func(b *state.Batch) { b.Entries = append(b.Entries, entry(run, 1, state.Sent)) },
			"an entry of no run": func(b *state.Batch) {
				b.Entries = append(b.Entries, entry(state.Run{ID: 99, Sync: run.Sync}, 1, state.Sent))
			},
			"an entry of another sync": func(b *state.Batch) {
				b.Entries = append(b.Entries, entry(state.Run{ID: run.ID, Sync: "leads"}, 3, state.Sent))
			},
			"a contact with two keys": func(b *state.Batch) {
				b.Links = append(b.Links, state.Link{Key: "C-3", ContactID: link("C-2").ContactID})
			},
		} {
			batch := fine
			spoil(&batch)
			if err := w.Commit(w.ctx, lease, batch); err == nil {
				w.Fatalf("Commit with %s went through", name)
			}
			w.same("the state after a Commit with "+name, w.snapshot("customers"), before)
		}
		w.commit(lease, fine)
	}},
	{"a mark of another sync's entry", func(w *world) {
		_, run := w.settled()
		err := w.Commit(w.ctx, w.acquire("leads"), state.Batch{Marks: []state.Mark{done(run, 1)}})
		w.notFound("Commit", err, "entry 1")
	}},
}

var journalCases = []testCase{
	{"every field comes back", func(w *world) {
		lease := w.acquire("customers")
		run := w.start(lease)
		want := []state.Entry{fullEntry(run, 1), entry(run, 2, state.Intended)}
		w.commit(lease, state.Batch{Entries: want})
		w.same("Entries", must[[]state.Entry](w)(w.Entries(w.ctx, run.ID)), want)
	}},
	{"new ones are stamped", func(w *world) {
		lease := w.acquire("customers")
		run := w.start(lease)
		now := w.clock.pass(time.Second)
		var never time.Time
		want := []state.Entry{
			stamped(entry(run, 1, state.Intended), never, never), stamped(entry(run, 2, state.Sent), now, never),
			stamped(entry(run, 3, state.Unknown), now, never), stamped(entry(run, 4, state.Done), now, now),
			stamped(entry(run, 5, state.Failed), never, now),
		}
		w.commit(lease, state.Batch{Entries: want})
		w.same("Entries", must[[]state.Entry](w)(w.Entries(w.ctx, run.ID)), want)
		w.same("Open", must[[]state.Entry](w)(w.Open(w.ctx, "customers")), want[:3])
	}},
	{"marked on the way", func(w *world) {
		lease := w.acquire("customers")
		run := w.start(lease)
		want := entry(run, 1, state.Intended)
		w.commit(lease, state.Batch{Entries: []state.Entry{want}})
		for _, step := range []state.Mark{
			{State: state.Sent},
			{State: state.Unknown, Error: "no answer within 30s"},
			{State: state.Sent},
			{State: state.Done, ContactID: "65f0c1"},
			{State: state.Failed, Error: "400 phone number is not valid"},
		} {
			step.Run, step.Seq = run.ID, 1
			now := w.clock.pass(time.Second)
			w.commit(lease, state.Batch{Marks: []state.Mark{step}})

			want.State, want.Error, want.SettledAt = step.State, step.Error, time.Time{}
			if step.ContactID != "" {
				want.ContactID = step.ContactID
			}
			switch step.State {
			case state.Sent:
				want.SentAt = now // the last time that it went out counts
			case state.Done, state.Failed:
				want.SettledAt = now
			}
			w.same("Entries", must[[]state.Entry](w)(w.Entries(w.ctx, run.ID)), []state.Entry{want})
		}
	}},
	{"open ones, oldest first", func(w *world) {
		lease := w.acquire("customers")
		first, second := w.start(lease), w.start(lease)
		w.commit(lease, state.Batch{Entries: []state.Entry{
			entry(second, 1, state.Sent), entry(first, 10, state.Unknown), entry(first, 2, state.Intended),
			entry(first, 1, state.Done),
		}})
		open := must[[]state.Entry](w)(w.Open(w.ctx, "customers"))
		w.places("Open", open, [][2]int64{{first.ID, 2}, {first.ID, 10}, {second.ID, 1}})
		w.places("Open of another sync", must[[]state.Entry](w)(w.Open(w.ctx, "leads")), nil)
	}},
	{"history, newest first", func(w *world) {
		lease := w.acquire("customers")
		first, second := w.start(lease), w.start(lease)
		other := entry(first, 3, state.Done)
		other.Key = "c-1"
		w.commit(lease, state.Batch{Entries: []state.Entry{
			entry(first, 1, state.Done), entry(first, 2, state.Failed), entry(second, 1, state.Sent), other,
		}})
		history := must[[]state.Entry](w)(w.History(w.ctx, "customers", "C-1"))
		w.places("History", history, [][2]int64{{second.ID, 1}, {first.ID, 2}, {first.ID, 1}})
	}},
	{"counted", func(w *world) {
		lease := w.acquire("customers")
		run := w.start(lease)
		w.commit(lease, state.Batch{Entries: []state.Entry{entry(run, 1, state.Done)}}) // too old
		since := w.clock.pass(time.Second)
		remove, unlink := entry(run, 2, state.Done), entry(run, 3, state.Done)
		remove.Side, remove.Action, unlink.Action = contact.Source, contact.Delete, contact.Unlink
		approved, firstSight := entry(run, 4, state.Done), entry(run, 5, state.Done)
		approved.Approved, firstSight.FirstSight = true, true
		w.commit(lease, state.Batch{Entries: []state.Entry{
			remove, unlink, approved, firstSight, entry(run, 6, state.Failed), entry(run, 7, state.Sent),
			entry(run, 8, state.Done), entry(run, 9, state.Done),
		}})
		w.same("Counts", must[[]state.Count](w)(w.Counts(w.ctx, "customers", since)), []state.Count{
			{Side: contact.Quo, Action: contact.Unlink, N: 1}, {Side: contact.Quo, Action: contact.Update, N: 2},
			{Side: contact.Source, Action: contact.Delete, N: 1},
		})
		w.same("Counts of ever", len(must[[]state.Count](w)(w.Counts(w.ctx, "customers", time.Time{}))), 3)
		w.same("Counts of another sync", must[[]state.Count](w)(w.Counts(w.ctx, "leads", since)), []state.Count{})
	}},
}

func stamped(e state.Entry, sentAt, settledAt time.Time) state.Entry {
	e.SentAt, e.SettledAt = sentAt, settledAt
	return e
}

// places checks the run and the place of entries.
func (w *world) places(what string, entries []state.Entry, want [][2]int64) {
	w.Helper()
	var got [][2]int64
	for _, e := range entries {
		got = append(got, [2]int64{e.Run, int64(e.Seq)})
	}
	w.same(what, got, want)
}
