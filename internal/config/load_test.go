package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/contact"
)

// minimal is what a file needs.
const minimal = `quo: {api_key: k}
syncs:
  - name: customers
    source: {csv: {path: contacts.csv, key: id}}
    fields: {company: Company}
`

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "syncd.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, text string) *Config {
	t.Helper()
	c, err := Load(write(t, text), environment)
	if err != nil {
		t.Fatalf("Load:\n%v", err)
	}
	return c
}

func TestLoadDefaults(t *testing.T) {
	c := load(t, minimal)
	dir := filepath.Dir(c.Path)
	quo := Quo{APIKey: "k", BaseURL: "https://api.quo.com", RequestsPerSecond: 10, Timeout: 30 * time.Second}
	want := &Config{
		Path: c.Path, Quo: quo, State: Secret("sqlite:" + filepath.Join(dir, "syncd.db")), Lease: 30 * time.Second,
		Listen: "127.0.0.1:9090", MaxConcurrentRuns: 8, Retention: 90 * day,
		Syncs: []Sync{{
			Name: "customers", Label: "syncd-customers", Quo: quo, Schedule: "@every 15m",
			Direction: contact.TwoWay, Conflicts: contact.Ask,
			Source: Source{CSV: &CSVSource{Path: filepath.Join(dir, "contacts.csv"), Columns: Columns{Key: Key{"id"}}}},
			Fields: []Field{{
				Name: contact.Company, Column: "Company", Direction: contact.TwoWay, Conflicts: contact.Ask,
				Separator: ",", Line: 5, Col: 14,
			}},
			Match: Match{Ask: true}, CreateInSource: "off",
			Deletes: Deletes{RowGone: "delete", ContactGone: "keep", Grace: 10 * time.Minute},
			Brake: Brake{
				Deletes: Limit{Percent: 10, IsPercent: true},
				Updates: Limit{Percent: 50, IsPercent: true},
				Creates: Limit{Percent: 50, IsPercent: true},
			},
			RefreshAfter: 10 * time.Second, StaleAfter: 24 * time.Hour,
		}},
	}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("config differs (-want +got):\n%s", diff)
	}
}

func TestLoadFields(t *testing.T) {
	c := load(t, `
quo: {api_key: k}
syncs:
  - name: customers
    conflicts: source
    source: {csv: {path: a.csv, key: id}}
    fields:
      phoneNumbers: {" mobile ": Phone, work: {column: Work Phone, empty: keep}}
      lastName: Last Name
      customFields:
        Lead Source: {column: src, conflicts: quo, default: web}
        Born: {column: born, formats: [02/01/2006, 2 Jan 06], direction: to-quo, separator: ";"}
      firstName: 2026
`)
	want := []Field{
		{Name: "phoneNumbers.mobile", Column: "Phone", Direction: "two-way", Conflicts: "source", Separator: ",", Line: 8, Col: 22},
		{Name: "phoneNumbers.work", Column: "Work Phone", Direction: "two-way", Conflicts: "source", KeepEmpty: true, Separator: ",", Line: 8, Col: 41},
		{Name: "lastName", Column: "Last Name", Direction: "two-way", Conflicts: "source", Separator: ",", Line: 9, Col: 7},
		{Name: "customFields.Lead Source", Column: "src", Direction: "two-way", Conflicts: "quo", Default: "web", Separator: ",", Line: 11, Col: 9},
		{Name: "customFields.Born", Column: "born", Direction: "to-quo", Conflicts: "source", Separator: ";", Formats: []string{"02/01/2006", "2 Jan 06"}, Line: 12, Col: 9},
		{Name: "firstName", Column: "2026", Direction: "two-way", Conflicts: "source", Separator: ",", Line: 13, Col: 7},
	}
	if diff := cmp.Diff(want, c.Syncs[0].Fields); diff != "" {
		t.Errorf("fields differ (-want +got):\n%s", diff)
	}
}

func TestLoadInherits(t *testing.T) {
	c := load(t, `
syncs: # what they inherit stands below
  - &first
    name: a
    source: {csv: {path: a.csv, key: id}}
    fields: &fields {company: Company}
    quo: {requests_per_second: 5}
    region: gb
    timezone: Europe/London
  - {name: b, source: {csv: {path: b.csv, key: id}}, fields: *fields, label: Ours, quo: {api_key: other}}
  - <<: *first
    name: c
    region: DE
quo: {api_key: k, timeout: 5s}
region: us
timezone: America/New_York
`)
	type seen struct {
		Name, Label, Key, Region, Zone string
		Rate                           int
		Timeout                        time.Duration
	}
	var got []seen
	for _, s := range c.Syncs {
		got = append(got, seen{s.Name, s.Label, string(s.Quo.APIKey), s.Region, s.Location.String(), s.Quo.RequestsPerSecond, s.Quo.Timeout})
	}
	want := []seen{
		{"a", "syncd-a", "k", "GB", "Europe/London", 5, 5 * time.Second},
		{"b", "Ours", "other", "US", "America/New_York", 10, 5 * time.Second},
		{"c", "syncd-c", "k", "DE", "Europe/London", 5, 5 * time.Second},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("syncs differ (-want +got):\n%s", diff)
	}
}

