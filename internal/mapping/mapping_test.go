package mapping

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/contact"
)

// definitions is what the workspace of the tests defines.
var definitions = []contact.Definition{
	{Key: "k-source", Name: "Lead Source", Type: contact.String},
	{Key: "k-vip", Name: "VIP", Type: contact.Boolean},
	{Key: "k-score", Name: "Score", Type: contact.Number},
	{Key: "k-since", Name: "Customer since", Type: contact.Date},
	{Key: "k-tags", Name: "Tags", Type: contact.List},
	{Key: "k-site", Name: "Site", Type: contact.URL},
	{Key: "k-a", Name: "Twice", Type: contact.String},
	{Key: "k-b", Name: "twice ", Type: contact.String},
	{Key: "k-new", Name: "From the future", Type: "hologram"},
}

// The custom fields of testOptions, as New resolves them.
const (
	leadSource contact.Field = "customFields.k-source"
	vip        contact.Field = "customFields.k-vip"
	score      contact.Field = "customFields.k-score"
	since      contact.Field = "customFields.k-since"
	tags       contact.Field = "customFields.k-tags"
	site       contact.Field = "customFields.k-site"
	mobile     contact.Field = "phoneNumbers.mobile"
	work       contact.Field = "phoneNumbers.work"
	email      contact.Field = "emails.work"
)

func testOptions(t testing.TB) Options {
	t.Helper()
	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Key: []string{"id"}, ContactID: "contact", UpdatedAt: "changed", Status: "status", Region: "US", Location: loc,
		Only: map[string][]string{"state": {"Active", "new"}},
		Fields: []Field{
			{Name: contact.FirstName, Column: "first"}, {Name: contact.LastName, Column: "last"},
			{Name: contact.Company, Column: "company"}, {Name: contact.Role, Column: "role"},
			{Name: mobile, Column: "mobile"}, {Name: work, Column: "work"}, {Name: email, Column: "email"},
			{Name: "customFields.lead source", Column: "source"}, {Name: "customFields.VIP", Column: "vip"},
			{Name: "customFields.Score", Column: "score"}, {Name: "customFields.k-since", Column: "since"},
			{Name: "customFields.Tags", Column: "tags"}, {Name: "customFields.Site", Column: "site"},
		},
	}
}

// newMapping makes the mapping of testOptions, which change may change.
func newMapping(t testing.TB, change ...func(*Options)) *Mapping {
	t.Helper()
	o := testOptions(t)
	for _, c := range change {
		c(&o)
	}
	m, err := New(o, definitions)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// row returns a record with texts in some columns of m.
func row(t testing.TB, m *Mapping, cells map[string]string) contact.Record {
	t.Helper()
	r := contact.Record{Row: 7, Cells: make([]contact.Cell, len(m.Columns()))}
	for column, text := range cells {
		i := slices.Index(m.Columns(), column)
		if i < 0 {
			t.Fatalf("no column %q in %q", column, m.Columns())
		}
		r.Cells[i].Text = text
	}
	return r
}

func TestNewResolves(t *testing.T) {
	m := newMapping(t)
	want := []Field{
		{Name: leadSource, Kind: contact.String, Title: "customFields.Lead Source"},
		{Name: vip, Kind: contact.Boolean, Title: "customFields.VIP"},
		{Name: score, Kind: contact.Number, Title: "customFields.Score"},
		{Name: since, Kind: contact.Date, Title: "customFields.Customer since"},
		{Name: tags, Kind: contact.List, Title: "customFields.Tags"},
		{Name: site, Kind: contact.URL, Title: "customFields.Site"},
	}
	var got []Field
	for _, f := range m.Fields()[7:] {
		if f.Direction != contact.TwoWay {
			t.Errorf("%s: got direction %q, want two-way", f.Title, f.Direction)
		}
		got = append(got, Field{Name: f.Name, Kind: f.Kind, Title: f.Title})
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Field{})); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if got := m.Title(leadSource); got != "customFields.Lead Source" {
		t.Errorf("got title %q", got)
	}
	if got := m.Title("emails.home"); got != "emails.home" {
		t.Errorf("unmapped: got title %q", got)
	}
}

func TestColumns(t *testing.T) {
	m := newMapping(t, func(o *Options) {
		o.Key = []string{"id", "branch"}
		o.Fields = []Field{{Name: Name, Column: "person"}, {Name: contact.Company, Column: "branch", Direction: contact.ToQuo}}
		o.Only = map[string][]string{"state": {"a"}, "branch": {"b"}}
	})
	want := []string{"id", "branch", "changed", "contact", "person", "state", "status"}
	if diff := cmp.Diff(want, m.Columns()); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	if f := m.Fields()[1]; f.Name != contact.LastName || f.Direction != contact.ToQuo || f.Column != "person" {
		t.Errorf("the last name of a name is %+v", f)
	}
}

