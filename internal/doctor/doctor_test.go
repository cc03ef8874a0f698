package doctor_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"syncd/internal/config"
	"syncd/internal/daemon"
	"syncd/internal/doctor"
	"syncd/internal/quo/quosim"
)

// examine looks at a configuration and rows, with a workspace whose clock is ahead.
func examine(t *testing.T, rows, extra string, ahead time.Duration) []doctor.Finding {
	t.Helper()
	workspace, err := quosim.New(quosim.Options{Keys: []string{"a-key-of-the-test"}, RequestsPerSecond: -1})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		workspace.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	file := filepath.Join(dir, "syncd.yaml")
	text := "quo: {base_url: " + server.URL + ", api_key: a-key-of-the-test, requests_per_second: 1000}\nregion: US\ntimezone: America/New_York\n" +
		"syncs:\n  - name: customers\n    source: {csv: {path: rows.csv, key: id}}\n    fields: {firstName: First, phoneNumbers: {mobile: Phone}" + extra + "}\n"
	for name, content := range map[string]string{file: text, filepath.Join(dir, "rows.csv"): rows} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Load(file, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	before := list(t, dir)
	findings := doctor.Examine(t.Context(), daemon.Options{Config: cfg, Log: slog.New(slog.DiscardHandler)},
		func(args ...string) string { return "syncd " + strings.Join(args, " ") })
	if after := list(t, dir); !slices.Equal(before, after) {
		t.Errorf("files %q, and before %q", after, before)
	}
	return findings
}

func list(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestExamine(t *testing.T) {
	const good = "id,First,Phone\n1,Ann,212-555-0100\n"
	for name, test := range map[string]struct {
		rows, extra string
		ahead       time.Duration
		level       doctor.Level
		area, what  string
		stops       bool
	}{
		"all is well":             {good, "", 0, doctor.Fine, "contacts", "a run would make 1 change, and leave 0 records", false},
		"a clock that is wrong":   {good, "", -time.Hour, doctor.Look, "clock", "behind that of this machine", false},
		"no such column":          {"id,First,phone\n", "", 0, doctor.Stop, "source", `no column "Phone"`, true},
		"a doubled column":        {"id,First,Phone,Phone\n", "", 0, doctor.Stop, "source", `more than one column "Phone"`, true},
		"no such custom field":    {good, ", customFields: {Lead Sauce: id}", 0, doctor.Stop, "quo", `no custom field "Lead Sauce"; did you mean "Lead Source"?`, true},
		"no rows":                 {"", "", 0, doctor.Stop, "source", "the file is empty", true},
		"a guessed encoding":      {good + "2,Zo\xeb,\n", "", 0, doctor.Look, "source", "the file is read as windows-1252", false},
		"rows of one problem":     {good + "2,Bob,12\n3,Cid,34\n", "", 0, doctor.Look, "rows", "", false},
		"a quote that hides rows": {good + "2,\"Bob,212\n3,Cid,34\n", "", 0, doctor.Stop, "source", "a quote", true},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(test.extra, "Lead") {
				test.extra = strings.Replace(test.extra, ": id", ": {column: id, direction: to-quo}", 1)
			}
			findings := examine(t, test.rows, test.extra, test.ahead)
			found := 0
			for _, f := range findings {
				if f.Level == test.level && f.Area == test.area && strings.Contains(f.What, test.what) {
					found++
				}
				if f.Level != doctor.Fine && (f.Why == "" || f.Next == "" || f.Where == "") {
					t.Errorf("not said why, where or what to do: %+v", f)
				}
			}
			if found != 1 || doctor.Stops(findings) != test.stops {
				t.Errorf("found %d times, stops %t, want once and %t: %+v", found, doctor.Stops(findings), test.stops, findings)
			}
		})
	}
}
