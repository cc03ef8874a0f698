package engine_test

import (
	"context"
	"testing"

	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
	"syncd/internal/state"
)

func only(keys ...string) engine.Request { return engine.Request{Only: keys} }

func TestScopedRunTouchesNothingElseAndIsCheap(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.sync.Policy.Grace = 0
	s.people(120)
	s.edit(key(9), scenePhone, "555-12")
	s.done()
	s.edit(key(1), sceneFirst, "Zoë")
	s.edit(key(2), sceneFirst, "Zoë")
	s.edit(key(8), scenePhone, "555-12")
	s.remove(key(3))
	s.deleteInQuo(key(4))
	report := s.done(only(key(1)))
	wantEqual(t, "requests", s.seen(), seen{Fields: 1, LookUps: 1, Updates: 1})
	wantEqual(t, "updated, unlinked, problems", []int{report.Updated, report.Unlinked, len(report.Problems)}, []int{1, 0, 0})
	problems, err := s.store.Problems(context.Background(), "customers")
	if err != nil || len(problems) != 1 || problems[0].Key != key(9) {
		t.Errorf("problems in the state: %v, %v; want that of the unscoped run", problems, err)
	}
	wantEqual(t, "deleted", s.done(only(key(3))).Deleted, 1)
	wantEqual(t, "unlinked", s.done(only(key(4))).Unlinked, 1)
	wantProblem(t, s.done(only(key(8))), key(8), "phone")
	wantEqual(t, "name of a contact outside", text(s.contact(key(2)).FirstName), "Ann 0002")
	report = s.done(only("C-7777", "c1"))
	wantEqual(t, "unknown", report.Unknown, []engine.UnknownKey{{Key: "C-7777"}, {Key: "c1", Near: key(1)}})
	wantEqual(t, "problems", len(report.Problems), 0)
}

func TestScopedRunOfANewRowReadsTheWorkspaceAndKnowsWhoseContactsThereAre(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.sync.Policy.Match = reconcile.Match{Phone: true}
	s.people(60)
	s.done()
	s.inQuo(key(5), func(c *quosim.Contact) { c.ExternalID, c.Source = nil, nil }) // still the link's
	s.add(quosim.Contact{Source: new(label), ExternalID: new("C-0900"), FirstName: new("Eve"),
		PhoneNumbers: []quosim.Item{{Name: "mobile", Value: "+14155550900"}}}) // ours, without a row
	for i, phone := range []string{s.row(key(4))[scenePhone], s.row(key(5))[scenePhone], "+14155550900"} {
		r := person(200 + i)
		r[scenePhone] = phone
		s.rows = append(s.rows, r)
	}
	s.save()
	report := s.done(only(keys(200, 202)...))
	wantEqual(t, "created, problems", []int{report.Created, len(report.Problems)}, []int{3, 0})
	wantEqual(t, "requests", s.seen(), seen{Fields: 1, Pages: 2, Creates: 3})
	s.done()
	s.wantQuiet()
	wantEqual(t, "contacts", len(s.quo.Contacts()), 64)
}

func TestScopedRunLeavesKeysThatDifferInCaseAlone(t *testing.T) {
	t.Parallel()
	for _, scope := range []string{key(1), "c-0001"} {
		s := newScene(t)
		s.people(3)
		s.done()
		s.rows = append(s.rows, []string{"c-0001", "Zoë", "+14155550199", "", ""}, []string{"c-0001", "Kim", "", "", ""})
		s.save()
		report := s.done(only(scope))
		wantEqual(t, "writes", s.seen().writes(), 0)
		for _, p := range report.Problems {
			if p.Key != scope {
				t.Errorf("a run scoped to %s reports %+v", scope, p)
			}
		}
		if len(report.Problems) == 0 {
			t.Errorf("a run scoped to %s reports no problem", scope)
		}
	}
}

func TestScopedRunHoldsAndApprovesLikeAnyOther(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.sync.Deletes = reconcile.Limit{}
	s.sync.Policy.Grace = 0
	s.people(5)
	s.done()
	s.remove(key(2))
	held := s.ends(state.RunHeld, only(key(2)))
	if n, err := s.store.Approve(context.Background(), held.RunID, nil); n != 1 || err != nil {
		t.Fatalf("approve: %d, %v", n, err)
	}
	wantEqual(t, "deleted", s.done(only(key(2))).Deleted, 1)
}
