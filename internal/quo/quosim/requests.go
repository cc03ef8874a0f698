package quosim

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Request is a request that arrived.
type Request struct {
	At     time.Time // when its header had arrived, by the monotonic clock; requests are in this order
	Key    string    // the Authorization header
	Route  string    // one of the Route constants; "" for an unknown one
	Method string
	Path   string
	Query  url.Values
	Body   []byte
	Status int // of the answer; 0 while it is not answered, and when the connection was cut
}

// requestLog remembers the latest requests.
type requestLog struct {
	keep     int // 0: all; negative: none
	requests []*Request
	count    int // since the last reset
}

func (l *requestLog) add(r *Request) (number int) {
	l.count++
	if l.keep >= 0 {
		l.requests = append(l.requests, r)
	}
	if l.keep > 0 && len(l.requests) >= 2*l.keep {
		l.requests = slices.Clone(l.requests[len(l.requests)-l.keep:])
	}
	return l.count
}

func (l *requestLog) latest() []*Request {
	if l.keep > 0 && len(l.requests) > l.keep {
		return l.requests[len(l.requests)-l.keep:]
	}
	return l.requests
}

// Requests returns the requests that arrived since the start or the last ResetRequests, as many of the latest as
// Options.KeepRequests says.
func (w *Workspace) Requests() []Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []Request
	for _, r := range w.log.latest() {
		all = append(all, *r)
	}
	return all
}

// ResetRequests forgets the requests so far; OnRequest counts from 1 again.
func (w *Workspace) ResetRequests() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = requestLog{keep: w.log.keep}
}

// OnRequest has hook called with each request and its number, from 1 on, before the workspace acts on it. The hook may
// use the workspace: an edit that it makes happens between two requests. nil removes the hook.
func (w *Workspace) OnRequest(hook func(n int, r *http.Request)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before = hook
}

// AfterRequest has hook called after the workspace acted and before the answer leaves; status is 0 where no answer
// will. It is otherwise like OnRequest.
func (w *Workspace) AfterRequest(hook func(n int, r *http.Request, status int)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.after = hook
}
