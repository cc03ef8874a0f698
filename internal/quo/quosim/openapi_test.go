package quosim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"syncd/internal/quo/quosim"
	"syncd/internal/quo/quosim/openapitest"
)

// exchange sends a request through the middleware and returns the status and the decoded answer.
func exchange(t *testing.T, h http.Handler, key, method, path string, body any) (int, map[string]any) {
	t.Helper()
	raw, isText := body.(string)
	if !isText && body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		raw = string(encoded)
	}
	r := httptest.NewRequest(method, "/any/prefix"+path, strings.NewReader(raw))
	r.Header.Set("Authorization", key)
	r.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	var v map[string]any
	if b := answer.Body.Bytes(); bytes.HasPrefix(b, []byte("{")) {
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
	}
	return answer.Code, v
}

// The answers to traffic of all kinds are what the vendor's document says, in both shapes of errors, and nothing is
// accepted that the document refuses.
func TestAnswersAsDocumented(t *testing.T) {
	for _, wrapped := range []bool{false, true} {
		w, err := quosim.New(quosim.Options{RequestsPerSecond: -1, WrappedErrors: wrapped})
		if err != nil {
			t.Fatal(err)
		}
		h := openapitest.Middleware(t, w)
		want := func(status int, method, path string, body any) map[string]any {
			t.Helper()
			got, answer := exchange(t, h, "sandbox", method, path, body)
			if got != status {
				t.Fatalf("%s %s %v: got %d %v, want %d", method, path, body, got, answer, status)
			}
			return answer
		}
		full := fullContact()
		made := want(201, "POST", "/v1/contacts", full)["data"].(map[string]any)
		path := "/v1/contacts/" + made["id"].(string)
		want(409, "POST", "/v1/contacts", full)
		want(200, "GET", path, nil)
		delete(full, "createdByUserId")
		want(200, "PATCH", path, full)
		want(200, "PATCH", path, map[string]any{"source": nil, "sourceUrl": nil, "externalId": nil})
		want(200, "PATCH", path, map[string]any{})
		want(200, "GET", "/v1/contact-custom-fields", nil)
		listAll(t, w, func(query string) map[string]any { return want(200, "GET", "/v1/contacts?"+query, nil) })

		for _, source := range []string{"csv-v2", "openphone-attio", ""} {
			c, err := w.Add(quosim.Contact{Source: &source, PhoneNumbers: []quosim.Item{{Name: "m", Value: "ask Ada"}}})
			if err != nil {
				t.Fatal(err)
			}
			want(200, "GET", "/v1/contacts/"+c.ID, nil)
			if source == "openphone-attio" {
				want(403, "PATCH", "/v1/contacts/"+c.ID, map[string]any{})
				want(403, "DELETE", "/v1/contacts/"+c.ID, nil)
			}
		}
		for _, body := range badBodies {
			want(400, "POST", "/v1/contacts", body)
		}
		want(400, "GET", "/v1/contacts", nil)
		want(400, "GET", "/v1/contacts?maxResults=51", nil)
		want(400, "GET", "/v1/contacts?maxResults=50&externalIds=", nil)
		want(404, "GET", "/v1/contacts/nobody", nil)
		want(204, "DELETE", path, nil)
		want(404, "DELETE", path, nil)
		faultyAnswers(t, w, want)
		if status, _ := exchange(t, h, "Bearer sandbox", "GET", path, nil); status != 401 {
			t.Errorf("got %d, want 401", status)
		}
	}
}

func fullContact() map[string]any {
	var custom []map[string]any
	for _, d := range quosim.DefaultCustomFields() {
		value := map[string]any{
			"boolean": true, "number": 1.5, "date": "2024-09-11T04:00:00.000Z", "multi-select": []string{"a"},
		}[d.Type]
		if value == nil {
			value = "text"
		}
		custom = append(custom, map[string]any{"key": d.Key, "value": value})
	}
	return map[string]any{
		"externalId": "C-1", "source": "crm", "sourceUrl": "https://crm.example/C-1", "createdByUserId": "US1",
		"defaultFields": map[string]any{
			"firstName": "Ada", "lastName": "Byron", "company": nil, "role": "", "nickname": "A",
			"phoneNumbers": []any{map[string]any{"name": "m", "value": "+4930901820"}, map[string]any{"name": "n", "value": nil}},
			"emails":       []any{map[string]any{"name": "", "value": "ada@example.com"}},
		},
		"customFields": custom,
	}
}

var badBodies = []string{
	`{`, `{}`, `null`, `{"defaultFields": {}}`, `{"defaultFields": {"firstName": 1}}`,
	`{"defaultFields": {"firstName": "A"}, "source": "csv"}`, `{"defaultFields": {"firstName": "A"}, "x": 1}`,
	`{"defaultFields": {"firstName": "A"}, "customFields": [{"key": "no", "value": "x"}]}`,
	`{"defaultFields": {"firstName": "A"}, "customFields": [{"key": "1695829375142", "value": "x"}]}`,
}

// listAll lists in pages, with and without filters.
func listAll(t *testing.T, w *quosim.Workspace, list func(query string) map[string]any) {
	for i := range 7 {
		if _, err := w.Add(quosim.Contact{Source: new("crm"), ExternalID: new(fmt.Sprint("L-", i))}); err != nil {
			t.Fatal(err)
		}
	}
	for _, filter := range []string{"", "&sources=crm", "&externalIds=L-1&externalIds=L-2&externalIds=nope", "&sources=nope"} {
		query, pages := "maxResults=2"+filter, 0
		for next, more := "", true; more; pages++ {
			token, _ := list(query + next)["nextPageToken"].(string)
			next, more = "&pageToken="+url.QueryEscape(token), token != ""
		}
		if pages > 4 {
			t.Errorf("%s: %d pages", filter, pages)
		}
	}
}

// faultyAnswers are those that the document knows.
func faultyAnswers(t *testing.T, w *quosim.Workspace, want func(int, string, string, any) map[string]any) {
	routes := map[string]string{quosim.RouteList: "/v1/contacts?maxResults=1", quosim.RouteCustomFields: "/v1/contact-custom-fields"}
	for route, path := range routes {
		for _, status := range []int{400, 401, 403, 404, 429, 500} {
			w.Inject(quosim.Fault{Match: quosim.On(route), Status: status})
			want(status, "GET", path, nil)
		}
	}
	if n := w.PendingFaults(); n > 0 {
		t.Errorf("%d faults did not happen", n)
	}
}

// The strictness of the test above is real: the middleware sees what a careless server would do.
func TestMiddlewareSeesBrokenAnswers(t *testing.T) {
	w, err := quosim.New(quosim.Options{RequestsPerSecond: -1})
	if err != nil {
		t.Fatal(err)
	}
	told := &told{TB: t}
	h := openapitest.Middleware(told, w)
	if told.logs > 0 {
		return // no document at hand, which the log says
	}
	for _, kind := range []quosim.FaultKind{quosim.DropPageToken, quosim.TruncateJSON, quosim.EmptyBody} {
		w.Inject(quosim.Fault{Kind: kind})
		r := httptest.NewRequest("GET", "/v1/contacts?maxResults=1", nil)
		r.Header.Set("Authorization", "sandbox")
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		io.Copy(io.Discard, answer.Body)
	}
	if told.errors != 3 {
		t.Errorf("got %d errors, want one for each broken answer", told.errors)
	}
}

type told struct {
	testing.TB
	logs, errors int
}

func (w *told) Log(args ...any) {
	w.logs++
	w.TB.Log(args...)
}

func (w *told) Errorf(string, ...any) { w.errors++ }
