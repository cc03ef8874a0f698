package openapitest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const miniature = `{
	"openapi": "3.1.0",
	"paths": {
		"/v1/things": {"get": {
			"parameters": [
				{"in": "query", "name": "max", "required": true, "schema": {"type": "integer", "maximum": 5}},
				{"in": "query", "name": "ids", "schema": {"type": "array", "items": {"type": "string", "minLength": 1}}}
			],
			"responses": {
				"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
				"400": {"$ref": "#/components/responses/Bad"}
			}
		}},
		"/v1/things/{id}": {
			"patch": {
				"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
				"responses": {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}}
			},
			"delete": {"responses": {"204": {}}}
		}
	},
	"components": {
		"schemas": {"Thing": {"type": "object", "required": ["at"],
			"properties": {"at": {"type": "string", "format": "date-time"}}}},
		"responses": {"Bad": {"content": {"application/json": {"schema": {"type": "object", "required": ["message"]}}}}}
	}
}`

// witness is a test that is told of errors without failing.
type witness struct {
	testing.TB
	errors []string
}

func (w *witness) Errorf(format string, args ...any) {
	w.errors = append(w.errors, fmt.Sprintf(format, args...))
}

func TestMiddleware(t *testing.T) {
	file := filepath.Join(t.TempDir(), "openapi.json")
	if err := os.WriteFile(file, []byte(miniature), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SYNCD_QUO_OPENAPI", file)
	const good = `{"at": "2026-11-23T10:00:00.000Z"}`
	for _, test := range []struct {
		name         string
		method, path string
		body         string
		status       int
		answer       string
		want         string // in the one error; "" for none
	}{
		{"right", "GET", "/api/v1/things?max=5&ids=a&ids=b", "", 200, good, ""},
		{"required parameter missing", "GET", "/v1/things", "", 200, good, "accepted without max"},
		{"parameter out of range", "GET", "/v1/things?max=6", "", 200, good, "accepted parameter max"},
		{"parameter of the wrong type", "GET", "/v1/things?max=many", "", 200, good, "accepted parameter max"},
		{"array parameter with a bad item", "GET", "/v1/things?max=1&ids=", "", 200, good, "accepted parameter ids"},
		{"bad request refused", "GET", "/v1/things", "", 400, `{"message": "no"}`, ""},
		{"bad format", "GET", "/v1/things?max=1", "", 200, `{"at": "yesterday"}`, "answer 200"},
		{"member missing", "GET", "/v1/things?max=1", "", 200, `{}`, "answer 200"},
		{"answer cut off", "GET", "/v1/things?max=1", "", 200, `{"at"`, "answer 200"},
		{"referenced response", "GET", "/v1/things", "", 400, `{}`, "answer 400"},
		{"undocumented error", "GET", "/v1/things?max=1", "", 502, `<html>`, ""},
		{"undocumented success", "GET", "/v1/things?max=1", "", 202, `{}`, "202 is not documented"},
		{"good body", "PATCH", "/v1/things/1", good, 200, `{}`, ""},
		{"bad body", "PATCH", "/v1/things/1", `{}`, 200, `{}`, "accepted body"},
		{"no body wanted", "DELETE", "/v1/things/1", "", 204, "", ""},
		{"unknown operation", "PUT", "/v1/things/1", "", 200, "anything", ""},
		{"unknown path", "GET", "/v2/things", "", 200, "anything", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := &witness{TB: t}
			h := Middleware(w, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if body, _ := io.ReadAll(r.Body); string(body) != test.body {
					t.Errorf("body reached the handler as %q", body)
				}
				rw.Header().Set("X-Trace", "7")
				rw.WriteHeader(test.status)
				io.WriteString(rw, test.answer)
			}))
			got := httptest.NewRecorder()
			h.ServeHTTP(got, httptest.NewRequest(test.method, test.path, strings.NewReader(test.body)))
			if got.Code != test.status || got.Body.String() != test.answer || got.Header().Get("X-Trace") != "7" {
				t.Errorf("answer came through as %d %q %v", got.Code, got.Body, got.Header())
			}
			switch {
			case test.want == "" && len(w.errors) > 0:
				t.Errorf("got errors %q, want none", w.errors)
			case test.want != "" && (len(w.errors) != 1 || !strings.Contains(w.errors[0], test.want)):
				t.Errorf("got errors %q, want one with %q", w.errors, test.want)
			}
		})
	}
}

func TestMiddlewareWithoutDocument(t *testing.T) {
	t.Chdir(t.TempDir()) // no module around, no document beside it
	t.Setenv("SYNCD_QUO_OPENAPI", "")
	h := Middleware(t, http.NotFoundHandler())
	got := httptest.NewRecorder()
	h.ServeHTTP(got, httptest.NewRequest("GET", "/v1/things", nil))
	if got.Code != http.StatusNotFound {
		t.Errorf("got %d, want the handler's 404", got.Code)
	}
}