func TestNewRefuses(t *testing.T) {
	known := `Lead Source, VIP, Score, Customer since, Tags, Site, Twice, twice , From the future`
	for _, tt := range []struct {
		name   string
		fields []Field
		want   string
	}{
		{"slip of the pen", []Field{{Name: "customFields.Led source", Column: "a"}},
			`fields: the workspace has no custom field "Led source"; did you mean "Lead Source"? (it has ` + known + `)`},
		{"nothing near", []Field{{Name: "customFields.Birthday", Column: "a"}},
			`fields: the workspace has no custom field "Birthday" (it has ` + known + `)`},
		{"two of that name", []Field{{Name: "customFields.Twice", Column: "a"}},
			`fields: the workspace has 2 custom fields "Twice": write the key of one instead (k-a, k-b)`},
		{"unknown type", []Field{{Name: "customFields.k-new", Column: "a"}},
			`fields: the custom field "k-new" has the type "hologram", which syncd does not know`},
		{"one definition twice", []Field{{Name: "customFields.VIP", Column: "a"}, {Name: "customFields.k-vip", Column: "b"}},
			`fields: customFields.VIP is mapped twice, to the columns "a" and "b"`},
		{"one label twice", []Field{{Name: "emails.Work", Column: "a"}, {Name: "emails.work", Column: "b"}},
			`fields: emails.work is mapped twice, to the columns "a" and "b"`},
		{"name and first name", []Field{{Name: Name, Column: "a"}, {Name: contact.FirstName, Column: "b"}},
			`fields: firstName is mapped twice, to the columns "a" and "b"`},
		{"no such field", []Field{{Name: "nickname", Column: "a"}}, `fields: Quo has no field "nickname": ` +
			`there are firstName, lastName, company, role, name, phoneNumbers.LABEL, emails.LABEL and customFields.NAME`},
		{"no label", []Field{{Name: "phoneNumbers.", Column: "a"}}, `fields: Quo has no field "phoneNumbers.": ` +
			`there are firstName, lastName, company, role, name, phoneNumbers.LABEL, emails.LABEL and customFields.NAME`},
		{"no column", []Field{{Name: contact.Role}}, `fields: role has no column`},
		{"wrong default", []Field{{Name: "customFields.VIP", Column: "a", Default: "maybe"}},
			`fields: the default of customFields.VIP: this is neither true nor false: ` +
				`write true or false, yes or no, y or n, on or off, 1 or 0, x or nothing`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := testOptions(t)
			o.Fields = tt.fields
			_, err := New(o, definitions)
			if err == nil || err.Error() != tt.want {
				t.Errorf("error\n got: %v\nwant: %s", err, tt.want)
			}
		})
	}
}

func TestNewRefusesADateWithoutAZone(t *testing.T) {
	o := testOptions(t)
	o.Location = nil
	_, err := New(o, definitions)
	if want := "fields: customFields.Customer since is a date: set timezone:, such as America/New_York"; err == nil || err.Error() != want {
		t.Errorf("error\n got: %v\nwant: %s", err, want)
	}
}

func TestUnknownFieldError(t *testing.T) {
	_, err := New(testOptions(t), nil)
	var unknown *UnknownFieldError
	if !errors.As(err, &unknown) {
		t.Fatalf("got %v, want an *UnknownFieldError", err)
	}
	want := `the workspace has no custom field "lead source", nor any other: make it in Quo first`
	if unknown.Name != "lead source" || unknown.Error() != want {
		t.Errorf("got %q: %s", unknown.Name, unknown)
	}
}

// Whatever could give other values, or another decision, from the same cells must give another fingerprint.
func TestFingerprint(t *testing.T) {
	was := newMapping(t).Fingerprint()
	if again := newMapping(t).Fingerprint(); again != was {
		t.Fatal("the same options give two fingerprints")
	}
	for name, change := range map[string]func(*Options){
		"column":    func(o *Options) { o.Fields[0].Column = "other" },
		"field":     func(o *Options) { o.Fields = o.Fields[1:] },
		"direction": func(o *Options) { o.Fields[0].Direction = contact.ToQuo },
		"conflicts": func(o *Options) { o.Fields[0].Conflicts = contact.TakeQuo },
		"empty":     func(o *Options) { o.Fields[0].KeepEmpty = true },
		"default":   func(o *Options) { o.Fields[0].Default = "x" },
		"separator": func(o *Options) { o.Fields[11].Separator = ";" },
		"formats":   func(o *Options) { o.Fields[10].Formats = []string{"01/02/2006"} },
		"region":    func(o *Options) { o.Region = "GB" },
		"zone":      func(o *Options) { o.Location = time.UTC },
		"key":       func(o *Options) { o.Key = []string{"number"} },
		"filter":    func(o *Options) { o.Only["state"] = []string{"gone"} },
	} {
		if newMapping(t, change).Fingerprint() == was {
			t.Errorf("another %s: the fingerprint is the same", name)
		}
	}
	retyped := slices.Clone(definitions)
	retyped[0].Type = contact.Address
	m, err := New(testOptions(t), retyped)
	if err != nil || m.Fingerprint() == was {
		t.Errorf("another type of a definition: the fingerprint is the same (%v)", err)
	}
}

// Only how the column is split tells the two apart.
func TestFingerprintTellsANameFromItsParts(t *testing.T) {
	name := newMapping(t, func(o *Options) { o.Fields = []Field{{Name: Name, Column: "a"}} })
	parts := newMapping(t, func(o *Options) {
		o.Fields = []Field{{Name: contact.FirstName, Column: "a", Direction: contact.ToQuo},
			{Name: contact.LastName, Column: "a", Direction: contact.ToQuo}}
	})
	if name.Fingerprint() == parts.Fingerprint() {
		t.Error("the fingerprint is the same")
	}
}
