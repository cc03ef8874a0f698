package quosim

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// fill adds n contacts named 0, 1, 2 and so on, with the names as externalIds, and returns their ids.
func fill(t *testing.T, w *Workspace, n int, source string) (ids []string) {
	t.Helper()
	for i := range n {
		name := fmt.Sprint(i)
		c, err := w.Add(Contact{FirstName: &name, ExternalID: &name, Source: &source})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, c.ID)
	}
	return ids
}

func TestListParameters(t *testing.T) {
	w, c := newWorkspace(t, Options{})
	fill(t, w, 3, "crm")
	ids := func(n int) string { return strings.Repeat("&externalIds=0", n) }
	for _, test := range []struct {
		name, query, message string // message "": 200
	}{
		{"no maxResults", "", "/query/maxResults"},
		{"maxResults 0", "maxResults=0", "/query/maxResults"},
		{"maxResults 51", "maxResults=51", "/query/maxResults"},
		{"maxResults 50", "maxResults=50", ""},
		{"maxResults no number", "maxResults=ten", "/query/maxResults"},
		{"maxResults twice", "maxResults=5&maxResults=5", "/query/maxResults"},
		{"20 ids", "maxResults=5" + ids(20), ""},
		{"21 ids", "maxResults=5" + ids(21), "/query/externalIds"},
		{"21 sources", "maxResults=5" + strings.Repeat("&sources=s", 21), "/query/sources"},
		{"empty id", "maxResults=5&externalIds=", "/query/externalIds/0"},
		{"id of 76", "maxResults=5&externalIds=0&externalIds=" + strings.Repeat("i", 76), "/query/externalIds/1"},
		{"empty source", "maxResults=5&sources=", "/query/sources/0"},
		{"foreign token", "maxResults=5&pageToken=eyJsYXN0SWQiOiI2YTE0NWZmMiJ9", "page token"},
		{"malformed escape", "maxResults=5&pageToken=%2", "Malformed query"},
		{"empty token", "maxResults=5&pageToken=", "page token"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &client{t, c.base, c.key}
			r := c.do("GET", "/v1/contacts?"+test.query, "")
			if test.message == "" {
				c.must(200, r)
				return
			}
			c.wantError(r, 400, "0800400", test.message)
		})
	}
}

func TestListFilters(t *testing.T) {
	w, c := newWorkspace(t, Options{Order: OrderByCreation})
	for _, s := range []struct{ name, id, source string }{
		{"a", "1", "crm"}, {"b", "2", "crm"}, {"c", "1", "shop"}, {"d", "", "shop"}, {"e", "1", ""}, {"f", "1,2", "crm"}, {"g", "+49", "x"},
	} {
		if _, err := w.Add(Contact{FirstName: &s.name, ExternalID: &s.id, Source: &s.source}); err != nil {
			t.Fatal(err)
		}
	}
	const all = "a b c d e f g"
	for _, test := range []struct{ name, query, want string }{
		{"none", "", all},
		{"one id in several sources", "externalIds=1", "a c e"},
		{"several ids", "externalIds=2&externalIds=1", "a b c e"},
		{"an id twice", "externalIds=2&externalIds=2", "b"},
		{"comma list is one id", "externalIds=1,2", "f"},
		{"plus escaped", "externalIds=%2B49", "g"},
		{"plus not escaped", "externalIds=+49", ""},
		{"one source", "sources=crm", "a b f"},
		{"several sources", "sources=shop&sources=crm&sources=nope", "a b f c d"},
		{"source in other case", "sources=CRM", ""},
		{"both", "externalIds=1&externalIds=2&sources=crm", "a b"},
		{"singular is ignored", "externalId=1&source=crm", all},
		{"brackets are ignored", "externalIds[]=1&sources[]=crm", all},
		{"search is ignored", "search=a&phone_number=1", all},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &client{t, c.base, c.key}
			if got := c.list("maxResults=50&" + test.query).names(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if got := strings.Join(c.scan(2, test.query), " "); got != test.want {
				t.Errorf("in pages of 2: got %q, want %q", got, test.want)
			}
		})
	}
}

func TestPaging(t *testing.T) {
	w, c := newWorkspace(t, Options{})
	fill(t, w, 120, "crm")
	names := c.scan(50, "")
	slices.Sort(names)
	if len(names) != 120 || len(slices.Compact(names)) != 120 {
		t.Errorf("a scan gave %d contacts, %d of them different; want 120", len(names), len(slices.Compact(names)))
	}
	if n := len(w.Requests()); n != 3 {
		t.Errorf("the scan took %d requests, want 3", n)
	}
	if got := len(c.scan(40, "")); got != 120 { // the last page is full
		t.Errorf("got %d", got)
	}
	empty := c.do("GET", "/v1/contacts?maxResults=5&sources=nope", "")
	if want := `{"data":[],"totalItems":1,"nextPageToken":null}`; string(empty.body) != want {
		t.Errorf("got %s, want %s", empty.body, want)
	}
}

