package quo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"syncd/internal/contact"
	"syncd/internal/quo/quosim"
)

// fill adds n contacts of a source, with the external ids 0 to n-1.
func fill(t *testing.T, w *quosim.Workspace, source string, n int) {
	t.Helper()
	for i := range n {
		add(t, w, quosim.Contact{Source: &source, ExternalID: new(strconv.Itoa(i)), FirstName: new("Ada")})
	}
}

// list collects a list until its end or its error.
func list(ctx context.Context, c *Client, label string) (ids []string, err error) {
	for k, err := range c.List(ctx, label) {
		if err != nil {
			return ids, err
		}
		ids = append(ids, k.ID)
	}
	return ids, nil
}

func idsOf(w *quosim.Workspace, source string) (ids []string) {
	for _, k := range w.Contacts() {
		if source == "" || k.Source != nil && *k.Source == source {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

func TestList(t *testing.T) {
	for _, test := range []struct{ ours, others, pages, allPages int }{
		{0, 0, 1, 1}, {1, 0, 1, 1}, {0, 1, 1, 1}, {49, 3, 1, 2}, {50, 50, 1, 2}, {51, 0, 2, 2}, {120, 60, 3, 4},
	} {
		t.Run(fmt.Sprintf("%d ours, %d others", test.ours, test.others), func(t *testing.T) {
			w, _ := newWorkspace(t)
			c := strict(t, w, Options{})
			fill(t, w, "public-api", test.others)
			fill(t, w, label, test.ours)
			for of, pages := range map[string]int{label: test.pages, "": test.allPages} {
				w.ResetRequests()
				got, err := list(t.Context(), c, of)
				if err != nil {
					t.Fatal(err)
				}
				if want := idsOf(w, of); !slices.Equal(got, want) {
					t.Errorf("of %q got %d contacts %v, want %d", of, len(got), got, len(want))
				}
				count(t, w, pages)
			}
		})
	}
}

func TestListDropsOtherSources(t *testing.T) {
	w, _ := newWorkspace(t)
	fill(t, w, "public-api", 70)
	fill(t, w, label, 70)
	c := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		q.Del("sources") // as an API that ignores the filter
		r.URL.RawQuery = q.Encode()
		w.ServeHTTP(rw, r)
	}), Options{})
	got, err := list(t.Context(), c, label)
	if err != nil || !slices.Equal(got, idsOf(w, label)) {
		t.Errorf("got %d contacts, %v, want the 70 that are ours", len(got), err)
	}
}

func TestListIsWholeOrAnError(t *testing.T) {
	const pages = 3
	for name, fault := range faults() {
		for page := range pages {
			for _, always := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s on page %d, always %v", name, page, always), func(t *testing.T) {
					w, c := newWorkspace(t, func(_ *quosim.Options, o *Options) { o.MaxAttempts = 3 })
					fill(t, w, label, pages*50-1)
					token := tokenOf(t, c, page)
					fault := fault
					fault.Match = func(r *http.Request) bool { return r.URL.Query().Get("pageToken") == token }
					if always {
						fault.Times = -1
					}
					w.Inject(fault)
					got, err := list(t.Context(), c, label)
					if err != nil || always && !harmless(fault, page) {
						checkError(t, err)
					}
					if err != nil && !always {
						t.Errorf("one fault was not survived: %v", err)
					}
					slices.Sort(got)
					if err == nil && !slices.Equal(slices.Compact(got), slices.Sorted(slices.Values(idsOf(w, label)))) {
						t.Errorf("got %d contacts of %d without an error", len(got), pages*50-1)
					}
				})
			}
		}
	}
}

// harmless reports whether a list can be whole although a page always has the fault: the first page was asked for without
// a token, so that a token that leads to it again does not repeat one, and the last page has none.
func harmless(f quosim.Fault, page int) bool {
	return f.Kind == quosim.RepeatPageToken && page != 1
}

// tokenOf returns the token that leads to a page, from 0 on.
func tokenOf(t *testing.T, c *Client, page int) (token string) {
	t.Helper()
	for range page {
		p, err := c.getPage(t.Context(), "", map[string][]string{"sources": {label}}, token, nil)
		if err != nil {
			t.Fatal(err)
		}
		token = p.next
	}
	return token
}

