package sheetssim

import (
	"net/url"
	"slices"
	"time"
)

// Request is a request that arrived.
type Request struct {
	Number  int       // from 1 on, since the start or the last ResetRequests
	At      time.Time // by the clock of Options
	User    string    // who called; "" where that is not known
	Route   string    // one of the Route constants; "" for an unknown one
	Class   Class
	Method  string
	Path    string
	Range   string // in the path
	Unknown string // the kind of a batch's request that the server does not imitate
	Query   url.Values
	Body    []byte
	Applied bool // the server did what was asked, whatever the client got to know
	Status  int  // of the answer; 0 while it is not answered, and when the connection was cut
	Whole   bool // the answer was a success, no fault spoilt it and the client still waited for it
}

// Match chooses requests.
type Match func(Request) bool

// On matches the requests of some routes.
func On(routes ...string) Match {
	return func(r Request) bool { return slices.Contains(routes, r.Route) }
}

// Reads matches reads of cells, Writes matches what changes the spreadsheet.
var (
	Reads  = On(RouteValuesGet, RouteValuesBatchGet, RouteBatchGetByFilter, RouteGetByFilter)
	Writes = Match(func(r Request) bool { return r.Class == Write })
)

// Requests returns the requests that arrived since the start or the last ResetRequests.
func (s *Spreadsheet) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Request, len(s.requests))
	for i, r := range s.requests {
		all[i] = *r
	}
	return all
}

// ResetRequests forgets the requests so far.
func (s *Spreadsheet) ResetRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

// hook is an edit that waits for its request.
type hook struct {
	match Match
	left  int // how many requests it still waits for; 0: it comes with each
	after bool
	edit  func(*Book, Request)
}

// Before has a person edit the spreadsheet right before the server acts on the nth request from now on that matches,
// with nothing in between; n = 0 is before each of them. Requests that are refused at the door do not count.
func (s *Spreadsheet) Before(match Match, n int, edit func(*Book, Request)) {
	s.addHook(&hook{match, n, false, edit})
}

// After is like Before, right after the server acted and before the client can know.
func (s *Spreadsheet) After(match Match, n int, edit func(*Book, Request)) {
	s.addHook(&hook{match, n, true, edit})
}

func (s *Spreadsheet) addHook(h *hook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = append(s.hooks, h)
}

// PendingHooks returns how many edits still wait for their request.
func (s *Spreadsheet) PendingHooks() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(s.hooks), func(h *hook) bool { return h.left == 0 }))
}

// ClearHooks removes all hooks.
func (s *Spreadsheet) ClearHooks() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = nil
}

func (s *Spreadsheet) runHooks(r *Request, after bool) {
	var stay []*hook
	for _, h := range s.hooks {
		due := h.after == after && h.match(*r)
		if due && h.left > 0 {
			h.left--
			due = h.left == 0
			if due {
				h.edit(s.book, *r)
				s.changed()
				continue
			}
		} else if due {
			h.edit(s.book, *r)
			s.changed()
		}
		stay = append(stay, h)
	}
	s.hooks = stay
}
