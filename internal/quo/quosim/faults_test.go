package quosim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestFaultsOfACreate(t *testing.T) {
	for _, test := range []struct {
		name   string
		fault  Fault
		status int  // 0: no answer
		whole  bool // the body arrives as announced
		made   bool
		body   string // what the body contains
	}{
		{"refuse by default", Fault{}, 500, true, false, `"code":"0801500"`},
		{"bad request", Fault{Status: 400}, 400, true, false, `"code":"0800400"`},
		{"unauthorized", Fault{Status: 401}, 401, true, false, `{"error":{`},
		{"payment required", Fault{Status: 402}, 402, true, false, `"title":"Payment Required"`},
		{"forbidden", Fault{Status: 403}, 403, true, false, `"code":"0801403"`},
		{"not found", Fault{Status: 404}, 404, true, false, `"code":"0800404"`},
		{"conflict", Fault{Status: 409}, 409, true, false, `"code":"0800409"`},
		{"too many", Fault{Status: 429}, 429, true, false, `"status":429`},
		{"gateway", Fault{Status: 502}, 502, true, false, "<!DOCTYPE html>"},
		{"unavailable", Fault{Status: 503}, 503, true, false, `"status":503`},
		{"fail after", Fault{Kind: FailAfter}, 500, true, true, `"code":"0801500"`},
		{"gateway after", Fault{Kind: FailAfter, Status: 502}, 502, true, true, "<!DOCTYPE html>"},
		{"gateway timeout after", Fault{Kind: FailAfter, Status: 504}, 504, true, true, "<!DOCTYPE html>"},
		{"cut before", Fault{Kind: CutBefore}, 0, false, false, ""},
		{"cut after", Fault{Kind: CutAfter}, 0, false, true, ""},
		{"cut body", Fault{Kind: CutBody}, 201, false, true, `{"data":`},
		{"truncated", Fault{Kind: TruncateJSON}, 201, true, true, `{"data":`},
		{"empty body", Fault{Kind: EmptyBody}, 200, true, true, ""},
		{"slow before", Fault{Kind: SlowBefore}, 201, true, true, `{"data":`},
		{"slow after", Fault{Kind: SlowAfter}, 201, true, true, `{"data":`},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, c := newWorkspace(t, Options{})
			after := make(chan int, 1)
			w.AfterRequest(func(_ int, _ *http.Request, status int) { after <- status })
			w.Inject(test.fault)
			r := c.do("POST", "/v1/contacts", named("Ada", ""))
			if r.status != test.status || (r.err == nil) != test.whole || !strings.Contains(string(r.body), test.body) {
				t.Errorf("got %d %q %v", r.status, r.body, r.err)
			}
			if made := len(w.Contacts()) == 1; made != test.made {
				t.Errorf("contact made: %v, want %v", made, test.made)
			}
			recorded := test.status
			if !test.whole {
				recorded = 0
			}
			if got, seen := w.Requests()[0].Status, <-after; got != recorded || seen != recorded {
				t.Errorf("recorded status %d, hook saw %d, want %d", got, seen, recorded)
			}
			if w.PendingFaults() != 0 {
				t.Error("the fault is not used up")
			}
			if test.fault.Kind == TruncateJSON && json.Valid(r.body) {
				t.Errorf("truncated body is valid: %s", r.body)
			}
			c.create(named("Bob", ""))
		})
	}
}

func TestFaultsOfADelete(t *testing.T) {
	for _, test := range []struct {
		kind   FaultKind
		status int
	}{{CutAfter, 0}, {CutBody, 0}, {EmptyBody, 200}, {TruncateJSON, 204}} {
		w, c := newWorkspace(t, Options{})
		id := c.create(named("Ada", ""))
		w.Inject(Fault{Match: On(RouteDelete), Kind: test.kind})
		if r := c.do("DELETE", "/v1/contacts/"+id, ""); r.status != test.status {
			t.Errorf("kind %d: got %d %v, want %d", test.kind, r.status, r.err, test.status)
		}
		if len(w.Contacts()) != 0 {
			t.Errorf("kind %d: the contact is still there", test.kind)
		}
	}
}

func TestFaultsAreChosen(t *testing.T) {
	w, c := newWorkspace(t, Options{})
	w.Inject(
		Fault{Match: On(RouteList, RouteGet), Status: 503, Times: 2},
		Fault{Match: func(r *http.Request) bool {
			body, _ := io.ReadAll(r.Body)
			return strings.Contains(string(body), "Bob")
		}, Status: 500},
		Fault{Status: 502, Match: On(RouteUpdate), Times: -1},
	)
	statuses := func(rs ...reply) (got []int) {
		for _, r := range rs {
			got = append(got, r.status)
		}
		return got
	}
	got := statuses(
		c.do("POST", "/v1/contacts", named("Ada", "")), c.do("POST", "/v1/contacts", named("Bob", "")),
		c.do("POST", "/v1/contacts", named("Bob", "")),
		c.do("GET", "/v1/contacts?maxResults=1", ""), c.do("GET", "/v1/contacts/1", ""), c.do("GET", "/v1/contacts/1", ""),
		c.do("PATCH", "/v1/contacts/1", "{}"), c.do("PATCH", "/v1/contacts/1", "{}"),
	)
	if want := []int{201, 500, 201, 503, 503, 404, 502, 502}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if w.PendingFaults() != 1 {
		t.Errorf("got %d pending, want the endless one", w.PendingFaults())
	}
	w.ClearFaults()
	if r := c.do("PATCH", "/v1/contacts/1", "{}"); r.status != 404 {
		t.Errorf("got %d after ClearFaults, want 404", r.status)
	}
}

