package discoverytest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// witness is a test that is told of errors without failing.
type witness struct {
	testing.TB
	errors []string
}

func (w *witness) Errorf(format string, args ...any) {
	w.errors = append(w.errors, fmt.Sprintf(format, args...))
}

func TestMiddleware(t *testing.T) {
	d := Load(t)
	const sheet = "/v4/spreadsheets/1x"
	for _, test := range []struct {
		name         string
		method, path string
		body         string
		status       int
		answer       string
		want         string // in the one error; "" for none
	}{
		{"right", "GET", "/any" + sheet + "/values/A%3AB?valueRenderOption=FORMULA", "", 200, `{"values":[["a",1]]}`, ""},
		{"unknown member", "GET", sheet + "/values/A1", "", 200, `{"cells":[]}`, "answer: unknown member cells"},
		{"wrong type", "GET", sheet + "/values/A1", "", 200, `{"range":1}`, "answer: range: float64 instead of a string"},
		{"enum", "GET", sheet + "/values/A1", "", 200, `{"majorDimension":"LAYERS"}`, "answer: majorDimension"},
		{"nested", "GET", sheet, "", 200, `{"sheets":[{"properties":{"sheetId":0.5}}]}`, "answer: sheets: [0]: properties: sheetId"},
		{"refused", "GET", sheet + "/values/A1?valueRenderOption=NICE", "", 400, `{"error":{}}`, ""},
		{"parameter enum", "GET", sheet + "/values/A1?valueRenderOption=NICE", "", 200, `{}`, "accepted parameter valueRenderOption"},
		{"unknown parameter", "GET", sheet + "/values/A1?nice=1", "", 200, `{}`, "accepted parameter nice"},
		{"repeated", "GET", sheet + "/values:batchGet?ranges=A1&ranges=A2", "", 200, `{}`, ""},
		{"repeated wrongly", "GET", sheet + "/values/A1?majorDimension=ROWS&majorDimension=ROWS", "", 200, `{}`, "more than once"},
		{"body", "POST", sheet + ":batchUpdate", `{"requests":[{"sortRange":{}}]}`, 200, `{"replies":[{}]}`, ""},
		{"bad body", "POST", sheet + ":batchUpdate", `{"requests":[{"sort":{}}]}`, 200, `{}`, "accepted body: requests: [0]: unknown member sort"},
		{"broken answer", "GET", sheet, "", 200, `{"sheets"`, ""},
		{"unknown call", "GET", sheet + "/rows", "", 200, `{}`, "no such call"},
		{"drive", "GET", "/drive/v3/files/1x?fields=version", "", 200, `{"version":"7"}`, ""},
		{"drive, wrong type", "GET", "/drive/v3/files/1x", "", 200, `{"version":7}`, "answer: version"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := &witness{TB: t}
			h := d.Middleware(w, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
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
