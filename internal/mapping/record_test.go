package mapping

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/contact"
)

func plain(s string) contact.Value { return contact.Value{Norm: s, Text: s} }

func TestValues(t *testing.T) {
	m := newMapping(t)
	got, problems := m.Values(row(t, m, map[string]string{
		"id": "7", "first": " Ada ", "last": "Okafor", "mobile": "(415) 555-0100", "email": "Ada@Example.com",
		"vip": "no", "score": "1,234.50", "since": "Mar 4, 2026", "tags": "b, a", "site": "example.com", "source": " ",
	}))
	want := contact.Values{
		contact.FirstName: plain("Ada"), contact.LastName: plain("Okafor"), mobile: plain("+14155550100"),
		email: {Norm: "ada@example.com", Text: "Ada@Example.com"}, vip: {Text: "false"}, score: plain("1234.5"),
		since: plain("2026-03-04"), tags: {Norm: `["a","b"]`, Text: `["b","a"]`}, site: plain("example.com"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if len(problems) > 0 {
		t.Errorf("problems: %+v", problems)
	}
}

func TestValuesReportsAllProblemsOfARow(t *testing.T) {
	m := newMapping(t)
	r := row(t, m, map[string]string{"id": "7", "mobile": "5.55E+09", "since": "03/04/2026", "work": "415-555-0100"})
	r.Cells[slices.Index(m.Columns(), "role")] = contact.Cell{Type: contact.CellError, Text: "#REF!"}
	got, problems := m.Values(r)
	want := []contact.Problem{
		{Key: "7", Row: 7, Column: "role", Value: "#REF!", Reason: "the cell shows #REF!"},
		{Key: "7", Row: 7, Column: "mobile", Value: "5.55E+09", Reason: "the number is in scientific notation, " +
			"which may have lost digits: format the column as plain text and type it again"},
		{Key: "7", Row: 7, Column: "since", Value: "03/04/2026", Reason: "which comes first, day or month? Set " +
			"formats:, such as 01/02/2006 for month first"},
		{Key: "7", Row: 7, Reason: "the row has no first name, no last name and no company"},
	}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(contact.Values{work: plain("+14155550100")}, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func TestValuesNeedAName(t *testing.T) {
	fromQuo := func(o *Options) {
		for i := range o.Fields {
			o.Fields[i].Direction = contact.FromQuo
		}
	}
	for name, tt := range map[string]struct {
		change func(*Options)
		cells  map[string]string
		want   int
	}{
		"none":              {func(*Options) {}, map[string]string{"role": "CTO"}, 1},
		"a company":         {func(*Options) {}, map[string]string{"company": "Acme"}, 0},
		"nothing to Quo":    {fromQuo, map[string]string{"role": "CTO"}, 0},
		"a default company": {func(o *Options) { o.Fields[2].Default = "Acme" }, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMapping(t, tt.change)
			if _, problems := m.Values(row(t, m, tt.cells)); len(problems) != tt.want {
				t.Errorf("problems: %+v, want %d", problems, tt.want)
			}
		})
	}
	t.Run("a name that cannot be read is reported once", func(t *testing.T) {
		m := newMapping(t, func(o *Options) { o.Fields = []Field{{Name: Name, Column: "name"}} })
		r := row(t, m, nil)
		r.Cells[slices.Index(m.Columns(), "name")] = contact.Cell{Type: contact.CellError, Text: "#N/A"}
		if _, problems := m.Values(r); len(problems) != 1 || problems[0].Column != "name" {
			t.Errorf("problems: %+v, want one about the column", problems)
		}
	})
}

func TestNameSplitsAtItsLastSpace(t *testing.T) {
	m := newMapping(t, func(o *Options) { o.Fields = []Field{{Name: Name, Column: "name"}} })
	for name, want := range map[string][2]string{
		"Mary Ann  Lee": {"Mary Ann", "Lee"}, " Cher ": {"Cher", ""}, "Ada\u00A0Okafor": {"Ada", "Okafor"}, "José 李": {"José", "李"},
	} {
		got, _ := m.Values(row(t, m, map[string]string{"name": name}))
		if got[contact.FirstName].Norm != want[0] || got[contact.LastName].Norm != want[1] {
			t.Errorf("%q: got %+v, want %q", name, got, want)
		}
	}
}

func TestDefaults(t *testing.T) {
	m := newMapping(t, func(o *Options) { o.Fields[8].Default = "yes" })
	for cell, want := range map[string]contact.Value{"": plain("true"), " ": plain("true"), "no": {Text: "false"}} {
		if got, _ := m.Values(row(t, m, map[string]string{"vip": cell})); got[vip] != want {
			t.Errorf("%q: got %+v, want %+v", cell, got[vip], want)
		}
	}
}

func TestKeyAndContactID(t *testing.T) {
	m := newMapping(t, func(o *Options) { o.Key = []string{"branch", "id"} })
	r := row(t, m, map[string]string{"branch": "north", "id": " 7 ", "contact": " 65f0c1 "})
	if key, err := m.Key(r); key != "north/7" || err != nil {
		t.Errorf("got key %q (%v), want north/7", key, err)
	}
	if id := m.ContactID(r); id != "65f0c1" {
		t.Errorf("got contact id %q, want 65f0c1", id)
	}
	if key, err := m.Key(row(t, m, map[string]string{"branch": "north"})); err == nil {
		t.Errorf("got key %q of half a key, want an error", key)
	}
	none := newMapping(t, func(o *Options) { o.Key, o.ContactID = nil, "" })
	if key, err := none.Key(contact.Record{}); key != "" || err != nil {
		t.Errorf("without key columns: got %q (%v)", key, err)
	}
	if id := none.ContactID(contact.Record{Cells: []contact.Cell{{Text: "x"}}}); id != "" {
		t.Errorf("without a contact id column: got %q", id)
	}
}

func TestUpdatedAt(t *testing.T) {
	m := newMapping(t)
	for cell, want := range map[string]time.Time{
		"": {}, "2026-03-04 10:30": time.Date(2026, 3, 4, 15, 30, 0, 0, time.UTC),
		"2026-03-04T15:30:00Z": time.Date(2026, 3, 4, 15, 30, 0, 0, time.UTC),
	} {
		got, err := m.UpdatedAt(row(t, m, map[string]string{"changed": cell}))
		if err != nil || !got.Equal(want) {
			t.Errorf("%q: got %s (%v), want %s", cell, got, err, want)
		}
	}
	if got, err := m.UpdatedAt(row(t, m, map[string]string{"changed": "yesterday"})); err == nil {
		t.Errorf("got %s, want an error", got)
	}
	none := newMapping(t, func(o *Options) { o.UpdatedAt = "" })
	if got, err := none.UpdatedAt(row(t, none, map[string]string{"id": "2026-03-04T15:30:00Z"})); !got.IsZero() || err != nil {
		t.Errorf("without a column: got %s (%v)", got, err)
	}
}

func TestIncluded(t *testing.T) {
	m := newMapping(t, func(o *Options) { o.Only["vip"] = []string{"yes", ""} })
	for _, tt := range []struct {
		state, vip string
		want       bool
	}{{" active ", "yes", true}, {"NEW", "", true}, {"active", "no", false}, {"gone", "yes", false}, {"", "", false}} {
		if got := m.Included(row(t, m, map[string]string{"state": tt.state, "vip": tt.vip})); got != tt.want {
			t.Errorf("state %q, vip %q: got %v, want %v", tt.state, tt.vip, got, tt.want)
		}
	}
	if all := newMapping(t, func(o *Options) { o.Only = nil }); !all.Included(row(t, all, nil)) {
		t.Error("without a filter a row is left out")
	}
}

func TestRowHash(t *testing.T) {
	m := newMapping(t)
	cells := map[string]string{"id": "7", "first": "Ada", "last": "Lee", "changed": "2026-03-04 10:30", "status": "", "state": "new"}
	was := m.RowHash(row(t, m, cells))
	for _, tt := range []struct {
		column, text string
		same         bool
	}{
		{"first", "Adam", false}, {"id", "8", false}, {"contact", "65f0c1", false}, {"state", "active", false},
		{"site", " ", false}, {"changed", "2026-03-05 10:30", true}, {"status", "deleted in Quo", true},
	} {
		r := row(t, m, cells)
		r.Cells[slices.Index(m.Columns(), tt.column)].Text = tt.text
		if got := m.RowHash(r) == was; got != tt.same {
			t.Errorf("%s %q: same hash %v, want %v", tt.column, tt.text, got, tt.same)
		}
	}
	moved := row(t, m, cells)
	moved.Row = 99
	if m.RowHash(moved) != was {
		t.Error("the hash depends on the row's number")
	}
	typed := row(t, m, cells)
	typed.Cells[slices.Index(m.Columns(), "id")].Type = contact.CellNumber
	if m.RowHash(typed) == was {
		t.Error("the hash does not depend on the type of a cell")
	}
	shifted := row(t, m, map[string]string{"id": "7", "first": "AdaL", "last": "ee", "state": "new"})
	if m.RowHash(shifted) == was {
		t.Error("text that moves to the next cell keeps the hash")
	}
	if newMapping(t, func(o *Options) { o.Region = "GB" }).RowHash(row(t, m, cells)) == was {
		t.Error("the hash does not depend on the mapping")
	}
}

func BenchmarkRowHash(b *testing.B) {
	m := newMapping(b)
	r := fullRow(b, m)
	b.ReportAllocs()
	for b.Loop() {
		m.RowHash(r)
	}
}

func BenchmarkKey(b *testing.B) {
	m := newMapping(b)
	r := fullRow(b, m)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Key(r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValues(b *testing.B) {
	m := newMapping(b)
	r := fullRow(b, m)
	b.ReportAllocs()
	for b.Loop() {
		if _, problems := m.Values(r); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}

func fullRow(t testing.TB, m *Mapping) contact.Record {
	return row(t, m, map[string]string{
		"id": "C-1042", "contact": "65f0c1a2b3c4d5e6f7a8b9c0", "changed": "2026-03-04T10:30:00Z", "first": "Ada", "last": "Okafor",
		"company": "Acme", "role": "CTO", "mobile": "(415) 555-0100", "work": "415-555-0101", "email": "ada@example.com",
		"source": "Fair", "vip": "yes", "score": "42.5", "since": "2026-03-04", "tags": "red, green", "site": "https://example.com",
		"state": "active",
	})
}
