package quosim

import (
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
)

// Many clients and a person in the app at once: nothing is lost, and each pair is made once.
func TestConcurrentUse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "quo.json")
	w, c := newWorkspace(t, Options{File: file, VisibilityLag: 2, Order: OrderByUpdate})
	w.OnRequest(func(n int, _ *http.Request) { w.Requests() })
	const pairs, tries = 40, 4
	created := make([]int, tries)
	var group sync.WaitGroup
	for try := range tries {
		group.Go(func() {
			for i := range pairs {
				r := c.do("POST", "/v1/contacts", named("Ada", fmt.Sprint("C-", i)))
				if r.status == 201 {
					created[try]++
				} else if r.status != 409 {
					t.Errorf("got %d %s %v", r.status, r.body, r.err)
				}
				if r := c.do("GET", "/v1/contacts?maxResults=50&sources=crm", ""); r.status != 200 {
					t.Errorf("got %d %s %v", r.status, r.body, r.err)
				}
			}
		})
	}
	group.Go(func() {
		for range pairs {
			for _, contact := range w.Contacts() {
				if contact.ExternalID == nil {
					continue // it is about to be deleted
				}
				if err := w.Edit(contact.ID, func(c *Contact) { c.Role = new("CEO") }); err != nil {
					t.Error(err)
				}
			}
		}
	})
	group.Go(func() {
		for range pairs {
			added, err := w.Add(Contact{FirstName: new("Bob")})
			if err != nil {
				t.Error(err)
			}
			if r := c.do("DELETE", "/v1/contacts/"+added.ID, ""); r.status != 204 {
				t.Errorf("got %d %s %v", r.status, r.body, r.err)
			}
		}
	})
	group.Wait()
	total := 0
	for _, n := range created {
		total += n
	}
	for range 2 { // the lag of the last
		c.list("maxResults=1")
	}
	if got := len(c.scan(50, "")); total != pairs || got != pairs {
		t.Errorf("%d creates succeeded and %d contacts are listed, want %d of both", total, got, pairs)
	}
}