func TestListAnswers(t *testing.T) {
	const whole = `{"id":"1","externalId":null,"source":null,"sourceUrl":null,"defaultFields":{"firstName":"Ada",
		"lastName":null,"company":null,"role":null,"phoneNumbers":[],"emails":[]},"customFields":[]}`
	for _, test := range []struct {
		name  string
		pages []string
		want  int    // contacts
		fails string // what the error says; "" for none
	}{
		{"null ends it", []string{`{"data":[` + whole + `],"nextPageToken":null}`}, 1, ""},
		{"an empty token ends it", []string{`{"data":[` + whole + `],"nextPageToken":""}`}, 1, ""},
		{"totalItems means nothing", []string{`{"data":[],"nextPageToken":null,"totalItems":7}`}, 0, ""},
		{"unknown members", []string{`{"data":[],"nextPageToken":null,"more":{}}`}, 0, ""},
		{"an empty page with a token", []string{
			`{"data":[],"nextPageToken":"a"}`, `{"data":[` + whole + `],"nextPageToken":null}`,
		}, 1, ""},
		{"a token repeats at once", []string{`{"data":[],"nextPageToken":"a"}`, `{"data":[],"nextPageToken":"a"}`}, 0, "repeats"},
		{"a token repeats later", []string{
			`{"data":[],"nextPageToken":"a"}`, `{"data":[],"nextPageToken":"b"}`, `{"data":[],"nextPageToken":"a"}`,
		}, 0, "repeats"},
		{"no nextPageToken", []string{`{"data":[]}`}, 0, "nextPageToken"},
		{"a number as token", []string{`{"data":[],"nextPageToken":2}`}, 0, "number where Quo's API has a string"},
		{"no data", []string{`{"nextPageToken":null}`}, 0, "no data"},
		{"null as data", []string{`{"data":null,"nextPageToken":null}`}, 0, "no data"},
		{"an object as data", []string{`{"data":{},"nextPageToken":null}`}, 0, "object where"},
		{"no JSON", []string{`OK`}, 0, "not valid JSON at byte 1 of 2"},
		{"a bare null", []string{`null`}, 0, "no data"},
		{"empty", []string{``}, 0, "the answer is empty"},
		{"truncated", []string{`{"data":[],"nextPageToken":`}, 0, "not valid JSON"},
		{"two values", []string{`{"data":[],"nextPageToken":null}{}`}, 0, "not valid JSON"},
		{"a null contact", []string{`{"data":[null],"nextPageToken":null}`}, 0, contact.ErrNotWhole.Error()},
		{"a contact without an id", []string{
			`{"data":[` + strings.Replace(whole, `"1"`, `""`, 1) + `],"nextPageToken":null}`,
		}, 0, "no id"},
		{"a contact without custom fields", []string{
			`{"data":[` + strings.Replace(whole, `"customFields":[]`, `"x":1`, 1) + `],"nextPageToken":null}`,
		}, 0, "no customFields"},
		{"a number as name", []string{
			`{"data":[` + strings.Replace(whole, `"Ada"`, `4155550100`, 1) + `],"nextPageToken":null}`,
		}, 0, "number where Quo's API has a string"},
	} {
		t.Run(test.name, func(t *testing.T) {
			page := 0
			c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if token := r.URL.Query().Get("pageToken"); token != "" && page > 0 {
					page = min(page, len(test.pages)-1)
				}
				w.Header().Set("Content-Type", "application/json")
				io.WriteString(w, test.pages[min(page, len(test.pages)-1)])
				page++
			}), Options{MaxAttempts: 1})
			got, err := list(t.Context(), c, "")
			if len(got) != test.want {
				t.Errorf("got %d contacts, want %d", len(got), test.want)
			}
			if test.fails == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			checkError(t, err)
			if !strings.Contains(err.Error(), test.fails) || strings.Contains(err.Error(), "4155550100") {
				t.Errorf("got %q, want %q in it and no personal data", err, test.fails)
			}
		})
	}
}

func TestListTooLarge(t *testing.T) {
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"data":[],"nextPageToken":null,"more":"`)
		megabyte := strings.Repeat("x", 1<<20)
		for range 64 {
			io.WriteString(w, megabyte)
		}
		io.WriteString(w, `"}`)
	}), Options{MaxAttempts: 1})
	_, err := list(t.Context(), c, "")
	checkError(t, err)
	if !strings.Contains(err.Error(), "larger than 64 MB") {
		t.Error(err)
	}
}

