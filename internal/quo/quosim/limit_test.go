package quosim

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// ask sends a request at the current time of the bubble.
func ask(w *Workspace, key string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/v1/contact-custom-fields", nil)
	r.Header.Set("Authorization", key)
	answer := httptest.NewRecorder()
	w.ServeHTTP(answer, r)
	return answer
}

func TestRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, err := New(Options{Keys: []string{"one", "two"}})
		if err != nil {
			t.Fatal(err)
		}
		want := func(key string, status int, remaining string) {
			t.Helper()
			got := ask(w, key)
			if got.Code != status || got.Header().Get("ratelimit") != `"per-second";r=`+remaining+`;t=1` ||
				got.Header().Get("ratelimit-policy") != `"per-second";q=10;w=1` {
				t.Errorf("got %d %v, want %d with %s remaining", got.Code, got.Header(), status, remaining)
			}
		}
		for _, remaining := range []string{"9", "8", "7", "6", "5"} {
			want("one", 200, remaining)
		}
		time.Sleep(999 * time.Millisecond)
		for _, remaining := range []string{"4", "3", "2", "1", "0"} {
			want("one", 200, remaining)
		}
		want("one", 429, "0")
		want("two", 200, "9")
		want("no key at all", 401, "9")
		time.Sleep(time.Millisecond) // the first five are a second old; the refused one counts
		for _, remaining := range []string{"3", "2", "1", "0"} {
			want("one", 200, remaining)
		}
		want("one", 429, "0")
		time.Sleep(time.Second)
		want("one", 200, "9")
	})
}

func TestEvenlySpacedRequestsPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, err := New(Options{RequestsPerSecond: 4})
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			if got := ask(w, "sandbox"); got.Code != 200 {
				t.Fatalf("got %d", got.Code)
			}
			time.Sleep(250 * time.Millisecond)
		}
	})
}

func TestTooManyRequests(t *testing.T) {
	for _, retryAfter := range []string{"", "1"} {
		w, c := newWorkspace(t, Options{RequestsPerSecond: 1, RetryAfter: retryAfter != ""})
		c.create(named("Ada", ""))
		r := c.do("POST", "/v1/contacts", named("Bob", ""))
		c.wantError(r, http.StatusTooManyRequests, "", "Too Many Requests")
		if got := r.header.Get("Retry-After"); got != retryAfter {
			t.Errorf("Retry-After is %q, want %q", got, retryAfter)
		}
		if len(w.Contacts()) != 1 {
			t.Error("the refused request made a contact")
		}
	}
}

func TestNoLimit(t *testing.T) {
	w, err := New(Options{RequestsPerSecond: -1})
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if got := ask(w, "sandbox"); got.Code != 200 || got.Header().Get("ratelimit") != "" {
			t.Fatalf("got %d %v", got.Code, got.Header())
		}
	}
}
