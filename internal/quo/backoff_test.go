package quo

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetryAfter(t *testing.T) {
	const server = "Mon, 23 Nov 2026 10:00:00 GMT" // whatever the time is here
	for value, want := range map[string]time.Duration{
		"":                              0,
		"0":                             0,
		"3":                             3 * time.Second,
		"3600":                          time.Hour,
		"-1":                            0,
		"1.5":                           0,
		"soon":                          0,
		"99999999999999999999":          0,
		"Mon, 23 Nov 2026 10:00:07 GMT": 7 * time.Second,
		"Mon, 23 Nov 2026 09:59:59 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}, "Date": {server}}); got != want {
			t.Errorf("Retry-After %q: got %s, want %s", value, got, want)
		}
	}
	synctest.Test(t, func(t *testing.T) { // of a server that does not say what time it is
		at := time.Now().Add(7 * time.Second).UTC().Format(http.TimeFormat)
		if got := retryAfter(http.Header{"Retry-After": {at}}); got != 7*time.Second {
			t.Errorf("got %s, want 7s", got)
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("3")
	f.Add("Mon, 23 Nov 2026 10:00:07 GMT")
	f.Fuzz(func(t *testing.T, value string) {
		if got := retryAfter(http.Header{"Retry-After": {value}, "Date": {"Mon, 23 Nov 2026 10:00:00 GMT"}}); got < 0 {
			t.Errorf("Retry-After %q: got %s", value, got)
		}
	})
}

func TestBackoffGrowsAndIsJittered(t *testing.T) {
	c := New(Options{})
	longest := make([]time.Duration, 10)
	for range 2000 {
		waits := c.backoff()
		for i := range longest {
			wait := waits.NextBackOff()
			if wait < 0 {
				t.Fatalf("wait of %s", wait)
			}
			longest[i] = max(longest[i], wait)
		}
	}
	most := 500 * time.Millisecond
	for i, got := range longest { // the chance that none of 2000 comes near the most is nil
		if got > most+time.Nanosecond || got < most*9/10 {
			t.Errorf("wait %d: the longest is %s, want one close to %s", i, got, most)
		}
		most = min(2*most, 30*time.Second)
	}
}

// script is a transport that gives prepared answers, and notes when it was asked.
type script struct {
	answers []http.Response
	at      []time.Time
}

func (s *script) RoundTrip(*http.Request) (*http.Response, error) {
	res := s.answers[min(len(s.at), len(s.answers)-1)]
	s.at = append(s.at, time.Now())
	if res.Header == nil {
		res.Header = http.Header{}
	}
	res.Body = io.NopCloser(strings.NewReader(`{"data":[]}`))
	return &res, nil
}

func scripted(answers ...http.Response) (*script, *Client) {
	s := &script{answers: answers}
	return s, New(Options{BaseURL: "http://quo.example", HTTP: &http.Client{Transport: s}})
}

func after(status int, retryAfter string) http.Response {
	return http.Response{StatusCode: status, Header: http.Header{"Retry-After": {retryAfter}}}
}

func TestWaitsBeforeRepeats(t *testing.T) {
	fine := http.Response{StatusCode: http.StatusOK}
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // of every synctest bubble
	for _, test := range []struct {
		name        string
		answer      http.Response
		least, most time.Duration
	}{
		{"without a word", http.Response{StatusCode: 429}, 0, 500 * time.Millisecond},
		{"seconds", after(429, "7"), 7 * time.Second, 7 * time.Second},
		{"a date", after(503, start.Add(9*time.Second).Format(http.TimeFormat)), 9 * time.Second, 9 * time.Second},
		{"a date that passed", after(503, start.Add(-9*time.Second).Format(http.TimeFormat)), 0, 500 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, c := scripted(test.answer, fine)
				if _, err := c.CustomFields(t.Context()); err != nil {
					t.Fatal(err)
				}
				if wait := s.at[1].Sub(s.at[0]); wait < test.least || wait > test.most {
					t.Errorf("waited %s, want %s to %s", wait, test.least, test.most)
				}
			})
		})
	}
}

func TestGivingUp(t *testing.T) {
	for _, test := range []struct {
		name     string
		answer   http.Response
		timeout  time.Duration // of the context
		attempts int
		waited   time.Duration // exactly; -1: any
		want     error
	}{
		{"after so many attempts", http.Response{StatusCode: 500}, time.Hour, 5, -1, nil},
		{"when asked to wait for an hour", after(429, "3600"), 10 * time.Hour, 1, 0, nil},
		{"when the context ends before the wait", after(429, "60"), 30 * time.Second, 1, 0, context.DeadlineExceeded},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), test.timeout)
				defer cancel()
				s, c := scripted(test.answer)
				start := time.Now()
				_, err := c.CustomFields(ctx)
				checkError(t, err)
				if test.want != nil && !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
				if e := new(Error); !errors.As(err, &e) || e.Status != test.answer.StatusCode {
					t.Errorf("the answer is not in the error: %v", err)
				}
				if waited := time.Since(start); len(s.at) != test.attempts || test.waited >= 0 && waited != test.waited {
					t.Errorf("gave up after %d attempts and %s", len(s.at), waited)
				}
			})
		})
	}
}

func TestCancelledWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s, c := scripted(after(503, "60"))
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		_, err := c.CustomFields(ctx)
		checkError(t, err)
		if !errors.Is(err, context.Canceled) || time.Since(start) != time.Second || len(s.at) != 1 {
			t.Errorf("after %s and %d attempts: %v", time.Since(start), len(s.at), err)
		}
	})
}