func TestLoadAliases(t *testing.T) {
	c := load(t, `
quo: {api_key: k}
syncs:
  - name: a
    source: {csv: {path: a.csv, key: id}}
    fields:
      company: &company Company
      phoneNumbers: &phones {mobile: Phone}
      role: &role {column: Role, empty: keep}
  - name: b
    source: {csv: {path: b.csv, key: id}}
    fields: {company: *company, phoneNumbers: *phones, role: *role}
`)
	columns := func(s Sync) (columns []string) {
		for _, f := range s.Fields {
			columns = append(columns, fmt.Sprint(f.Name, f.Column, f.KeepEmpty))
		}
		return columns
	}
	if diff := cmp.Diff(columns(c.Syncs[0]), columns(c.Syncs[1])); diff != "" {
		t.Errorf("the aliases give other fields (-named +aliased):\n%s", diff)
	}
}

func TestLoadAliasesBounded(t *testing.T) {
	values := "&v [" + strings.Repeat("x, ", 1000) + "x]"
	var only strings.Builder
	for i := range 250 {
		fmt.Fprintf(&only, "      C%d: %s\n", i, values)
		values = "*v"
	}
	_, err := Load(write(t, minimal+"    only:\n"+only.String()), environment)
	if err == nil || !strings.HasSuffix(err.Error(), "too large: its aliases repeat too much") {
		t.Errorf("got %v", err)
	}
}

func TestLoadSources(t *testing.T) {
	c := load(t, `
quo: {api_key: k}
state: postgres://user:password@host/db
syncs:
  - name: sheet
    source:
      google_sheet:
        spreadsheet: https://docs.google.com/spreadsheets/d/1AbC-d_E/edit#gid=0
        contact_id: contactId
        credentials_file: keys/sa.json
    fields: {name: {column: Name, direction: to-quo}}
    match: [email, phone]
  - name: table
    source: {postgres: {url: "${CRM_URL}", table: '"Crm Schema"."Contact''s"', key: [tenant, id], updated_at: at, where: active}}
    fields: {company: Company}
    conflicts: newest
    match: none
    only: {Kind: [customer, 1, true]}
    brake: {deletes: 0, updates: 2.5%, creates: 1000}
  - name: file
    source: {csv: {path: /data/a.csv, key: id, delimiter: tab, encoding: windows-1252}}
    fields: {company: Company}
    match: [phone]
    direction: to-quo
`)
	dir := filepath.Dir(c.Path)
	sources := []Source{
		{GoogleSheet: &GoogleSheetSource{
			Spreadsheet: "1AbC-d_E", Tab: "Sheet1", Columns: Columns{ContactID: "contactId"},
			CredentialsFile: filepath.Join(dir, "keys", "sa.json"),
		}},
		{Postgres: &PostgresSource{
			URL: "postgres://crm@db/crm", Table: `"Crm Schema"."Contact's"`, Where: "active",
			Columns: Columns{Key: Key{"tenant", "id"}, UpdatedAt: "at"},
		}},
		{CSV: &CSVSource{Path: "/data/a.csv", Delimiter: "tab", Encoding: "windows-1252", Columns: Columns{Key: Key{"id"}}}},
	}
	for i, want := range sources {
		if diff := cmp.Diff(want, c.Syncs[i].Source); diff != "" {
			t.Errorf("source %d differs (-want +got):\n%s", i, diff)
		}
		if kind, want := c.Syncs[i].Source.Kind(), []string{"google_sheet", "postgres", "csv"}[i]; kind != want {
			t.Errorf("kind of source %d: got %q, want %q", i, kind, want)
		}
	}
	matches := []Match{{Phone: true, Email: true}, {}, {Phone: true}}
	for i, want := range matches {
		if got := c.Syncs[i].Match; got != want {
			t.Errorf("match %d: got %+v, want %+v", i, got, want)
		}
	}
	if diff := cmp.Diff(map[string][]string{"Kind": {"customer", "1", "true"}}, c.Syncs[1].Only); diff != "" {
		t.Errorf("only differs (-want +got):\n%s", diff)
	}
	if got, want := c.Syncs[1].Brake, (Brake{Limit{}, Limit{Percent: 2.5, IsPercent: true}, Limit{Count: 1000}}); got != want {
		t.Errorf("brake: got %+v, want %+v", got, want)
	}
	if c.State != "postgres://user:password@host/db" {
		t.Error("the address of the state changed")
	}
}

