package sheetssim_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/googleapis/gax-go/v2/apierror"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/api/sheets/v4"

	"syncd/internal/sources/sheets/sheetssim"
)

// inProcess makes another client for the world, without a network.
func (w *world) inProcess() *world {
	w.Helper()
	client, err := sheets.NewService(w.Context(), option.WithHTTPClient(&http.Client{Transport: w.Transport()}))
	if err != nil {
		w.Fatal(err)
	}
	return &world{w.T, w.Spreadsheet, client, w.url}
}

// Every fault, over a network and without one: whether the change was made, and what the client sees.
func TestFaults(t *testing.T) {
	for _, test := range []struct {
		name   string
		fault  sheetssim.Fault
		made   bool
		status int    // of the googleapi.Error; 0 for another error
		text   string // in the error
	}{
		{"500", sheetssim.Fault{}, false, 500, "Internal error encountered."},
		{"502", sheetssim.Fault{Status: 502}, false, 502, ""},
		{"503 after", sheetssim.Fault{Kind: sheetssim.FailAfter, Status: 503}, true, 503, "The service is currently unavailable."},
		{"504", sheetssim.Fault{Status: 504}, false, 504, "Deadline expired"},
		{"429", sheetssim.Fault{Status: 429}, false, 429, "Quota exceeded for quota metric 'Write requests' and limit"},
		{"401", sheetssim.Fault{Status: 401}, false, 401, "invalid authentication credentials"},
		{"403", sheetssim.Fault{Status: 403}, false, 403, "The caller does not have permission"},
		{"scope", sheetssim.Fault{Status: 403, Reason: sheetssim.ReasonScope}, false, 403, "insufficient authentication scopes"},
		{"disabled", sheetssim.Fault{Status: 403, Reason: sheetssim.ReasonDisabled}, false, 403, "has not been used in project"},
		{"404", sheetssim.Fault{Status: 404}, false, 404, "Requested entity was not found."},
		{"400", sheetssim.Fault{Status: 400}, false, 400, "invalid argument"},
		{"cut before", sheetssim.Fault{Kind: sheetssim.CutBefore}, false, 0, ""},
		{"cut after", sheetssim.Fault{Kind: sheetssim.CutAfter}, true, 0, ""},
		{"cut body", sheetssim.Fault{Kind: sheetssim.CutBody}, true, 0, "unexpected EOF"},
		{"half a body", sheetssim.Fault{Kind: sheetssim.TruncateJSON}, true, 0, "unexpected end of JSON input"},
		{"no body", sheetssim.Fault{Kind: sheetssim.EmptyBody}, true, 0, "unexpected end of JSON input"},
	} {
		for name, client := range map[string]func(*world) *world{
			"network": func(w *world) *world { return w }, "in process": (*world).inProcess,
		} {
			t.Run(test.name+", "+name, func(t *testing.T) {
				w := client(people(t, sheetssim.Options{}))
				test.fault.Match = sheetssim.On(sheetssim.RouteValuesBatchUpdate)
				w.Inject(test.fault)
				w.read("People!A1")
				_, err := w.updateRaw(&sheets.ValueRange{Range: "People!A1", Values: [][]any{{"changed"}}})
				if test.status > 0 {
					w.wantRefused(err, test.status, test.text)
				} else if refused := new(googleapi.Error); err == nil || errors.As(err, &refused) || !strings.Contains(err.Error(), test.text) {
					t.Errorf("got %v, want %q", err, test.text)
				}
				if made := strings.HasPrefix(w.grid("People"), "changed"); made != test.made {
					t.Errorf("made: %v, want %v", made, test.made)
				}
				if w.PendingFaults() > 0 {
					t.Error("the fault did not happen")
				}
				r := w.Requests()[1]
				if r.Whole || r.Applied != test.made || r.Class != sheetssim.Write {
					t.Errorf("recorded as %+v", r)
				}
				w.read("People!A1") // all is well again
			})
		}
	}
}

func TestEmptyObject(t *testing.T) {
	w := people(t, sheetssim.Options{})
	w.Inject(sheetssim.Fault{Kind: sheetssim.EmptyObject, Times: -1})
	v, err := w.client.Spreadsheets.Values.Get(w.ID(), "People").Do()
	if err != nil || v.Range != "" || v.Values != nil {
		t.Errorf("got %+v %v", v, err)
	}
	w.ClearFaults()
	if got := w.read("People!A1"); len(got) != 1 {
		t.Errorf("got %v", got)
	}
}

func TestReasons(t *testing.T) {
	w := people(t, sheetssim.Options{})
	for status, reason := range map[int]string{429: "RATE_LIMIT_EXCEEDED", 403: sheetssim.ReasonDisabled} {
		w.Inject(sheetssim.Fault{Status: status, Reason: reason})
		_, err := w.client.Spreadsheets.Values.Get(w.ID(), "People").Do()
		told := new(apierror.APIError)
		if !errors.As(err, &told) {
			t.Fatalf("got %v", err)
		}
		if told.Reason() != reason || told.Metadata()["consumer"] != "projects/123456789012" {
			t.Errorf("got %s %v", told.Reason(), told.Metadata())
		}
	}
}

