package engine_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
	"syncd/internal/sources"
	"syncd/internal/state"
)

// forgetfulSource is the source of a process that dies while it writes: before the rows are there or after it.
type forgetfulSource struct {
	sources.Source
	writes, dead bool
}

func (f *forgetfulSource) Write(ctx context.Context, columns []string, changes []contact.Change) ([]sources.Outcome, error) {
	f.dead = true
	if f.writes {
		if _, err := f.Source.Write(ctx, columns, changes); err != nil {
			return nil, err
		}
	}
	return nil, errDead
}

// killedStore is the state of a process that dies while it writes the source: nothing reaches it from then on.
type killedStore struct {
	state.Store
	source *forgetfulSource
}

func (k killedStore) Commit(ctx context.Context, lease state.Lease, batch state.Batch) error {
	if k.source.dead {
		return errDead
	}
	return k.Store.Commit(ctx, lease, batch)
}

// dieWriting runs the sync in a process that dies while it writes the source, and lets the time pass until that may be
// settled.
func (s *scene) dieWriting(writes bool) {
	s.t.Helper()
	e := s.engine()
	source := &forgetfulSource{Source: e.Source, writes: writes}
	e.Source, e.Store = source, killedStore{e.Store, source}
	s.clock.advance(time.Second)
	e.Run(context.Background(), engine.Request{})
	s.wantOpen(1)
	s.later(settleAfter)
}

// wantOpen demands how many operations of the journal are not settled.
func (s *scene) wantOpen(n int) {
	s.t.Helper()
	open, err := s.store.Open(context.Background(), s.sync.Name)
	if err != nil || len(open) != n {
		s.t.Fatalf("open operations: %+v, %v; want %d", open, err, n)
	}
}

// lastEntry returns the newest journal entry of a record.
func (s *scene) lastEntry(key string) state.Entry {
	s.t.Helper()
	entries, err := s.store.History(context.Background(), s.sync.Name, key)
	if err != nil || len(entries) == 0 {
		s.t.Fatalf("the journal of record %s: %v, %v", key, entries, err)
	}
	return entries[0]
}

// TestOwnWriteToTheSourceThatWasNotRecordedIsNoEdit: what syncd wrote itself must not compete with what a person wrote
// in Quo since.
func TestOwnWriteToTheSourceThatWasNotRecordedIsNoEdit(t *testing.T) {
	t.Parallel()
	for _, policy := range []contact.ConflictPolicy{contact.Ask, contact.TakeSource} {
		t.Run(string(policy), func(t *testing.T) {
			s := twoWayScene(t)
			for i := range s.sync.Mapping.Fields {
				s.sync.Mapping.Fields[i].Conflicts = policy
			}
			s.inQuo(key(2), func(c *quosim.Contact) { c.FirstName = new("Zoë") })
			s.dieWriting(true)
			wantEqual(t, "cell", s.readRow(key(2))[sceneFirst], "Zoë")
			s.inQuo(key(2), func(c *quosim.Contact) { c.FirstName = new("Renée") })
			wantEqual(t, "conflicts", len(s.done().Conflicts), 0)
			wantEqual(t, "name in Quo", text(s.contact(key(2)).FirstName), "Renée")
			wantEqual(t, "cell", s.readRow(key(2))[sceneFirst], "Renée")
			s.wantOpen(0)
			s.wantQuiet()
		})
	}
}

func TestWriteToTheSourceThatWasNotMadeIsMadeLater(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	s.inQuo(key(2), func(c *quosim.Contact) { c.FirstName = new("Zoë") })
	s.dieWriting(false)
	wantEqual(t, "rows written", s.done().SourceUpdated, 1)
	wantEqual(t, "cell", s.readRow(key(2))[sceneFirst], "Zoë")
	s.wantOpen(0)
	s.wantQuiet()
}

