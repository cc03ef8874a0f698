// Package discoverytest checks what passes between a client of Google Sheets and [sheetssim] against the discovery
// documents of the vendor, so that the two cannot agree on a mistake.
//
// [sheetssim]: https://pkg.go.dev/syncd/internal/sources/sheets/sheetssim
package discoverytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Middleware passes requests on to next and reports to t each success that the documents do not allow, and each request
// that they do not allow but next accepted. Bodies that are no JSON are the work of faults and pass.
func (d *Document) Middleware(t testing.TB, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // the client went away
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		defer func() {
			p := recover()
			if p == nil || answer.Flushed {
				forward(w, answer)
			}
			if p != nil {
				panic(p) // a connection that a fault cuts
			}
		}()
		next.ServeHTTP(answer, r)
		if answer.Code != http.StatusOK {
			return
		}
		if err := d.checkExchange(r, body, answer.Body.Bytes()); err != nil {
			t.Errorf("discovery: %s %s: %v", r.Method, r.URL.Path, err)
		}
	})
}

func (d *Document) checkExchange(r *http.Request, body, answer []byte) error {
	m := d.method(r.Method, r.URL.EscapedPath())
	if m == nil {
		if strings.HasSuffix(r.URL.Path, "/token") {
			return nil
		}
		return errors.New("accepted, although there is no such call")
	}
	return errors.Join(
		m.checkQuery(r.URL.Query()),
		d.checkBody("accepted body", m.Request, body),
		d.checkBody("answer", m.Response, answer),
	)
}

func (d *Document) checkBody(what string, s *Schema, raw []byte) error {
	var v any
	if s == nil || !json.Valid(raw) {
		return nil
	}
	if err := errors.Join(json.Unmarshal(raw, &v), d.Check(s, v)); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// common are the parameters of all calls, as far as the client sends them.
var common = map[string]Parameter{"alt": {Enum: []string{"json"}}, "prettyPrint": {}, "fields": {}}

func (m *Method) checkQuery(query url.Values) error {
	for name, values := range query {
		p, known := m.Parameters[name]
		if !known || p.Location != "query" {
			if p, known = common[name]; !known {
				return fmt.Errorf("accepted parameter %s", name)
			}
		}
		for _, v := range values {
			if err := checkEnum(p.Enum, v); err != nil {
				return fmt.Errorf("accepted parameter %s: %w", name, err)
			}
		}
		if len(values) > 1 && !p.Repeated {
			return fmt.Errorf("accepted parameter %s more than once", name)
		}
	}
	return nil
}

func forward(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	w.Write(answer.Body.Bytes())
	if answer.Flushed {
		http.NewResponseController(w).Flush()
	}
}
