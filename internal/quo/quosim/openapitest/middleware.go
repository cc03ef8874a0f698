// Package openapitest checks what passes between a Quo client and [quosim] against the vendor's OpenAPI document, so
// that the two cannot agree on a mistake. The document is not ours to copy: it is read from where it is at hand.
//
// [quosim]: https://pkg.go.dev/syncd/internal/quo/quosim
package openapitest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Middleware passes requests on to next and reports to t each answer that the document does not allow, and each
// request that it does not allow but next accepted. The document, OpenAPI 3.1 in JSON, is the file that
// SYNCD_QUO_OPENAPI names, else ../shared/quo-api/openapi-v1.json beside the module; without one, Middleware logs that
// and returns next. Statuses that the document does not name pass unless they are successes. Broken bodies are broken
// rules: do not have faults make them.
func Middleware(t testing.TB, next http.Handler) http.Handler {
	t.Helper()
	file := find(t)
	if file == "" {
		t.Log("openapi: no document at hand, answers not validated")
		return next
	}
	doc, err := load(file)
	if err != nil {
		t.Fatalf("openapi: %v", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		op := doc.operation(r)
		if op == nil {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // the client went away
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		if err := op.checkExchange(r, body, answer.Result(), answer.Body.Bytes()); err != nil {
			t.Errorf("openapi: %s %s: %v", r.Method, r.URL.Path, err)
		}
		forward(w, answer)
	})
}

// find returns the document's file name, "" when there is none.
func find(t testing.TB) string {
	if file := os.Getenv("SYNCD_QUO_OPENAPI"); file != "" {
		return file
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatalf("openapi: %v", err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
	}
	file := filepath.Join(filepath.Dir(dir), "shared", "quo-api", "openapi-v1.json")
	if _, err := os.Stat(file); err != nil {
		return ""
	}
	return file
}

func forward(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	w.Write(answer.Body.Bytes())
}

// base drops the prefix under which the API is served.
func base(path string) string {
	if i := strings.LastIndex(path, "/v1/"); i >= 0 {
		return path[i:]
	}
	return path
}
