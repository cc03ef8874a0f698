package engine_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"syncd/internal/quo/quosim"
)

// byUpdate makes every edit of a contact shift the pages of a list.
func byUpdate(o *quosim.Options) { o.Order = quosim.OrderByUpdate }

func TestUnchangedRunMakesOneListCallPerPage(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(120)
	s.done()
	for range 60 { // strangers cost nothing while no record is new
		s.add(quosim.Contact{FirstName: new("Eve")})
	}
	s.done()
	wantEqual(t, "requests of an unchanged run", s.seen(), seen{Fields: 1, Pages: 3})
}

func TestNewRowReadsTheWholeWorkspaceOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(120)
	s.done()
	for range 60 {
		s.add(quosim.Contact{FirstName: new("Eve")})
	}
	s.rows = append(s.rows, person(121))
	s.save()
	s.done()
	wantEqual(t, "requests of a run with one new row", s.seen(), seen{Fields: 1, Pages: 4, Creates: 1})
	s.done()
	wantEqual(t, "requests of the run after it", s.seen(), seen{Fields: 1, Pages: 3})
}

func TestOldListingIsReadAgainTwentyContactsAtATime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		refreshAfter time.Duration
		lookUps      int
	}{{"a young listing", time.Minute, 0}, {"an old listing", 0, 3}} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			s.people(100)
			s.done()
			s.sync.RefreshAfter = c.refreshAfter
			for i := range 45 {
				s.row(key(2*i + 1))[sceneFirst] = "Zoë"
			}
			for i := range 30 { // new rows between the changed ones need no look-up
				s.rows = append(s.rows, person(200+i))
				s.rows[len(s.rows)-1][sceneID] = key(2*i+1) + "b"
			}
			s.save()
			s.done()
			wantEqual(t, "requests", s.seen(), seen{Fields: 1, Pages: 2, LookUps: c.lookUps, Creates: 30, Updates: 45})
		})
	}
}

func TestContactsThatTheListingMissedAreLookedUpTwentyAtATime(t *testing.T) {
	t.Parallel()
	s := newScene(t, byUpdate)
	s.people(120)
	s.done()
	page := 0
	s.quo.OnRequest(func(_ int, r *http.Request) {
		if page++; page != 3 { // the definitions, the first page, then the second
			return
		}
		for i := range 30 { // those of the last pages move to the first, which is read already
			s.inQuo(key(i+1), func(c *quosim.Contact) { c.Role = new("CTO") })
		}
	})
	report := s.done()
	s.quo.OnRequest(nil)
	wantEqual(t, "requests", s.seen(), seen{Fields: 1, Pages: 3, LookUps: 2})
	wantEqual(t, "unlinked", report.Unlinked, 0)
	s.wantQuiet()
}

func TestOnlyMissingContactsThatAreActedOnAreAskedForOneByOne(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(120)
	s.done()
	s.deleteInQuo(key(1), key(2), key(3))
	report := s.done()
	wantEqual(t, "requests", s.seen(), seen{Fields: 1, Pages: 3, LookUps: 1, Gets: 3})
	wantEqual(t, "unlinked", report.Unlinked, 3)
	s.done()
	wantEqual(t, "requests of the run after it", s.seen(), seen{Fields: 1, Pages: 3})
	for i := range 30 {
		s.deleteInQuo(key(10 + i))
	}
	s.ends("held")
	wantEqual(t, "requests of a run whose brake holds", s.seen(), seen{Fields: 1, Pages: 2, LookUps: 2})
}

func TestEditBetweenReadAndWriteIsNotOverwritten(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(3)
	s.done()
	s.sync.RefreshAfter = 0
	s.edit(key(1), sceneFirst, "Zoë")
	var edited atomic.Bool
	s.quo.OnRequest(func(_ int, r *http.Request) {
		if r.URL.Query().Has("externalIds") && edited.CompareAndSwap(false, true) {
			s.inQuo(key(1), func(c *quosim.Contact) { c.Role = new("CTO") })
		}
	})
	report := s.done()
	s.quo.OnRequest(nil)
	wantEqual(t, "stale", report.Stale, 1)
	wantEqual(t, "writes", s.seen().writes(), 0)
	s.done()
	c := s.contact(key(1))
	wantEqual(t, "name and role", []string{text(c.FirstName), text(c.Role)}, []string{"Zoë", "CTO"})
}

func TestReReadContactsAreReadAgainWhenTheyGotOldBeforeTheirTurn(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.workers = 1
	s.people(20)
	s.done()
	for _, r := range s.rows[1:] {
		r[sceneFirst] = "Zoë"
	}
	s.save()
	s.sync.RefreshAfter = 60 * time.Millisecond
	s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteList), Kind: quosim.SlowAfter, Delay: 80 * time.Millisecond},
		quosim.Fault{Match: quosim.On(quosim.RouteUpdate), Kind: quosim.SlowAfter, Delay: 30 * time.Millisecond, Times: -1})
	updates := 0
	s.quo.OnRequest(func(_ int, r *http.Request) {
		if r.Method != http.MethodPatch {
			return
		}
		if updates++; updates == 5 {
			s.inQuo(key(20), func(c *quosim.Contact) { c.Role = new("CTO") })
		}
	})
	wantEqual(t, "stale", s.done().Stale, 1)
	s.quo.OnRequest(nil)
	wantEqual(t, "role", text(s.contact(key(20)).Role), "CTO")
}