// TestRowThatWasMadeAndNotRecordedIsLinked with what was agreed on, so that a later edit of the contact is an edit and
// no conflict.
func TestRowThatWasMadeAndNotRecordedIsLinked(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	s.sync.Policy.CreateInSource = reconcile.CreateOurs
	s.add(quosim.Contact{Source: new(label), ExternalID: new(key(60)), FirstName: new("Eve")})
	s.dieWriting(true)
	s.inQuo(key(60), func(c *quosim.Contact) { c.FirstName = new("Zoë") })
	report := s.done()
	wantEqual(t, "conflicts, found again", []int{len(report.Conflicts), report.FoundAgain}, []int{0, 0})
	wantEqual(t, "cell", s.readRow(key(60))[sceneFirst], "Zoë")
	wantEqual(t, "rows", len(s.rows), 1+6)
	s.wantOpen(0)
	s.wantQuiet()
}

func TestRowThatWasDeletedAndNotRecordedIsDone(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	s.sync.Policy.ContactGone = reconcile.ContactGoneDelete
	s.deleteInQuo(key(2))
	s.dieWriting(true)
	s.done()
	entry := s.lastEntry(key(2))
	wantEqual(t, "state", entry.State, state.Done)
	wantEqual(t, "link", s.link(key(2)), state.Link{})
	s.wantOpen(0)
}

// TestWriteToTheSourceStaysOpenWhileItsRowCannotTell: outside of the run's scope, or under a doubled key.
func TestWriteToTheSourceStaysOpenWhileItsRowCannotTell(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	s.inQuo(key(2), func(c *quosim.Contact) { c.FirstName = new("Zoë") })
	s.dieWriting(true)
	s.done(only(key(3)))
	s.wantOpen(1)
	s.readRow(key(2))
	s.rows = append(s.rows, person(2))
	s.save()
	wantProblem(t, s.done(), key(2), "same key")
	s.wantOpen(1)
	s.rows = s.rows[:len(s.rows)-1]
	s.save()
	wantEqual(t, "rows written", s.done().SourceUpdated, 0)
	wantEqual(t, "state", s.lastEntry(key(2)).State, state.Done)
	s.wantQuiet()
}

func TestJournalHoldsTheRowBeforeAndAfterAWriteToTheSource(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	s.sync.Policy.ContactGone = reconcile.ContactGoneDelete
	s.inQuo(key(1), func(c *quosim.Contact) { c.FirstName = new("Zoë") })
	s.deleteInQuo(key(2))
	s.done()
	row := func(id, name, phone string) map[string]any {
		return map[string]any{"id": map[string]any{"text": id}, "First": map[string]any{"text": name},
			"Phone": map[string]any{"text": phone}, "Company": map[string]any{"text": "Acme"}}
	}
	for key, want := range map[string][2]any{
		key(1): {row(key(1), "Ann 0001", "+14155551001"), row(key(1), "Zoë", "+14155551001")},
		key(2): {row(key(2), "Ann 0002", "+14155551002"), nil},
	} {
		entry := s.lastEntry(key)
		wantEqual(t, "row of record "+key+" before and after", [2]any{parsed(t, entry.Before), parsed(t, entry.After)}, want)
	}
}

func parsed(t testing.TB, data json.RawMessage) (v any) {
	t.Helper()
	if data != nil {
		if err := json.Unmarshal(data, &v); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

func TestUnheardCreateWhoseKeyAPersonGaveToAnotherContactIsNotLinkedWithThat(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	s.rows = append(s.rows, person(60))
	s.save()
	s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteCreate), Kind: quosim.CutBefore})
	s.done()
	id := s.contact(key(3)).ID
	s.inQuo(key(3), func(c *quosim.Contact) { c.ExternalID = new(key(60)) })
	for range 3 {
		s.later(day)
		s.done()
	}
	wantEqual(t, "contact of the other record", s.contact(key(3)).ID, id)
	wantEqual(t, "link of the record", s.link(key(60)).ContactID, s.contact(key(60)).ID)
	s.wantQuiet()
}

