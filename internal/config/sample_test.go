package config

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const examplePath = "../../config.example.yaml"

func example(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// inUse takes the comment signs off the options of the example that are not in use, from the line that starts with
// first on, as long as lines are comments that are indented alike or more.
func inUse(text, first string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		indent, option, ok := strings.Cut(line, "# ")
		if !ok || strings.TrimSpace(indent) != "" || !strings.HasPrefix(option, first) {
			continue
		}
		lines[i] = indent + option
		for j := i + 1; strings.HasPrefix(lines[j], indent+"#   "); j++ {
			lines[j] = indent + strings.TrimPrefix(lines[j], indent+"# ")
		}
	}
	return strings.Join(lines, "\n")
}

// without drops an option with all that is indented below it.
func without(text, option string) string {
	return regexp.MustCompile(`(?m)^( *)`+option+`:.*\n(?:`+strings.Repeat(" ", 8)+` *[^ #].*\n)*`).ReplaceAllString(text, "")
}

// variants are the example with one or another part put in use, and the shortest file that means the same.
func variants(t *testing.T) map[string]struct{ full, short string } {
	text := example(t)
	noCSV := without(text, "csv")
	all := text
	for _, option := range []string{"label:", "region:", "timezone:", "quo:"} {
		all = inUse(all, option)
	}
	short := func(source, name string) string {
		return `
quo: {api_key: "${QUO_API_KEY}"}
region: US
timezone: America/New_York
syncs:
  - name: customers
    source: {` + source + `}
    fields:
      ` + name + `
      company: {column: Company, direction: to-quo}
      role: Title
      phoneNumbers: {mobile: Phone, work: {column: Work Phone, empty: keep}}
      emails: {work: Email}
      customFields: {Lead Source: lead_source, VIP: vip}
`
	}
	const csv, names = "csv: {path: contacts.csv, key: id}", "firstName: First Name\n      lastName: Last Name"
	return map[string]struct{ full, short string }{
		"as it is":        {text, short(csv, names)},
		"google_sheet":    {inUse(noCSV, "google_sheet:"), short("google_sheet: {spreadsheet: 1AbC-dEf, key: id}", names)},
		"postgres":        {inUse(noCSV, "postgres:"), short(`postgres: {url: "${CRM_URL}", table: crm.contacts, key: id}`, names)},
		"parts of a sync": {all, short(csv, names)},
		"name":            {inUse(without(without(text, "firstName"), "lastName"), "name:"), short(csv, "name: {column: Name, direction: to-quo}")},
	}
}

// What the example says without the word "example" is what the code does when nothing is said.
func TestExampleShowsDefaults(t *testing.T) {
	ignored := cmp.Options{
		cmpopts.IgnoreFields(Config{}, "Path"), cmpopts.IgnoreFields(Field{}, "Line", "Col"), cmpopts.EquateEmpty(),
		cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() }),
	}
	all := variants(t)
	t.Chdir(t.TempDir())
	for name, v := range all {
		t.Run(name, func(t *testing.T) {
			got := loadHere(t, v.full)
			if diff := cmp.Diff(loadHere(t, v.short), got, ignored); diff != "" {
				t.Errorf("the example differs from the defaults (-default +example):\n%s", diff)
			}
		})
	}
}

// loadHere loads text as a file of the working directory, so that relative paths come out alike.
func loadHere(t *testing.T, text string) *Config {
	t.Helper()
	if err := os.WriteFile("syncd.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load("syncd.yaml", environment)
	if err != nil {
		t.Fatalf("Load:\n%v", err)
	}
	return c
}

func TestExampleShowsEveryOption(t *testing.T) {
	text := example(t)
	for _, v := range structs {
		for _, o := range optionsOf(reflect.ValueOf(v)) {
			if !regexp.MustCompile(`(?m)(^|[ {#-])` + o.name + `:`).MatchString(text) {
				t.Errorf("%T: the example does not show %s", v, o.name)
			}
		}
	}
}