func TestRefusedRequestsUseUpNoFault(t *testing.T) {
	w, c := newWorkspace(t, Options{RequestsPerSecond: 1})
	w.Inject(Fault{Match: On(RouteCreate)})
	c.list("maxResults=1")
	if r := c.do("POST", "/v1/contacts", named("Ada", "")); r.status != 429 {
		t.Errorf("got %d, want 429", r.status)
	}
	c.key = "wrong"
	if r := c.do("POST", "/v1/contacts", named("Ada", "")); r.status != 401 {
		t.Errorf("got %d, want 401", r.status)
	}
	if w.PendingFaults() != 1 {
		t.Error("the fault is used up")
	}
}

func TestFaultsOfPages(t *testing.T) {
	w, c := newWorkspace(t, Options{})
	fill(t, w, 5, "crm")
	w.Inject(Fault{Kind: DropPageToken})
	c.must(404, c.do("GET", "/v1/contacts/1", "")) // is no list and leaves the fault alone
	r := c.do("GET", "/v1/contacts?maxResults=2", "")
	c.must(200, r)
	if strings.Contains(string(r.body), "nextPageToken") || !strings.Contains(string(r.body), `"data":[{`) {
		t.Errorf("got %s", r.body)
	}
	w.Inject(Fault{Kind: RepeatPageToken, Times: 3})
	first := c.list("maxResults=2")
	for range 2 {
		again := c.list("maxResults=2&pageToken=" + url.QueryEscape(*first.NextPageToken))
		if again.names() != first.names() || *again.NextPageToken != *first.NextPageToken {
			t.Errorf("got %v, want %v again", again, first)
		}
	}
	if got := len(c.scan(2, "")); got != 5 {
		t.Errorf("without faults a scan gave %d contacts, want 5", got)
	}
}

func TestSlowAnswers(t *testing.T) {
	for kind, madeEarly := range map[FaultKind]bool{SlowBefore: false, SlowAfter: true} {
		synctest.Test(t, func(t *testing.T) {
			w, err := New(Options{})
			if err != nil {
				t.Fatal(err)
			}
			w.Inject(Fault{Kind: kind, Delay: time.Minute})
			start, done := time.Now(), make(chan time.Duration)
			go func() {
				r := httptest.NewRequest("POST", "/v1/contacts", strings.NewReader(named("Ada", "")))
				r.Header.Set("Authorization", "sandbox")
				r.Header.Set("Content-Type", "application/json")
				w.ServeHTTP(httptest.NewRecorder(), r)
				done <- time.Since(start)
			}()
			time.Sleep(time.Second)
			if made := len(w.Contacts()) == 1; made != madeEarly {
				t.Errorf("kind %d: made during the delay: %v, want %v", kind, made, madeEarly)
			}
			if took := <-done; took != time.Minute || len(w.Contacts()) != 1 {
				t.Errorf("kind %d: took %v, made %d", kind, took, len(w.Contacts()))
			}
		})
	}
}

func TestRandomFaults(t *testing.T) {
	run := func(seed uint64, probability float64, choice ...Fault) (statuses []int) {
		w, c := newWorkspace(t, Options{})
		w.RandomFaults(seed, probability, choice...)
		for range 60 {
			statuses = append(statuses, c.do("POST", "/v1/contacts", named("Ada", "")).status)
		}
		return statuses
	}
	first := run(7, 0.5)
	if !slices.Equal(first, run(7, 0.5)) {
		t.Error("the same seed gave other faults")
	}
	if slices.Equal(first, run(8, 0.5)) {
		t.Error("another seed gave the same faults")
	}
	slices.Sort(first)
	if kinds := slices.Compact(first); len(kinds) < 5 || !slices.Contains(kinds, 201) {
		t.Errorf("got only the statuses %v", kinds)
	}
	if got := slices.Compact(run(1, 0)); !slices.Equal(got, []int{201}) {
		t.Errorf("probability 0 gave %v", got)
	}
	if got := slices.Compact(run(1, 1, Fault{Status: 503}, Fault{Status: 503, Match: On(RouteCreate)})); !slices.Equal(got, []int{503}) {
		t.Errorf("probability 1 gave %v", got)
	}
}