// TestUnheardCreateIsNotFoundInTheContactOfAnotherProgram that has the same key.
func TestUnheardCreateIsNotFoundInTheContactOfAnotherProgram(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	other := s.add(quosim.Contact{FirstName: new("Eve"), ExternalID: new(key(60)), Source: new("hubspot")})
	s.rows = append(s.rows, person(60))
	s.save()
	s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteCreate), Kind: quosim.CutBefore})
	s.done()
	for range 2 {
		s.later(day)
		s.done()
	}
	wantEqual(t, "link of the record", s.link(key(60)).ContactID, s.contact(key(60)).ID)
	got, _ := s.quo.Get(other.ID)
	wantEqual(t, "contact of the other program", got, other)
	s.wantQuiet()
}

func TestUnheardUpdateWhoseContactCannotBeReadDoesNotKeepTheOthers(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.client.MaxAttempts = 1
	s.people(5)
	s.done()
	s.edit(key(2), sceneFirst, "Zoë")
	s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteUpdate), Kind: quosim.CutBefore})
	s.done()
	s.unreadable(key(2), http.StatusInternalServerError)
	s.edit(key(3), sceneFirst, "Kim")
	s.later(day)
	wantProblem(t, s.done(), key(2), "cannot be read", "500")
	wantEqual(t, "name of another", text(s.contact(key(3)).FirstName), "Kim")
	s.wantOpen(1)
	s.quo.ClearFaults()
	s.later(day)
	s.done()
	wantEqual(t, "name", text(s.contact(key(2)).FirstName), "Zoë")
	s.wantQuiet()
}

func TestMissingContactThatCannotBeReadIsNotGone(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]state.RunStatus{http.StatusInternalServerError: state.RunDone, http.StatusForbidden: state.RunFailed} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			s := newScene(t)
			s.client.MaxAttempts = 1
			s.people(5)
			s.done()
			s.unreadable(key(2), status)
			s.inQuo(key(2), func(c *quosim.Contact) { c.ExternalID, c.Source = nil, nil }) // no list shows it as ours
			s.edit(key(3), sceneFirst, "Kim")
			s.ends(want)
			wantEqual(t, "link", s.link(key(2)).Unlinked, "")
			s.quo.ClearFaults()
			s.done()
			s.contact(key(2)) // it got its label back
			wantEqual(t, "name of another", text(s.contact(key(3)).FirstName), "Kim")
			s.wantQuiet()
		})
	}
}

// unreadable makes Quo answer a status to every GET of the contact with the key.
func (s *scene) unreadable(key string, status int) {
	id := s.contact(key).ID
	s.quo.Inject(quosim.Fault{Kind: quosim.Refuse, Status: status, Times: -1, Match: func(r *http.Request) bool {
		return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, id)
	}})
}

func TestManyContactsThatCannotBeReadStopTheRun(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.client.MaxAttempts = 1
	s.people(20)
	s.done()
	for i := range 12 {
		s.unreadable(key(i+1), http.StatusInternalServerError)
	}
	s.deleteInQuo(keys(1, 12)...)
	s.wantStop(s.run(engine.Request{AllowDeletes: true}), "10 contacts in a row cannot be read")
	wantEqual(t, "GETs", s.seen().Gets, 10)
}

// TestChangedLabelStopsARunBeforeItSettles: under another label, an unheard create would not be found.
func TestChangedLabelStopsARunBeforeItSettles(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(5)
	s.done()
	s.rows = append(s.rows, person(60))
	s.save()
	s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteCreate), Kind: quosim.CutAfter})
	s.done()
	s.later(day)
	s.sync.Policy.Label = "other"
	s.wantStop(s.run(), "label")
	s.wantOpen(1)
	s.sync.Policy.Label = label
	s.done()
	wantEqual(t, "the contact's link is our own", s.link(key(60)).Adopted, false)
}
