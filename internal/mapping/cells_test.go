package mapping

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"syncd/internal/contact"
)

func TestCells(t *testing.T) {
	yes, no, unset := plain("true"), contact.Value{Text: "false"}, contact.Value{}
	day := plain("2026-03-04")
	cell := func(kind contact.CellType, text string) contact.Cell { return contact.Cell{Type: kind, Text: text} }
	text := func(s string) contact.Cell { return cell(contact.CellText, s) }
	for _, tt := range []struct {
		name    string
		field   contact.Field
		before  contact.Cell
		learnt  contact.Cell // of another row, in the same column
		value   contact.Value
		want    contact.Cell
		formats []string
	}{
		{name: "text", field: contact.Role, before: text("CEO"), value: plain("CTO"), want: text("CTO")},
		{name: "cleared", field: contact.Role, before: text("CEO"), want: text("")},
		{name: "text over a number", field: contact.Company, before: cell(contact.CellNumber, "42"), value: plain("42 Ltd"), want: text("42 Ltd")},
		{name: "the same, spelled otherwise", field: mobile, before: text("(415) 555-0100"), value: plain("+14155550100"), want: text("(415) 555-0100")},
		{name: "phone number", field: mobile, before: text("(415) 555-0100"), value: plain("+14155550101"), want: text("+14155550101")},
		{name: "phone number over a number", field: mobile, before: cell(contact.CellNumber, "4155550100"), value: plain("+14155550101"), want: text("+14155550101")},
		{name: "over what cannot be read", field: mobile, before: text("call him"), value: plain("+14155550101"), want: text("+14155550101")},
		{name: "e-mail with its case", field: email, value: contact.Value{Norm: "ada@example.com", Text: "Ada@Example.com"}, want: text("Ada@Example.com")},

		{name: "boolean as the cell had it", field: vip, before: text("No"), value: yes, want: text("Yes")},
		{name: "boolean as the column has it", field: vip, learnt: text("X"), value: yes, want: text("X")},
		{name: "false in a column of x", field: vip, before: text("x"), value: no, want: text("")},
		{name: "false in a column of yes", field: vip, before: text("YES"), value: no, want: text("NO")},
		{name: "unset", field: vip, before: text("yes"), value: unset, want: text("")},
		{name: "false where nothing stands", field: vip, value: no, want: text("")},
		{name: "checkbox", field: vip, before: cell(contact.CellBoolean, "true"), value: no, want: cell(contact.CellBoolean, "false")},
		{name: "boolean as a number", field: vip, learnt: cell(contact.CellNumber, "0"), value: yes, want: cell(contact.CellNumber, "1")},
		{name: "boolean in an empty column", field: vip, value: yes, want: cell(contact.CellBoolean, "true")},

		{name: "number", field: score, before: cell(contact.CellNumber, "1"), value: plain("2.5"), want: cell(contact.CellNumber, "2.5")},
		{name: "number in a column of text", field: score, learnt: text("1.0"), value: plain("2.5"), want: text("2.5")},
		{name: "number in an empty column", field: score, value: plain("2.5"), want: cell(contact.CellNumber, "2.5")},

		{name: "date in an empty column", field: since, value: day, want: text("2026-03-04")},
		{name: "date as the cell had it", field: since, before: text("Jan 2, 2025"), value: day, want: text("Mar 4, 2026")},
		{name: "date as the column has it", field: since, learnt: text("2025/1/2"), value: day, want: text("2026/3/4")},
		{name: "date by a format", field: since, before: text("31.12.2025"), value: day, want: text("04.03.2026"), formats: []string{"02.01.2006"}},
		{name: "date and time", field: since, before: text("2025-01-02 10:00"), value: day, want: text("2026-03-04 00:00")},
		{name: "date in an empty cell that is typed", field: since, before: cell(contact.CellTime, ""), value: day, want: cell(contact.CellTime, "2026-03-04T00:00:00-05:00")},
		{name: "date in an empty column that is typed", field: since, learnt: cell(contact.CellDate, ""), value: day, want: cell(contact.CellDate, "2026-03-04")},
		{name: "boolean in an empty cell that is typed", field: vip, before: cell(contact.CellBoolean, ""), value: yes, want: cell(contact.CellBoolean, "true")},
		{name: "typed date", field: since, before: cell(contact.CellDate, "2025-01-02"), value: day, want: cell(contact.CellDate, "2026-03-04")},
		{name: "typed instant", field: since, learnt: cell(contact.CellTime, "2025-01-02T10:00:00Z"), value: day, want: cell(contact.CellTime, "2026-03-04T00:00:00-05:00")},
		{name: "date with a time of day in Quo", field: since, value: contact.Value{Norm: "2026-03-04", Text: "2026-03-05T04:30:00.000Z"}, want: text("2026-03-04")},
		{name: "a format that reads years of two digits", field: since, before: text("01/02/26"), value: plain("1950-03-04"), want: text("1950-03-04"), formats: []string{"01/02/06"}},
		{name: "a format that reads the normal form as another day", field: since, value: day, want: text("2026-04-03"), formats: []string{"2006-02-01"}},

		{name: "list", field: tags, before: text("a"), value: contact.ListOf([]string{"b", "a"}), want: text("b,a")},
		{name: "typed list", field: tags, learnt: cell(contact.CellList, `["x"]`), value: contact.ListOf([]string{"b, c", "a"}), want: cell(contact.CellList, `["b, c","a"]`)},
		{name: "list in an empty column that is typed", field: tags, learnt: cell(contact.CellList, ""), value: contact.ListOf([]string{"b, c", "a"}), want: cell(contact.CellList, `["b, c","a"]`)},
		{name: "list in an empty cell that is typed", field: tags, before: cell(contact.CellList, ""), value: contact.ListOf([]string{"b, c", "a"}), want: cell(contact.CellList, `["b, c","a"]`)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMapping(t, func(o *Options) { o.Fields[10].Formats = tt.formats })
			field := slices.IndexFunc(m.Fields(), func(f Field) bool { return f.Name == tt.field })
			column := slices.Index(m.Columns(), m.Fields()[field].Column)
			style := m.NewStyle()
			learnt := row(t, m, nil)
			learnt.Cells[column] = tt.learnt
			style.Learn(learnt)
			before := row(t, m, map[string]string{"id": "7", "last": " as it is "})
			before.Cells[column] = tt.before
			got, err := m.Cells(before, "7", contact.Values{tt.field: tt.value}, style)
			if err != nil {
				t.Fatal(err)
			}
			want := slices.Clone(before.Cells)
			want[column] = tt.want
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("cells (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCellsRefuses(t *testing.T) {
	m := newMapping(t, func(o *Options) { o.Fields[0].Default = "Customer" })
	full := row(t, m, map[string]string{"id": "7", "first": "Ada", "work": "415 555 0100"})
	for _, tt := range []struct {
		name  string
		field contact.Field
		value contact.Value
		want  string
	}{
		{"what is no phone number", mobile, plain("front desk"),
			`phoneNumbers.mobile cannot be written to column "mobile": this is not a phone number`},
		{"an item with the separator", tags, contact.ListOf([]string{"a,b"}),
			`customFields.Tags cannot be written to column "tags": an item contains the separator: set another separator:`},
		{"empty where there is a default", contact.FirstName, contact.Value{},
			`firstName cannot be written to column "first": an empty cell would mean the default`},
		{"what is no number", score, plain("many"),
			`customFields.Score cannot be written to column "score": this is not a number: write digits only, such as 1234.5`},
		{"what is no date", since, plain("someday"), `customFields.Customer since cannot be written to column "since": ` +
			`this is not a date that syncd can read: write it like 2026-03-04, or set formats:`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := m.Cells(full, "7", contact.Values{tt.field: tt.value}, nil)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v\nerror: %v\n want: %s", got, err, tt.want)
			}
		})
	}
}

func TestCellsOfANewRow(t *testing.T) {
	m := newMapping(t, func(o *Options) {
		o.Key, o.Fields = []string{"branch", "id"}, []Field{{Name: Name, Column: "name"}, {Name: contact.Company, Column: "company"}}
	})
	got, err := m.Cells(contact.Record{}, `north\/west/7`, contact.Values{contact.Company: plain("Acme"), contact.FirstName: plain("Ada")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := row(t, m, map[string]string{"branch": "north/west", "id": "7", "company": "Acme", "state": "Active"}).Cells
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
	if _, err := m.Cells(contact.Record{}, "7", nil, nil); err == nil {
		t.Error("a key of one part fits two columns")
	}
}

func TestStyleIsBounded(t *testing.T) {
	m := newMapping(t)
	style := m.NewStyle()
	for range maxExamples {
		style.Learn(row(t, m, map[string]string{"vip": "perhaps"}))
	}
	style.Learn(row(t, m, map[string]string{"vip": "x"}))
	if got := style.examples[vip]; got != (contact.Cell{}) {
		t.Errorf("learnt %+v after %d rows", got, maxExamples)
	}
}

// What is written to a row is read back, and what it says already leaves it as it is.
func TestCellsThenValues(t *testing.T) {
	m := newMapping(t)
	rapid.Check(t, func(rt *rapid.T) {
		before, style := row(t, m, someCells(rt)), m.NewStyle()
		style.Learn(row(t, m, someCells(rt)))
		values, _ := m.Values(row(t, m, someCells(rt)))
		changes := contact.Values{}
		for _, f := range m.Fields() {
			changes[f.Name] = values[f.Name]
		}
		cells, err := m.Cells(before, "7", changes, style)
		if err != nil {
			rt.Fatal(err)
		}
		got, problems := m.Values(contact.Record{Cells: cells})
		if len(problems) > 0 {
			rt.Fatal(problems)
		}
		for _, f := range m.Fields() {
			if !got[f.Name].Same(values[f.Name]) {
				rt.Fatalf("%s: wrote %+v, read %+v", f.Title, values[f.Name], got[f.Name])
			}
		}
		if again, err := m.Cells(contact.Record{Cells: cells}, "7", changes, style); err != nil || !slices.Equal(again, cells) {
			rt.Fatalf("writing twice changes the row: %v\n%+v\n%+v", err, cells, again)
		}
	})
}
