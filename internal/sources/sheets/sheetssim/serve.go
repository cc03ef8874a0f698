package sheetssim

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// call is one request on its way through the server.
type call struct {
	target
	query  url.Values
	body   []byte
	user   string
	fields string // which part of the answer is wanted; "": all
	record *Request
}

// decode reads the request's body. A member that the API does not have, or that this server does not imitate, is
// refused and never ignored.
func (c *call) decode(into any) error {
	if err := json.Unmarshal(c.body, into, json.RejectUnknownMembers(true)); err != nil {
		return invalid("Invalid JSON payload received. %v", err)
	}
	return nil
}

// ServeHTTP serves the API under any prefix. A connection that a fault cuts ends in a panic with
// http.ErrAbortHandler, as http.Server expects it.
func (s *Spreadsheet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away in the middle of its request
	}
	c := s.arrive(r, body)
	f, a := s.pass(c, r)
	if a == nil {
		a = s.answer(c, f)
	}
	spoilt := s.spoil(w, c, *a, f)
	s.finish(c, spoilt.status, (f == nil || f.slow()) && r.Context().Err() == nil)
	spoilt.send(w)
}

// arrive records the request.
func (s *Spreadsheet) arrive(r *http.Request, body []byte) *call {
	c := &call{target: targetOf(r.Method, r.URL), query: r.URL.Query(), body: body}
	c.fields = c.query.Get("fields")
	s.mu.Lock()
	defer s.mu.Unlock()
	c.record = &Request{
		Number: len(s.requests) + 1, At: s.options.Now(), Route: c.route, Class: routes[c.route].class,
		Method: r.Method, Path: r.URL.Path, Query: c.query, Body: body, Range: c.arg,
	}
	s.requests = append(s.requests, c.record)
	return c
}

// pass lets a request through to the spreadsheet, with its fault, or answers it.
func (s *Spreadsheet) pass(c *call, r *http.Request) (*Fault, *answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch c.route {
	case "":
		return nil, new(htmlAnswer(http.StatusNotFound))
	case RouteToken:
		return s.faults.next(*c.record), nil
	}
	if err := s.admit(c, r); err != nil {
		return nil, new(err.answer())
	}
	return s.faults.next(*c.record), nil
}

// admit checks who calls and how often.
func (s *Spreadsheet) admit(c *call, r *http.Request) *apiError {
	route := routes[c.route]
	scopes, err := s.identify(c, r)
	if err != nil {
		return err
	}
	if scopes != nil && !allows(scopes, c.route, route) {
		return forbidden(ReasonScope)
	}
	perUser := map[Class]int{Read: s.options.ReadsPerMinute, Write: s.options.WritesPerMinute}[route.class]
	if route.class == "" {
		return nil
	}
	return s.quota.pass(passage{c.record.At, route.class, c.user}, perUser)
}

// answer acts on the request, as far as its fault lets it.
func (s *Spreadsheet) answer(c *call, f *Fault) *answer {
	if f != nil && f.early() {
		time.Sleep(f.Delay)
	}
	switch {
	case f.is(CutBefore):
		s.cut(c)
	case f.is(Refuse):
		return new(f.answer(c.record.Class))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runHooks(c.record, false)
	a := s.act(c)
	c.record.Applied = a.status == http.StatusOK
	s.runHooks(c.record, true)
	return &a
}

// act does what the request asks for, all of it or nothing.
func (s *Spreadsheet) act(c *call) answer {
	if c.route == RouteToken {
		return s.grant(c)
	}
	v, err := s.result(c)
	if refusal := new(apiError); errors.As(err, &refusal) {
		return refusal.answer()
	}
	if err != nil {
		panic(err) // handlers refuse in the API's words only
	}
	return jsonAnswer(http.StatusOK, v)
}

func (s *Spreadsheet) result(c *call) (any, error) {
	route := routes[c.route]
	switch role := s.access.role(c.user); {
	case c.id != s.options.ID:
		return nil, failure(http.StatusNotFound, "")
	case role == NoAccess, role == Viewer && route.class == Write:
		return nil, forbidden("")
	case s.book.Office && c.route != RouteDriveGet:
		return nil, &apiError{Code: http.StatusBadRequest, Status: "FAILED_PRECONDITION",
			Message: "This operation is not supported for this document"}
	}
	if err := checkQuery(c.query, route.params); err != nil {
		return nil, err
	}
	v, err := route.serve(s, c)
	if err != nil {
		return nil, err
	}
	return masked(v, c.fields)
}

// commonParams are those of every route, as far as the Go client sends them.
var commonParams = map[string][]string{"alt": {"json"}, "prettyPrint": boolean, "fields": anyText}

func checkQuery(query url.Values, params map[string][]string) error {
	for name, values := range query {
		allowed, known := params[name]
		if !known {
			allowed, known = commonParams[name]
		}
		if !known {
			return invalid("Invalid JSON payload received. Unknown name %q: Cannot bind query parameter.", name)
		}
		if len(values) > 1 && name != "ranges" {
			return invalid("Invalid value at '%s', it is there more than once", snake(name))
		}
		for _, v := range values {
			if allowed != nil && !slices.Contains(allowed, v) {
				return invalid("Invalid value at '%s', %q", snake(name), v)
			}
		}
	}
	return nil
}

// checkEnum is for the enums in bodies; "" is one that was left out.
func checkEnum(name, value string, allowed []string) error {
	if value != "" && !slices.Contains(allowed, value) {
		return invalid("Invalid value at '%s', %q", snake(name), value)
	}
	return nil
}

// snake is a name as messages of the API spell it: value_input_option.
func snake(name string) string {
	var b strings.Builder
	for _, c := range name {
		if c >= 'A' && c <= 'Z' {
			b.WriteByte('_')
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}

// spoil does what a fault does to the answer.
func (s *Spreadsheet) spoil(w http.ResponseWriter, c *call, a answer, f *Fault) answer {
	if f == nil || f.early() {
		return a
	}
	time.Sleep(f.Delay)
	switch f.Kind {
	case FailAfter:
		return f.answer(c.record.Class)
	case CutAfter:
		s.cut(c)
	case TruncateJSON:
		a.body = a.body[:len(a.body)/2]
	case EmptyBody:
		a.body = nil
	case EmptyObject:
		a.body = []byte("{}")
	case CutBody:
		s.finish(c, 0, false)
		a.sendHalf(w)
		panic(http.ErrAbortHandler)
	}
	return a
}

func (s *Spreadsheet) cut(c *call) {
	s.finish(c, 0, false)
	panic(http.ErrAbortHandler)
}

// finish records what the client will see.
func (s *Spreadsheet) finish(c *call, status int, whole bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.record.Status, c.record.Whole = status, whole && status == http.StatusOK
}
