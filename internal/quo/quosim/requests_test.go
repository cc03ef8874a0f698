package quosim

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// changeAfterFirst is an AfterRequest hook.
func changeAfterFirst(t *testing.T, w *Workspace, ids []string, change func(*Workspace, []string) error) func(int, *http.Request, int) {
	return func(n int, _ *http.Request, _ int) {
		if n != 1 {
			return
		}
		if err := change(w, ids); err != nil {
			t.Error(err)
		}
	}
}

func TestRequests(t *testing.T) {
	w, c := newWorkspace(t, Options{})
	id := c.create(named("Ada", "C-1"))
	c.do("GET", "/v1/contacts?maxResults=5&sources=a&sources=b", "")
	c.key = "wrong"
	c.do("DELETE", "/v1/contacts/"+id, "")
	got := w.Requests()
	if len(got) != 3 {
		t.Fatalf("got %d requests, want 3", len(got))
	}
	create, list, denied := got[0], got[1], got[2]
	if create.Route != RouteCreate || create.Method != "POST" || create.Path != prefix+"/v1/contacts" || create.Status != 201 ||
		create.Key != "sandbox" || string(create.Body) != named("Ada", "C-1") {
		t.Errorf("create recorded as %+v", create)
	}
	if list.Route != RouteList || len(list.Query["sources"]) != 2 || list.At.Before(create.At) {
		t.Errorf("list recorded as %+v", list)
	}
	if denied.Route != RouteDelete || denied.Key != "wrong" || denied.Status != 401 {
		t.Errorf("delete recorded as %+v", denied)
	}
	w.ResetRequests()
	if got := w.Requests(); len(got) != 0 {
		t.Errorf("got %v after the reset", got)
	}
}

func TestKeepRequests(t *testing.T) {
	for keep, want := range map[int]int{0: 25, 4: 4, -1: 0} {
		w, c := newWorkspace(t, Options{KeepRequests: keep})
		for range 24 {
			c.list("maxResults=5")
		}
		c.list("maxResults=6")
		got := w.Requests()
		if len(got) != want || want > 0 && got[want-1].Query.Get("maxResults") != "6" {
			t.Errorf("keep %d: got %d requests, want the latest %d", keep, len(got), want)
		}
	}
}

func TestHooks(t *testing.T) {
	w, c := newWorkspace(t, Options{})
	var story []string
	w.OnRequest(func(n int, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		story = append(story, r.Method, string(body[:min(1, len(body))]))
		if n == 2 { // before the list is made
			if _, err := w.Add(Contact{FirstName: new("Bob")}); err != nil {
				t.Error(err)
			}
		}
	})
	w.AfterRequest(func(n int, r *http.Request, status int) {
		story = append(story, http.StatusText(status))
		if n == 1 && len(w.Contacts()) != 1 {
			t.Error("the contact was not there after its create")
		}
	})
	c.create(named("Ada", ""))
	if got := len(c.list("maxResults=5").Data); got != 2 {
		t.Errorf("got %d contacts, want also the one that the hook made", got)
	}
	w.OnRequest(nil)
	w.AfterRequest(nil)
	c.list("maxResults=5")
	if got, want := strings.Join(story, " "), "POST { Created GET  OK"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