func TestDelay(t *testing.T) {
	w := people(t, sheetssim.Options{})
	synctest.Test(t, func(t *testing.T) {
		client, err := sheets.NewService(t.Context(), option.WithHTTPClient(&http.Client{Transport: w.Transport()}))
		if err != nil {
			t.Fatal(err)
		}
		for kind, made := range map[sheetssim.FaultKind]bool{sheetssim.SlowBefore: false, sheetssim.SlowAfter: true} {
			w.Edit(func(b *sheetssim.Book) { b.Tab("People").Set("A1", "id") })
			w.Inject(sheetssim.Fault{Kind: kind, Delay: time.Minute})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err = client.Spreadsheets.Values.Update(w.ID(), "People!A1", &sheets.ValueRange{Values: [][]any{{"late"}}}).
				ValueInputOption("RAW").Context(ctx).Do()
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			if now := strings.HasPrefix(w.grid("People"), "late"); now != made {
				t.Errorf("made at once: %v, want %v", now, made)
			}
			if r := w.Requests(); r[len(r)-1].Whole {
				t.Error("the answer is called whole although nobody waited for it")
			}
			time.Sleep(2 * time.Minute)
			if !strings.HasPrefix(w.grid("People"), "late") {
				t.Error("the server gave up with its client")
			}
			w.Inject(sheetssim.Fault{Kind: kind, Delay: time.Minute})
			if _, err := client.Spreadsheets.Values.Get(w.ID(), "People").Context(t.Context()).Do(); err != nil {
				t.Error(err)
			}
			if r := w.Requests(); !r[len(r)-1].Whole {
				t.Error("an answer that only took its time is not called whole")
			}
		}
	})
}

func TestRandomFaults(t *testing.T) {
	story := func(seed uint64) string {
		w := people(t, sheetssim.Options{ReadsPerMinute: -1}).inProcess()
		w.RandomFaults(seed, 0.5)
		var b strings.Builder
		for range 100 {
			if _, err := w.client.Spreadsheets.Values.Get(w.ID(), "People!A1").Do(); err != nil {
				b.WriteByte('x')
			} else {
				b.WriteByte('.')
			}
		}
		return b.String()
	}
	one, again, other := story(1), story(1), story(2)
	if one != again || one == other || !strings.Contains(one, "x") || !strings.Contains(one, ".") {
		t.Errorf("got\n%s\n%s\n%s", one, again, other)
	}
}

func TestUnexpectedRequests(t *testing.T) {
	w := people(t, sheetssim.Options{})
	for _, path := range []string{
		"/v4/spreadsheets/" + w.ID() + "/sheets/0:copyTo", "/v4/spreadsheets", "/v4/spreadsheets/" + w.ID() + "/values",
		"/v4/spreadsheets/" + w.ID() + "/values/A1/B2", "/drive/v3/files/" + w.ID() + "/watch", "/",
	} {
		answer, err := http.Get(w.url + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != http.StatusNotFound || !strings.Contains(string(body), "<!DOCTYPE html>") {
			t.Errorf("%s: got %d %s", path, answer.StatusCode, body)
		}
	}
	if found := w.Breaches(); len(found) != 6 || found[0].Rule != sheetssim.KnownCalls {
		t.Errorf("got %v", found)
	}
	for path, message := range map[string]string{
		"/values/A1?nice=1":                     "Unknown name",
		"/values/A1?valueRenderOption=NICE":     "value_render_option",
		"/values/A1?alt=media":                  "alt",
		"/values:batchGet?majorDimension=ALL":   "major_dimension",
		"?includeGridData=maybe":                "include_grid_data",
		"/developerMetadata/first":              "metadata_id",
		"/values/A1?fields=range&fields=values": "fields",
	} {
		answer, err := http.Get(w.url + "/any/prefix/v4/spreadsheets/" + w.ID() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), message) {
			t.Errorf("%s: got %d %s", path, answer.StatusCode, body)
		}
	}
	_, err := w.client.Spreadsheets.Get("another").Do()
	w.wantRefused(err, 404, "Requested entity was not found.")
}

// The client escapes a range as a whole.
func TestRangesInPaths(t *testing.T) {
	w := newWorld(t, sheetssim.Options{})
	for _, title := range []string{"a/b", "a:append", "50%", "Jon's Data", "CRM26", "ümlaut?", "a!b", "'"} {
		w.Edit(func(b *sheetssim.Book) { b.AddTab(title, []any{title}) })
		quoted := "'" + strings.ReplaceAll(title, "'", "''") + "'!A1"
		w.wantValues(w.read(quoted), row(title))
		if _, err := w.append(quoted, "INSERT_ROWS", []any{"more"}); err != nil {
			t.Errorf("%s: %v", title, err)
		}
		v, err := w.client.Spreadsheets.Values.Get(w.ID(), quoted).Do()
		if err != nil {
			t.Fatal(err)
		}
		w.wantValues(w.read(v.Range), row(title))
	}
}
