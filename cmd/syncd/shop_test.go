package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"syncd/internal/quo/quosim"
)

// shop is a sync of a shop owner: a file, a Quo workspace behind real HTTP, and syncd, called by its command line.
type shop struct {
	t               *testing.T
	dir             string
	workspace       *quosim.Workspace
	header          []string
	defaults        map[string]string // what rows hold in columns that the example does not show, by column
	columns, fields []string          // what the example shows
	ids             []string          // of all contacts there ever were, as they came
	slots           []string          // of the contacts that are named by their place, "" for one that is gone
	definitions     []quosim.Definition
	other           []string // the row of the other pair, nil when there is none
}

// What the pair holds that examples do not show, so that neither side is ever empty.
const (
	otherKey  = "C-100"
	otherName = "Zoe"
)

const (
	shopSync  = "customers"
	shopLabel = "syncd-" + shopSync
	shopKey   = "C-1" // of a row whose key is not shown
	shopName  = "Ann" // of a row whose name is not shown
)

func newShop(t *testing.T, e *example, options map[string]any) *shop {
	t.Helper()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	workspace, err := quosim.New(quosim.Options{RequestsPerSecond: -1, Seed: 1, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	definitions := workspace.CustomFields()
	for i := range definitions {
		if definitions[i].Name == "Segment" {
			definitions[i].Options = []string{"retail", "gold"}
		}
	}
	if err := workspace.SetCustomFields(definitions...); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(workspace)
	t.Cleanup(server.Close)
	s := &shop{t: t, dir: memoryDir(t), workspace: workspace, columns: e.columns, fields: e.fields, header: slices.Clone(e.columns),
		defaults: map[string]string{}, definitions: definitions}
	s.learn(options)
	config, err := yaml.Marshal(map[string]any{
		"quo":    map[string]any{"base_url": server.URL, "api_key": "sandbox", "requests_per_second": 1000},
		"region": "US", "timezone": "America/New_York",
		"syncs": []any{merged(options, map[string]any{"name": shopSync})},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.write("syncd.yaml", string(config))
	return s
}

// memoryDir returns a directory of the test's own, in memory where there is such a file system: the examples write many
// files that nobody needs after a power cut.
func memoryDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "syncd-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// learn finds out which columns the file has.
func (s *shop) learn(options map[string]any) {
	csv := options["source"].(map[string]any)["csv"].(map[string]any)
	for _, name := range []string{"key", "updated_at", "contact_id", "status"} {
		if column, ok := csv[name].(string); ok {
			s.addColumn(column)
		}
	}
	if key, ok := csv["key"].(string); ok {
		s.defaults[key] = shopKey
	}
	s.addColumns(options["fields"].(map[string]any), "")
}

func (s *shop) addColumns(fields map[string]any, prefix string) {
	for name, v := range fields {
		switch v := v.(type) {
		case string:
			s.addColumn(v)
			if prefix+name == "firstName" {
				s.defaults[v] = shopName
			}
		case map[string]any:
			if column, ok := v["column"].(string); ok {
				s.addColumn(column)
			} else {
				s.addColumns(v, name+".")
			}
		}
	}
}

func (s *shop) addColumn(name string) {
	if !slices.Contains(s.header, name) {
		s.header = append(s.header, name)
	}
}

func (s *shop) write(name, content string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// addOther syncs the pair that the example does not show.
func (s *shop) addOther() {
	s.t.Helper()
	s.other = make([]string, len(s.header))
	for i, column := range s.header {
		switch s.defaults[column] {
		case shopKey:
			s.other[i] = otherKey
		case shopName:
			s.other[i] = otherName
		}
	}
	s.sheet(nil)
	s.run()
}

// sheet makes the file hold the rows, as a person does who saves it.
func (s *shop) sheet(want []entry) {
	s.t.Helper()
	if len(want) > 0 && want[0].origin == noOther {
		s.other = nil
	}
	want = slices.DeleteFunc(slices.Clone(want), func(e entry) bool { return e.values == nil })
	if _, err := os.Stat(filepath.Join(s.dir, "customers.csv")); err == nil && cellOf(s.rows()) == cellOf(want) {
		if s.other != nil || len(want) > 0 {
			return
		}
	}
	table := [][]string{s.header}
	if s.other != nil {
		table = append(table, s.other)
	}
	for _, e := range want {
		row := make([]string, len(s.header))
		for i, column := range s.header {
			row[i] = s.defaults[column]
			if at := slices.Index(s.columns, column); at >= 0 {
				row[i] = s.unnamed(e.values[at])
			}
		}
		table = append(table, row)
	}
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(table); err != nil {
		s.t.Fatal(err)
	}
	s.write("customers.csv", b.String())
}

// rows are the rows of the file, as the example shows them.
func (s *shop) rows() []entry {
	s.t.Helper()
	file, err := os.Open(filepath.Join(s.dir, "customers.csv"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer file.Close()
	table, err := csv.NewReader(file).ReadAll()
	if err != nil {
		s.t.Fatal(err)
	}
	var all []entry
	for _, row := range table[1:] {
		if s.other != nil && slices.Contains(row, otherName) {
			s.other = row
			continue
		}
		var e entry
		for _, column := range s.columns {
			e.values = append(e.values, row[slices.Index(table[0], column)])
		}
		all = append(all, e)
	}
	return all
}

// quo makes the workspace hold the contacts, as people do in the app.
func (s *shop) quo(want []entry) {
	s.t.Helper()
	for i, e := range want {
		if i == len(s.slots) {
			s.slots = append(s.slots, "")
		}
		id := s.slots[i]
		var err error
		switch {
		case e.values == nil && id != "":
			s.slots[i], err = "", s.workspace.Delete(id)
		case e.values == nil:
		case id == "":
			var c quosim.Contact
			s.put(&c, e)
			c.ID = fixedID(len(s.ids) + 1)
			if e.origin == "" {
				c.Source, c.ExternalID = new(shopLabel), new(shopKey)
			}
			if c.FirstName == nil && !slices.Contains(s.fields, "firstName") {
				c.FirstName = new(shopName)
			}
			s.ids, s.slots[i] = append(s.ids, c.ID), c.ID
			_, err = s.workspace.Add(c)
		default:
			if c, _ := s.workspace.Get(id); s.entry(c).String() != e.String() {
				err = s.workspace.Edit(id, func(c *quosim.Contact) { s.put(c, e) })
			}
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// contacts are the contacts of the workspace, as the example shows them: those that it names first.
func (s *shop) contacts() []entry {
	s.observe()
	var all []entry
	for _, id := range s.slots {
		if c, ok := s.workspace.Get(id); ok {
			all = append(all, s.entry(c))
		}
	}
	return all
}

// sides are the cells that say what both sides hold.
func (s *shop) sides() []string {
	s.t.Helper()
	return []string{s.named(cellOf(s.rows())), s.named(cellOf(s.contacts()))}
}

// observe takes note of the contacts that syncd made and of those that are gone.
func (s *shop) observe() {
	made := slices.DeleteFunc(s.workspace.Contacts(), func(c quosim.Contact) bool {
		return slices.Contains(s.ids, c.ID) || orEmpty(c.FirstName) == otherName
	})
	slices.SortFunc(made, func(a, b quosim.Contact) int { return strings.Compare(orEmpty(a.ExternalID), orEmpty(b.ExternalID)) })
	for _, c := range made {
		s.ids, s.slots = append(s.ids, c.ID), append(s.slots, c.ID)
	}
	for i, id := range s.slots {
		if _, ok := s.workspace.Get(id); !ok {
			s.slots[i] = ""
		}
	}
}

// madeBy are the sources of contacts that others made.
var madeBy = []string{"csv-v2", "zapier", "public-api", "google-people", "openphone-clio", "device"}

func (s *shop) put(c *quosim.Contact, e entry) {
	source, id, isPair := strings.Cut(e.origin, ", ")
	switch {
	case e.origin == "":
	case e.origin == "app":
		c.Source, c.ExternalID = nil, nil
	case isPair:
		c.Source, c.ExternalID = &source, &id
	case slices.Contains(madeBy, source):
		c.Source, c.ExternalID = &source, nil
	default:
		c.Source, c.ExternalID = new(shopLabel), &source
	}
	for i, field := range s.fields {
		v := s.unnamed(e.values[i])
		kind, label, _ := strings.Cut(field, ".")
		switch kind {
		case "phoneNumbers":
			c.PhoneNumbers = itemsWith(c.PhoneNumbers, label, v)
		case "emails":
			c.Emails = itemsWith(c.Emails, label, v)
		case "customFields":
			s.putCustom(c, label, v)
		default:
			*textOf(c, field) = &v
		}
	}
}

func textOf(c *quosim.Contact, field string) **string {
	return map[string]**string{"firstName": &c.FirstName, "lastName": &c.LastName, "company": &c.Company, "role": &c.Role}[field]
}

// itemsWith returns items with value under the label; without one, the items that value lists.
func itemsWith(list []quosim.Item, label, value string) []quosim.Item {
	if label == "" {
		list = nil
		for _, item := range strings.Split(value, "; ") {
			if name, v, ok := strings.Cut(item, "="); ok {
				list = append(list, quosim.Item{Name: name, Value: v})
			}
		}
		return list
	}
	i := slices.IndexFunc(list, func(item quosim.Item) bool { return item.Name == label })
	switch {
	case i < 0 && value != "":
		return append(list, quosim.Item{Name: label, Value: value})
	case i >= 0 && value == "":
		return slices.Delete(slices.Clone(list), i, i+1)
	case i >= 0:
		list = slices.Clone(list)
		list[i].Value = value
	}
	return list
}

func (s *shop) definition(name string) quosim.Definition {
	for _, d := range s.definitions {
		if d.Name == name {
			return d
		}
	}
	s.t.Fatalf("the workspace has no custom field %s", name)
	return quosim.Definition{}
}

func (s *shop) putCustom(c *quosim.Contact, name, v string) {
	d := s.definition(name)
	c.CustomFields = slices.DeleteFunc(slices.Clone(c.CustomFields), func(f quosim.CustomField) bool { return f.Key == d.Key })
	if v == "" {
		return
	}
	var value any = v
	switch d.Type {
	case "boolean":
		value = v == "true"
	case "number":
		value, _ = strconv.ParseFloat(v, 64)
	case "multi-select":
		value = split(v)
	}
	c.CustomFields = append(c.CustomFields, quosim.CustomField{Key: d.Key, Value: value})
}

// entry is a contact as the example shows it.
func (s *shop) entry(c quosim.Contact) entry {
	e := entry{values: []string{}}
	for _, field := range s.fields {
		kind, label, _ := strings.Cut(field, ".")
		v := ""
		switch kind {
		case "phoneNumbers":
			v = listItems(c.PhoneNumbers, label)
		case "emails":
			v = listItems(c.Emails, label)
		case "customFields":
			for _, f := range c.CustomFields {
				if f.Key == s.definition(label).Key {
					v = customText(f.Value)
				}
			}
		default:
			v = orEmpty(*textOf(&c, field))
		}
		e.values = append(e.values, v)
	}
	if len(s.fields) > 1 {
		e.origin = originOf(c)
	}
	return e
}

func listItems(list []quosim.Item, label string) string {
	var all []string
	for _, item := range list {
		switch label {
		case "":
			all = append(all, item.Name+"="+item.Value)
		case item.Name:
			all = append(all, item.Value)
		}
	}
	return strings.Join(all, "; ")
}

func originOf(c quosim.Contact) string {
	switch source, id := orEmpty(c.Source), orEmpty(c.ExternalID); {
	case source == shopLabel:
		return id
	case source == "" && id == "":
		return "app"
	case id != "":
		return source + ", " + id
	default:
		return source
	}
}

// run runs the sync once.
func (s *shop) run() {
	s.t.Helper()
	s.syncd("run", "--once")
	s.observe()
}

// command does what a person says: a command line of syncd, or the loss of a file.
func (s *shop) command(line string) {
	s.t.Helper()
	args := strings.Fields(s.unnamed(line))
	if args[0] == "rm" {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(filepath.Join(s.dir, args[1]+suffix)) // not all of them are there
		}
		return
	}
	if code, out := s.syncd(args[1:]...); code != 0 {
		s.t.Fatalf("%s: exit code %d\n%s", line, code, out)
	}
}

func (s *shop) syncd(args ...string) (code int, out string) {
	s.t.Helper()
	var b bytes.Buffer
	config := filepath.Join(s.dir, "syncd.yaml")
	code = run(append(args, "--config", config), strings.NewReader(""), &b, &b, func(string) (string, bool) { return "", false })
	if code == int(exitUsage) {
		s.t.Fatalf("syncd %v:\n%s", args, b.String())
	}
	return code, strings.ReplaceAll(b.String(), " --config "+config, "")
}

var (
	introduces = regexp.MustCompile(`^\d+ (rows? (has|have) (a problem|problems) and .*|(contact|row|record)s? to .*|.*, left for you):$|^after a run, settle .*`)
	someSpaces = regexp.MustCompile(`  +`)
	timeOfDay  = regexp.MustCompile(`\b\d\d:\d\d( on \d+ [A-Z][a-z]+)? keeps`)
	traceOf    = regexp.MustCompile(`trace \d+`)
)

// printed are the lines that a command prints, without what stands below a record's line and, unless there is nothing
// else, without the summary.
func (s *shop) printed(args ...string) []string {
	s.t.Helper()
	_, out := s.syncd(args...)
	var lines []string
	summary := ""
	for line := range strings.Lines(out) {
		below := strings.HasPrefix(line, strings.Repeat(" ", 10))
		line = strings.TrimSpace(line)
		switch {
		case below, introduces.MatchString(line):
		case strings.HasPrefix(line, shopSync+": "):
			summary = line
		default:
			line = traceOf.ReplaceAllString(timeOfDay.ReplaceAllString(line, "12:10 keeps"), "trace 123")
			lines = append(lines, someSpaces.ReplaceAllString(line, "  "))
		}
	}
	if len(lines) == 0 {
		lines = []string{summary}
	}
	return lines
}

// fixedID is the id of the n-th contact, when a person made it.
func fixedID(n int) string { return fmt.Sprintf("65f0c1a2b3c4d5e6f7a8b9%02d", n) }

var (
	idName = regexp.MustCompile(`\bid(\d)\b`)
	idLike = regexp.MustCompile(`\b65f0c1a2b3c4d5e6f7a8b9(\d\d)\b`)
)

// unnamed puts ids in the place of their names: id1, id2.
func (s *shop) unnamed(text string) string {
	return idName.ReplaceAllStringFunc(text, func(name string) string {
		n, _ := strconv.Atoi(name[2:])
		if n <= len(s.ids) {
			return s.ids[n-1]
		}
		return fixedID(n)
	})
}

// named puts names in the place of ids.
func (s *shop) named(text string) string {
	for i, id := range s.ids {
		text = strings.ReplaceAll(text, id, fmt.Sprintf("id%d", i+1))
	}
	return idLike.ReplaceAllStringFunc(text, func(id string) string {
		n, _ := strconv.Atoi(id[len(id)-2:])
		return fmt.Sprintf("id%d", n)
	})
}
