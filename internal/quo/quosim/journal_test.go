package quosim

import (
	"bufio"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// child, when the environment names a workspace file by it, makes the test binary a process that is to be killed.
const child = "QUOSIM_TEST_FILE"

func TestMain(m *testing.M) {
	if file := os.Getenv(child); file != "" {
		createForEver(file)
	}
	os.Exit(m.Run())
}

// createForEver makes contacts and prints the externalId of each once the API has answered.
func createForEver(file string) {
	w, err := New(Options{File: file, RequestsPerSecond: -1})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for i := 0; ; i++ {
		id := fmt.Sprint("C-", i)
		r := httptest.NewRequest("POST", "/v1/contacts", strings.NewReader(named("Ada", id)))
		r.Header.Set("Authorization", "sandbox")
		r.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		w.ServeHTTP(answer, r)
		if answer.Code != 201 {
			fmt.Println(answer.Code, answer.Body)
			os.Exit(1)
		}
		fmt.Println(id)
	}
}

func TestKilledProcessLosesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "quo.json")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), child+"="+file)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	var acknowledged []string
	for lines.Scan() {
		acknowledged = append(acknowledged, lines.Text())
		if len(acknowledged) == 200 {
			if _, err := New(Options{File: file}); err == nil || !strings.Contains(err.Error(), "another syncd is using it") {
				t.Errorf("a second process got %v", err)
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd.Wait() // killed
	if len(acknowledged) < 200 {
		t.Fatalf("the process ended by itself: %q", acknowledged)
	}
	w, _ := newWorkspace(t, Options{File: file})
	kept := map[string]bool{}
	for _, c := range w.Contacts() {
		kept[text(c.ExternalID)] = true
	}
	for _, id := range acknowledged {
		if !kept[id] {
			t.Errorf("%s is lost", id)
		}
	}
}

// open opens the workspace at file without closing it in the end.
func open(t *testing.T, file string) *Workspace {
	t.Helper()
	w, err := New(Options{File: file, RequestsPerSecond: -1})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWorkspaceSurvives(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(*testing.T, *Workspace)
	}{
		{"close", func(t *testing.T, w *Workspace) {
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Errorf("second Close: %v", err)
			}
		}},
		{"crash", crash},
		{"crash while writing", func(t *testing.T, w *Workspace) {
			if _, err := w.store.journal.log.WriteString(`{"put":{"id":"half`); err != nil {
				t.Fatal(err)
			}
			crash(t, w)
		}},
		{"crash while closing", func(t *testing.T, w *Workspace) {
			if err := w.store.journal.fold(w.store); err != nil {
				t.Fatal(err)
			}
			crash(t, w)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "quo.json")
			w := open(t, file)
			makeHistory(t, w)
			want, wantFields := w.Contacts(), w.CustomFields()
			test.end(t, w)
			w = open(t, file)
			defer w.Close()
			if diff := cmp.Diff(want, w.Contacts()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if diff := cmp.Diff(wantFields, w.CustomFields()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// crash lets go of the files as the end of a process does.
func crash(t *testing.T, w *Workspace) {
	t.Helper()
	if err := w.store.journal.log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.store.journal.lock.Unlock(); err != nil {
		t.Fatal(err)
	}
}

// makeHistory makes changes of all kinds, by the app and by the API.
func makeHistory(t *testing.T, w *Workspace) {
	t.Helper()
	c := serve(t, w)
	id := c.create(`{"externalId": "C-1", "defaultFields": {"firstName": "<Ada>\n", "nickname": {"a": 1},
		"phoneNumbers": [{"name": "m", "value": "+4930901820"}]}, "customFields": [
		{"key": "66d0d87d534de8fd1c433c01", "value": "x"}, {"key": "66d0d87d534de8fd1c433c02", "value": true},
		{"key": "66d0d87d534de8fd1c433c04", "value": ["a", "b"]}, {"key": "1695829375142", "value": 1.5}]}`)
	gone := c.create(named("Bob", "C-2"))
	c.must(200, c.do("PATCH", "/v1/contacts/"+gone, named("Bob", "C-3")))
	c.must(204, c.do("DELETE", "/v1/contacts/"+gone, ""))
	c.create(named("Eve", "C-2"))
	if err := w.SetCustomFields(append(w.CustomFields(), Definition{Name: "Colour", Key: "c", Type: "multi-select", Options: []string{"red"}})...); err != nil {
		t.Fatal(err)
	}
	err := w.Edit(id, func(c *Contact) {
		c.CustomFields = append(c.CustomFields, CustomField{Key: "c", Value: []string{"red"}})
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Add(Contact{Source: new("csv-v2"), Company: new("")}); err != nil {
		t.Fatal(err)
	}
}

func TestFileFormat(t *testing.T) {
	file := filepath.Join(t.TempDir(), "quo.json")
	w := open(t, file)
	if err := w.SetCustomFields(Definition{Name: "Score", Key: "1", Type: "number"}); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 10, 0, 0, 5_000_000, time.UTC)
	w.options.Now = func() time.Time { return at }
	for _, name := range []string{"Ada", "Bob"} {
		if _, err := w.Add(Contact{ID: name, FirstName: &name}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	const want = `{
  "version": 1,
  "generation": 2,
  "customFields": [
    {"name":"Score","key":"1","type":"number"}
  ],
  "contacts": [
    {"id":"Ada","firstName":"Ada","createdAt":"2026-11-23T10:00:00.005Z","updatedAt":"2026-11-23T10:00:00.005Z","createdByUserId":"USsandbox"},
    {"id":"Bob","firstName":"Bob","createdAt":"2026-11-23T10:00:00.005Z","updatedAt":"2026-11-23T10:00:00.005Z","createdByUserId":"USsandbox"}
  ]
}
`
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	entries, err := filepath.Glob(file + "*")
	if err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, want the file and its lock", entries)
	}
	if _, err := w.Add(Contact{}); err == nil {
		t.Error("a closed workspace took a contact")
	}
}

// A file that cannot be read is left as it is.
func TestDamagedFiles(t *testing.T) {
	const (
		good    = `{"version": 1, "generation": 1, "contacts": [CONTACT]}`
		contact = `{"id": "1", "createdAt": "2026-11-23T10:00:00Z", "updatedAt": "2026-11-23T10:00:00Z", "createdByUserId": "US1"}`
	)
	const generation = "{\"generation\": 1}\n"
	with := func(c string) string { return strings.Replace(good, "CONTACT", c, 1) }
	member := func(m string) string { return with(strings.TrimSuffix(contact, "}") + ", " + m + "}") }
	for _, test := range []struct{ name, file, log, message string }{
		{"empty", "", "", "unexpected EOF"},
		{"cut off", good[:20], "", "unexpected EOF"},
		{"no JSON", "id,name", "", "invalid character"},
		{"an array", "[]", "", "expected {"},
		{"other version", `{"version": 2}`, "", "version 2, not 1"},
		{"no version", `{}`, "", "no version"},
		{"unknown member", `{"version": 1, "people": []}`, "", `unknown member "people"`},
		{"unknown member of a contact", member(`"nickname": "A"`), "", `unknown field "nickname"`},
		{"contact without id", with(`{"firstName": "Ada"}`), "", "is missing"},
		{"contact twice", with(contact + "," + contact), "", "twice"},
		{"item without id", member(`"emails": [{"name": "a", "value": "b"}]`), "", "no id"},
		{"impossible custom value", member(`"customFields": [{"id": "1", "key": "k", "value": {}}]`), "", "no possible value"},
		{"custom field of unknown type", `{"version": 1, "customFields": [{"name": "a", "key": "b", "type": "c"}]}`, "", "unknown type"},
		{"something behind", with("") + "x", "", "something follows"},
		{"two values", with("") + "{}", "", "something follows"},
		{"log damaged", with(""), generation + "x\n", "line 2"},
		{"log with unknown change", with(""), generation + "{\"merge\": 1}\n", "line 2"},
		{"log with no change", with(""), generation + "{}\n", "names no change"},
		{"log deletes a stranger", with(""), generation + "{\"delete\": \"1\"}\n", "no such contact"},
		{"log of a later file", with(""), "{\"generation\": 2}\n", "does not follow"},
		{"log without generation", with(""), "{\"delete\": \"1\"}\n", "does not follow"},
		{"only a log", "-", "{\"delete\": \"1\"}\n", "is gone"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "quo.json")
			for name, content := range map[string]string{file: test.file, file + ".log": test.log} {
				if content == "-" {
					continue
				}
				if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 { // the second time finds the lock free
				_, err := New(Options{File: file})
				if err == nil || !strings.Contains(err.Error(), test.message) || !strings.Contains(err.Error(), file) {
					t.Fatalf("got %v, want an error with %q and the file's name", err, test.message)
				}
				if !strings.Contains(err.Error(), "to start over") && !strings.Contains(err.Error(), "fix that line") {
					t.Errorf("%v names no remedy", err)
				}
			}
			if got, _ := os.ReadFile(file); test.file != "-" && string(got) != test.file {
				t.Errorf("the file became %q", got)
			}
			if got, _ := os.ReadFile(file + ".log"); string(got) != test.log {
				t.Errorf("the log became %q", got)
			}
		})
	}
}

// A change that cannot be kept is not made, and what was acknowledged before survives.
func TestFullDisk(t *testing.T) {
	file := filepath.Join(t.TempDir(), "quo.json")
	w := open(t, file)
	c := serve(t, w)
	id := c.create(named("Ada", "C-1"))
	log := w.store.journal.log
	var err error
	if w.store.journal.log, err = os.Open(file); err != nil { // which cannot be written
		t.Fatal(err)
	}
	c.wantError(c.do("POST", "/v1/contacts", named("Bob", "C-2")), 500, "0801500", "")
	c.wantError(c.do("DELETE", "/v1/contacts/"+id, ""), 500, "0801500", "")
	if got := c.list("maxResults=5").names(); got != "Ada" {
		t.Errorf("got %q, want Ada", got)
	}
	if err := w.Close(); err == nil {
		t.Error("Close hid the failed write")
	}
	log.Close()
	w = open(t, file)
	defer w.Close()
	if got := w.Contacts(); len(got) != 1 || got[0].ID != id {
		t.Errorf("got %v, want Ada", got)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte(`{"version": 1, "generation": 7, "customFields": [], "contacts": []}`),
		[]byte("{\"generation\": 7}\n{\"customFields\": []}\n{"))
	f.Add([]byte(`{"version": 1, "contacts": [{"id": "1", "createdAt": "2026-11-23T10:00:00Z",
		"updatedAt": "2026-11-23T10:00:00Z", "createdByUserId": "US1", "externalId": "C-1"}]}`), []byte(nil))
	f.Fuzz(func(t *testing.T, snapshot, log []byte) {
		file := filepath.Join(t.TempDir(), "quo.json")
		for name, content := range map[string][]byte{file: snapshot, file + ".log": log} {
			if err := os.WriteFile(name, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		w, err := New(Options{File: file})
		if err != nil {
			if got, _ := os.ReadFile(file); string(got) != string(snapshot) {
				t.Errorf("the unreadable file became %q", got)
			}
			return
		}
		want := w.Contacts()
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		w, err = New(Options{File: file})
		if err != nil {
			t.Fatalf("its own file: %v", err)
		}
		defer w.Close()
		if diff := cmp.Diff(want, w.Contacts()); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}