func TestLoadSandbox(t *testing.T) {
	c := load(t, strings.Replace(minimal, "api_key: k", `api_key: "${NOT_SET}", base_url: sandbox:quo.json`, 1))
	want := filepath.Join(filepath.Dir(c.Path), "quo.json")
	for _, q := range []Quo{c.Quo, c.Syncs[0].Quo} {
		if file, ok := q.Sandbox(); !ok || file != want {
			t.Errorf("sandbox: got %q, %v, want %q", file, ok, want)
		}
	}
	c = load(t, strings.Replace(minimal, "api_key: k", "base_url: sandbox", 1))
	if file, ok := c.Quo.Sandbox(); !ok || file != "" {
		t.Errorf("sandbox in memory: got %q, %v", file, ok)
	}
	if _, ok := (Quo{BaseURL: "https://api.quo.com"}).Sandbox(); ok {
		t.Error("the real API is taken for the sandbox")
	}
}

func TestLoadBaseURL(t *testing.T) {
	for given, want := range map[string]string{
		"http://127.0.0.1:8080/quo/":    "http://127.0.0.1:8080/quo",
		"https://api.quo.com":           "https://api.quo.com",
		"https://proxy.example/v1/quo/": "https://proxy.example/v1/quo",
	} {
		c := load(t, strings.Replace(minimal, "api_key: k", "api_key: k, base_url: "+given, 1))
		if got := c.Syncs[0].Quo.BaseURL; got != want {
			t.Errorf("base_url %s: got %s, want %s", given, got, want)
		}
	}
}

func TestLoadExpands(t *testing.T) {
	path := write(t, strings.NewReplacer("api_key: k", `api_key: "${file:key.txt}", requests_per_second: "${RATE}"`,
		"Company", `{column: "$${A} $B ${NOT_SET:-x: # y} ${EMPTY:-z} ${INJECT}", default: "${EMPTY}"}`).Replace(minimal)+"listen: ${EMPTY:-}\n")
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "key.txt"), []byte("secret\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path, func(name string) (string, bool) {
		value, ok := map[string]string{"RATE": "7", "EMPTY": "", "INJECT": "a}\nsyncs: []"}[name]
		return value, ok
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Quo.APIKey != "secret" || c.Quo.RequestsPerSecond != 7 || c.Listen != "" {
		t.Errorf("got key %q, rate %d, listen %q", string(c.Quo.APIKey), c.Quo.RequestsPerSecond, c.Listen)
	}
	if got, want := c.Syncs[0].Fields[0].Column, "${A} $B x: # y z a}\nsyncs: []"; got != want {
		t.Errorf("column: got %q, want %q", got, want)
	}
}

func TestLoadMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "syncd.yaml")
	_, err := Load(path, environment)
	want := path + ": no such file"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := Load(filepath.Dir(path), environment); err == nil || !strings.HasSuffix(err.Error(), ": a directory: name the file in it, such as syncd.yaml") {
		t.Errorf("a directory: got %v", err)
	}
}

func TestLoadTooLarge(t *testing.T) {
	_, err := Load(write(t, minimal+strings.Repeat("# comment\n", maxFile/10)), environment)
	if err == nil || !strings.Contains(err.Error(), "larger than 4 MiB") {
		t.Errorf("got %v", err)
	}
}

// Whatever an operator puts into a variable, errors name the variable and keep its value to themselves.
func TestErrorsKeepSecrets(t *testing.T) {
	example, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(example), "\n")
	failed := 0
	for i, line := range lines {
		key, rest, ok := strings.Cut(line, ": ")
		if !ok || strings.HasPrefix(strings.TrimSpace(line), "#") || strings.TrimSpace(rest) == "" {
			continue
		}
		for _, value := range []string{secret, secret + ": %zz", "@every " + secret, "postgres://u:" + secret + "@%zz"} {
			changed := strings.Join(append(append(append([]string{}, lines[:i]...), key+": ${SECRET}"), lines[i+1:]...), "\n")
			_, err := Load(write(t, changed), func(string) (string, bool) { return value, true })
			if problems := (*Error)(nil); errors.As(err, &problems) {
				failed++
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("line %d, %s:\n%v", i+1, strings.TrimSpace(key), err)
			}
		}
	}
	if failed < 50 {
		t.Errorf("only %d files failed: the test sees too few errors", failed)
	}
}
