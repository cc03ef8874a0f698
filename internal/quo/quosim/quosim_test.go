package quosim

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
)

// prefix is where the tests mount the API.
const prefix = "/quo/api"

// client speaks to a workspace over HTTP.
type client struct {
	*testing.T
	base string
	key  string
}

// reply is an answer, and the error instead when there was none.
type reply struct {
	status int
	header http.Header
	body   []byte
	err    error
}

// newWorkspace makes a workspace without a rate limit unless o sets one, and a client for it.
func newWorkspace(t *testing.T, o Options) (*Workspace, *client) {
	t.Helper()
	if o.RequestsPerSecond == 0 {
		o.RequestsPerSecond = -1
	}
	w, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w, serve(t, w)
}

func serve(t *testing.T, h http.Handler) *client {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(prefix+"/", h)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return &client{t, server.URL + prefix, "sandbox"}
}

func (c *client) do(method, path, body string) reply {
	c.Helper()
	r, err := http.NewRequest(method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	if c.key != "" {
		r.Header.Set("Authorization", c.key)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return c.send(r)
}

func (c *client) send(r *http.Request) reply {
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return reply{answer.StatusCode, answer.Header, body, err}
}

// must fails the test unless the answer has the status, and returns its decoded data.
func (c *client) must(status int, r reply) map[string]any {
	c.Helper()
	if r.err != nil || r.status != status {
		c.Fatalf("got %d %s %v, want %d", r.status, r.body, r.err, status)
	}
	if len(r.body) == 0 {
		return nil
	}
	var v map[string]any
	if err := json.Unmarshal(r.body, &v); err != nil {
		c.Fatalf("%v: %s", err, r.body)
	}
	if data, ok := v["data"].(map[string]any); ok {
		return data
	}
	return v
}

func (c *client) create(body string) (id string) {
	c.Helper()
	return c.must(http.StatusCreated, c.do("POST", "/v1/contacts", body))["id"].(string)
}

// named is the body of a contact with that first name and, unless "", externalId, under the source "crm".
func named(name, externalID string) string {
	b := map[string]any{"source": "crm", "defaultFields": map[string]any{"firstName": name}}
	if externalID != "" {
		b["externalId"] = externalID
	}
	raw, _ := json.Marshal(b)
	return string(raw)
}

type listing struct {
	Data []struct {
		ID            string
		ExternalID    *string
		Source        *string
		DefaultFields struct{ FirstName string }
	}
	TotalItems    *int
	NextPageToken *string
}

func (c *client) list(query string) listing {
	c.Helper()
	r := c.do("GET", "/v1/contacts?"+query, "")
	if r.err != nil || r.status != http.StatusOK {
		c.Fatalf("list %s: got %d %s %v", query, r.status, r.body, r.err)
	}
	var l listing
	if err := json.Unmarshal(r.body, &l); err != nil {
		c.Fatalf("%v: %s", err, r.body)
	}
	return l
}

func (l listing) names() string {
	var names []string
	for _, c := range l.Data {
		names = append(names, c.DefaultFields.FirstName)
	}
	return strings.Join(names, " ")
}

// scan reads pages of n to the last one and returns the first names.
func (c *client) scan(n int, query string) []string {
	c.Helper()
	var names []string
	token := ""
	for range 1000 {
		l := c.list(fmt.Sprintf("maxResults=%d&%s%s", n, query, token))
		names = append(names, strings.Fields(l.names())...)
		if l.NextPageToken == nil {
			return names
		}
		token = "&pageToken=" + url.QueryEscape(*l.NextPageToken)
	}
	c.Fatal("no last page")
	return nil
}

func (c *client) wantError(r reply, status int, code, message string) {
	c.Helper()
	var p struct {
		Message, Code, Title, Docs, Trace string
		Status                            int
	}
	if r.err != nil || r.status != status || json.Unmarshal(r.body, &p) != nil {
		c.Fatalf("got %d %s %v, want a flat %d", r.status, r.body, r.err, status)
	}
	if p.Code != code || !strings.Contains(p.Message, message) || p.Status != status || p.Trace == "" || p.Title == "" || p.Docs == "" {
		c.Errorf("got %s, want code %s and a message with %q", r.body, code, message)
	}
}

func pretty(t *testing.T, raw []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return b.String()
}