func TestListLeftEarly(t *testing.T) {
	w, c := newWorkspace(t)
	fill(t, w, label, 200)
	for range c.List(t.Context(), label) {
		break
	}
	if got := len(w.Requests()); got > 2 { // this page and the next, which was asked for ahead
		t.Errorf("got %d requests, want at most 2", got)
	}
}

func TestListCancelled(t *testing.T) {
	w, c := newWorkspace(t)
	fill(t, w, label, 200)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	var last error
	for _, err := range c.List(ctx, label) {
		if n++; n == 120 {
			cancel()
		}
		last = err
	}
	checkError(t, last)
	if !errors.Is(last, context.Canceled) {
		t.Errorf("ended with %v, want context.Canceled", last)
	}
}

func TestListTwice(t *testing.T) {
	w, c := newWorkspace(t)
	fill(t, w, label, 60)
	contacts := c.List(t.Context(), label)
	for range 2 {
		n := 0
		for _, err := range contacts {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 60 {
			t.Errorf("got %d contacts, want 60", n)
		}
	}
}

func TestLookup(t *testing.T) {
	for _, test := range []struct {
		name     string
		have     []string // external ids, each under three sources
		ask      []string
		found    int
		requests int
	}{
		{"nothing asked", numbers(3), nil, 0, 0},
		{"nothing found", numbers(3), []string{"7"}, 0, 1},
		{"some found", numbers(3), []string{"2", "3"}, 3, 1},
		{"one more than a request takes", numbers(30), numbers(21), 63, 3}, // 60 of the first 20 are two pages
		{"many", numbers(45), numbers(45), 135, 5},
		{"odd ids", odd, odd, 3 * len(odd), 1},
		{"ids that fill a URL", long(), long(), 60, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, _ := newWorkspace(t)
			c := strict(t, w, Options{})
			for _, id := range append(slices.Clone(test.have), "stranger") {
				for _, source := range []*string{nil, new(label), new("csv-v2")} {
					add(t, w, quosim.Contact{Source: source, ExternalID: &id})
				}
			}
			found, err := c.Lookup(t.Context(), test.ask)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range found {
				if !slices.Contains(test.ask, k.ExternalID) {
					t.Errorf("got %q, which was not asked for", k.ExternalID)
				}
			}
			if len(found) != test.found {
				t.Errorf("found %d contacts, want %d", len(found), test.found)
			}
			count(t, w, test.requests)
			for _, r := range w.Requests() {
				if n := len(r.Query["externalIds"]); n == 0 || n > 20 {
					t.Errorf("asked for %d ids in one request", n)
				}
			}
		})
	}
}

var odd = []string{"+14155550100", "a b", "a,b", "a&externalIds=b", "50%", "Ünï", "a[]=b", "#1", "/", "日本"}

func numbers(n int) (ids []string) {
	for i := range n {
		ids = append(ids, strconv.Itoa(i))
	}
	return ids
}

// long returns 20 external ids of 75 characters, each of 659 bytes in a URL.
func long() (ids []string) {
	for i := range 20 {
		ids = append(ids, strings.Repeat("語", 73)+fmt.Sprintf("%02d", i))
	}
	return ids
}

func TestLookupDropsStrangers(t *testing.T) {
	w, _ := newWorkspace(t)
	fill(t, w, label, 60)
	c := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "externalIds", "externalId") // which is ignored
		w.ServeHTTP(rw, r)
	}), Options{})
	found, err := c.Lookup(t.Context(), []string{"55", "99"})
	if err != nil || len(found) != 1 || found[0].ExternalID != "55" {
		t.Errorf("got %v, %v, want the one with externalId 55", found, err)
	}
}

func TestLookupErrorsNameNoID(t *testing.T) {
	w, c := newWorkspace(t)
	w.Inject(quosim.Fault{Kind: quosim.CutBefore, Times: -1})
	found, err := c.Lookup(t.Context(), []string{"+14155550100"})
	checkError(t, err)
	if found != nil || strings.Contains(err.Error(), "4155550100") {
		t.Errorf("got %v, %q", found, err)
	}
}
