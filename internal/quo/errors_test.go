package quo

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestErrorText(t *testing.T) {
	const html = "<!DOCTYPE html><html><body>Not Found</body></html>"
	for _, test := range []struct {
		name   string
		status int
		body   string
		want   string // after "quo: get contact 65f0c1: "
	}{
		{"flat", 400, `{"message":"phone number is not valid","code":"0800400","status":400,"docs":"https://quo.com/docs",
			"title":"Bad Request","trace":"9c1e","errors":[{"path":"/defaultFields/phoneNumbers/0/value",
			"message":"Expected E.164","value":"555 0100","schema":{"type":"string"}},{"message":"and more"}]}`,
			"400 phone number is not valid; /defaultFields/phoneNumbers/0/value Expected E.164; and more (code 0800400, trace 9c1e)"},
		{"wrapped", 401, `{"error":{"message":"Missing authorization header","key":"Unauthorized","trace":"9c1e"}}`,
			"401 Missing authorization header (code Unauthorized, trace 9c1e)"},
		{"an error that is a text", 403, `{"error":"Forbidden workspace"}`, "403 Forbidden workspace"},
		{"title only", 403, `{"title":"Not Phone Number User"}`, "403 Not Phone Number User"},
		{"a number as code", 409, `{"message":"taken","code":801400}`, "409 taken (code 801400)"},
		{"members of other types", 409, `{"message":["a"],"code":{},"trace":null,"errors":{"a":1}}`, "409 Conflict"},
		{"empty object", 404, `{}`, "404 Not Found"},
		{"empty", 404, ``, "404 Not Found"},
		{"no JSON", 503, `try later`, "503 Service Unavailable"},
		{"an array", 404, `[]`, "404 Not Found"},
		{"null", 404, `null`, "404 Not Found"},
		{"a web page", 404, html, "404 Not Found: " + errNotQuo.Error()},
		{"a gateway's page", 502, html, "502 Bad Gateway"},
		{"a redirect", 301, ``, "301 Moved Permanently: " + errRedirect.Error()},
		{"another success", 202, ``, "202 Accepted"},
		{"a page as success", 200, html, "200: " + errNotQuo.Error()},
		{"unknown status", 499, ``, "499"},
		{"the key echoed", 401, `{"message":"` + key + ` is wrong","code":"` + key + `","trace":"` + key + `",
			"errors":[{"path":"/` + key + `","message":"` + key + ` too"}]}`,
			"401 [key] is wrong; /[key] [key] too (code [key], trace [key])"},
		{"a field that the message names", 400, `{"message":"Invalid: /a: too long","errors":[{"path":"/a","message":"too long"}]}`, "400 Invalid: /a: too long"},
		{"several lines", 400, `{"message":"a\nb\u001b[31mc "}`, "400 a b [31mc"},
		{"much text", 400, `{"message":"` + strings.Repeat("é", 600) + `"}`, "400 " + strings.Repeat("é", 500) + "…"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := serve(t, answering(test.status, http.DetectContentType([]byte(test.body)), test.body), Options{MaxAttempts: 1})
			_, err := c.Get(t.Context(), "65f0c1")
			if err == nil {
				t.Fatal("got no error")
			}
			if want := "quo: get contact 65f0c1: " + test.want; err.Error() != want {
				t.Errorf("got  %s\nwant %s", err, want)
			}
			if strings.Contains(fmt.Sprintf("%+v", *err.(*Error)), "555 0100") {
				t.Errorf("the error carries the value: %+v", err)
			}
			if spoken := errors.Is(err, ErrNotFound); spoken != (test.name == "empty object") {
				t.Errorf("errors.Is(err, ErrNotFound) is %v: only Quo can say that a contact is gone", spoken)
			}
		})
	}
}

// TestWrongServer is a base_url that leads to somebody's web site: nothing is gone because of what it says.
func TestWrongServer(t *testing.T) {
	for _, status := range []int{200, 301, 404} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			c := serve(t, answering(status, "text/html", "<html></html>"), Options{})
			calls := map[string]func() error{
				"list":   func() error { _, err := list(t.Context(), c, ""); return err },
				"get":    func() error { _, err := c.Get(t.Context(), "65f0c1"); return err },
				"create": func() error { _, err := c.Create(t.Context(), ada(), nil); return err },
				"delete": func() error { return c.Delete(t.Context(), "65f0c1", nil) },
			}
			for name, call := range calls {
				var want []error
				if writes := name == "create" || name == "delete"; writes && status < 400 {
					want = append(want, ErrUnheard)
				}
				err := call()
				checkError(t, err, want...)
				if !strings.Contains(err.Error(), "check quo.base_url") {
					t.Errorf("%s: %v", name, err)
				}
			}
			if got := c.Calls(); got != (Calls{List: 1, Get: 1, Create: 1, Delete: got.Delete, Retries: got.Delete - 1}) {
				t.Errorf("counted %+v, want no repeats of what repeats do not mend", got)
			}
		})
	}
}

func TestRedirectsDoNotGetTheKey(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the redirect was followed")
	}))
	defer elsewhere.Close()
	c := serve(t, http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect), Options{HTTP: &http.Client{}})
	_, err := c.Get(t.Context(), "65f0c1")
	checkError(t, err)
	_, err = c.Create(t.Context(), ada(), nil)
	checkError(t, err, ErrUnheard)
	c.options.HTTP.CloseIdleConnections()
}

// TestMalformedAnswer has a server that answers with the key and no HTTP, which net/http quotes.
func TestMalformedAnswer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.Read(make([]byte, 4096))
		conn.Write([]byte(key + "\r\n\r\n"))
		time.Sleep(10 * time.Millisecond)
	}()
	defer func() { listener.Close(); <-done }()
	c := newClient(t, Options{BaseURL: "http://" + listener.Addr().String()})
	_, err = c.Create(t.Context(), ada(), nil)
	checkError(t, err, ErrUnheard)
	if !strings.Contains(err.Error(), "[key]") {
		t.Errorf("the answer is not in the error: %v", err)
	}
}

func FuzzRefusal(f *testing.F) {
	f.Add(`{"message":"a","errors":[{"path":"b","message":"c"}]}`)
	f.Add(`{"error":{"message":"` + key + `","trace":1}}`)
	f.Add(`<html>`)
	c := New(Options{APIKey: key})
	f.Fuzz(func(t *testing.T, body string) {
		err := c.refusal(request{op: "get contact"}, answer{status: 404, header: http.Header{}, body: []byte(body)})
		if text := err.Error(); strings.Contains(text, key) || strings.ContainsAny(text, "\n\r\x1b") {
			t.Errorf("got %q", text)
		}
	})
}

func FuzzReadPage(f *testing.F) {
	f.Add(`{"data":[{"id":"1","externalId":null,"source":null,"sourceUrl":null,"defaultFields":{"firstName":null,
		"lastName":null,"company":null,"role":null,"phoneNumbers":[],"emails":[]},"customFields":[]}],"nextPageToken":"a"}`)
	f.Add(`{"data":[null],"nextPageToken":null}`)
	f.Fuzz(func(t *testing.T, body string) {
		p, err := readPage([]byte(body))
		if err != nil {
			return
		}
		for _, k := range p.contacts {
			if k.ID == "" || !k.Whole() {
				t.Errorf("yields %+v", k)
			}
		}
	})
}