func TestPageTokens(t *testing.T) {
	w, c := newWorkspace(t, Options{})
	fill(t, w, 3, "crm")
	token := url.QueryEscape(*c.list("maxResults=2&sources=crm").NextPageToken)
	if got := c.list("maxResults=2&sources=crm&pageToken=" + token); len(got.Data) != 1 {
		t.Errorf("got %v", got)
	}
	for name, query := range map[string]string{
		"other filter": "maxResults=2&pageToken=" + token,
		"other source": "maxResults=2&sources=shop&pageToken=" + token,
		"as id":        "maxResults=2&externalIds=crm&pageToken=" + token,
		"too short":    "maxResults=2&sources=crm&pageToken=AAAA",
		"twice":        "maxResults=2&sources=crm&pageToken=" + token + "&pageToken=" + token,
	} {
		if r := c.do("GET", "/v1/contacts?"+query, ""); r.status != 400 {
			t.Errorf("%s: got %d, want 400", name, r.status)
		}
	}
	w2, c2 := newWorkspace(t, Options{})
	fill(t, w2, 3, "crm")
	if r := c2.do("GET", "/v1/contacts?maxResults=2&sources=crm&pageToken="+token, ""); r.status != 400 {
		t.Errorf("a token of another run: got %d, want 400", r.status)
	}
}

func TestTotalItemsIsWrong(t *testing.T) {
	w, c := newWorkspace(t, Options{})
	for n := range 6 {
		if got := c.list("maxResults=2"); got.TotalItems == nil || *got.TotalItems == n {
			t.Errorf("totalItems is right with %d contacts", n)
		}
		if _, err := w.Add(Contact{}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOrders(t *testing.T) {
	for _, test := range []struct {
		name   string
		order  Order
		before string
		after  string // one contact was edited
	}{
		{"creation", OrderByCreation, "0 1 2 3 4 5", "0 1 2 3 4 5"},
		{"update", OrderByUpdate, "5 4 3 2 1 0", "2 5 4 3 1 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
			w, c := newWorkspace(t, Options{Order: test.order, Now: func() time.Time {
				clock = clock.Add(time.Second)
				return clock
			}})
			ids := fill(t, w, 6, "crm")
			if got := strings.Join(c.scan(4, ""), " "); got != test.before {
				t.Errorf("got %s, want %s", got, test.before)
			}
			if err := w.Edit(ids[2], func(c *Contact) { c.Role = new("CEO") }); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(c.scan(4, "sources=crm"), " "); got != test.after {
				t.Errorf("after an edit: got %s, want %s", got, test.after)
			}
		})
	}
	t.Run("chance", func(t *testing.T) {
		w, c := newWorkspace(t, Options{Seed: 1})
		fill(t, w, 20, "crm")
		first, second := c.scan(7, ""), c.scan(11, "sources=crm")
		if !slices.Equal(first, second) {
			t.Errorf("not stable: %v, then %v", first, second)
		}
		if slices.IsSortedFunc(first, func(a, b string) int { return len(a) - len(b) }) {
			t.Errorf("%v looks like the order of creation", first)
		}
	})
}

// Changes between two page requests shift the pages.
func TestPagesShift(t *testing.T) {
	for _, test := range []struct {
		name   string
		order  Order
		change func(w *Workspace, ids []string) error
		want   string
	}{
		{"a delete hides a contact", OrderByCreation, func(w *Workspace, ids []string) error {
			return w.Delete(ids[0])
		}, "0 1 3"},
		{"a create repeats one", OrderByUpdate, func(w *Workspace, _ []string) error {
			_, err := w.Add(Contact{FirstName: new("new")})
			return err
		}, "3 2 2 1 0"},
		{"an update hides its contact and repeats another", OrderByUpdate, func(w *Workspace, ids []string) error {
			return w.Edit(ids[0], func(c *Contact) { c.Role = new("CEO") })
		}, "3 2 2 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
			w, c := newWorkspace(t, Options{Order: test.order, Now: func() time.Time {
				clock = clock.Add(time.Second)
				return clock
			}})
			ids := fill(t, w, 4, "crm")
			w.AfterRequest(changeAfterFirst(t, w, ids, test.change))
			if got := strings.Join(c.scan(2, ""), " "); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestVisibilityLag(t *testing.T) {
	w, c := newWorkspace(t, Options{VisibilityLag: 3})
	id := c.create(named("Ada", "C-1"))
	c.must(200, c.do("GET", "/v1/contacts/"+id, ""))                      // 1
	if got := c.list("maxResults=5&externalIds=C-1").names(); got != "" { // 2
		t.Errorf("listed too early: %s", got)
	}
	c.wantError(c.do("POST", "/v1/contacts", named("Ada", "C-1")), 409, "0800409", "") // 3
	for _, query := range []string{"", "externalIds=C-1", "sources=crm"} {
		if got := c.list("maxResults=5&" + query).names(); got != "Ada" {
			t.Errorf("%q: got %q after the lag, want Ada", query, got)
		}
	}
	gone := c.create(named("Bob", "C-2"))
	if err := w.Delete(gone); err != nil {
		t.Fatal(err)
	}
	changed := c.create(named("Eve", "C-3"))
	c.must(200, c.do("PATCH", "/v1/contacts/"+changed, named("Eva", "C-3")))
	for range 3 {
		c.do("GET", "/v1/contacts/"+id, "")
	}
	got := strings.Fields(c.list("maxResults=5").names())
	slices.Sort(got)
	if !slices.Equal(got, []string{"Ada", "Eva"}) {
		t.Errorf("got %v, want Ada and Eva", got)
	}
}
