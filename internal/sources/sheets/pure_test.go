package sheets

import (
	"testing"
	"time"

	"syncd/internal/contact"
)

func TestRanges(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{rangeOf("Contacts", 0, 0, 0, 5), "'Contacts'!A1:F1"},
		{rangeOf("Jon's Data", 4, 25, 9, 26), "'Jon''s Data'!Z5:AA10"},
		{rangeOf("CRM26", 0, 701, 0, 702), "'CRM26'!ZZ1:AAA1"},
		{quoted("It's"), "'It''s'"},
	} {
		if c.got != c.want {
			t.Errorf("range %s, want %s", c.got, c.want)
		}
	}
	for answered, want := range map[string]int{
		"Contacts!A1:F20": 0, "'Jon''s Data'!C20001:F40000": 20_000, "'Why!A5'!B7": 6, "A$9:B9": 8,
		"Contacts": -1, "": -1, "'x'!A:F": -1,
	} {
		if row, ok := firstRow(answered); ok != (want >= 0) || ok && row != want {
			t.Errorf("firstRow(%q) = %d, %v, want %d", answered, row, ok, want)
		}
	}
}

func TestCellOf(t *testing.T) {
	for _, c := range []struct {
		v    value
		want contact.Cell
	}{
		{nil, contact.Cell{}},
		{"", contact.Cell{}},
		{"TRUE", contact.Cell{Text: "TRUE"}},
		{true, contact.Cell{Type: contact.CellBoolean, Text: "true"}},
		{15551234567.0, contact.Cell{Type: contact.CellNumber, Text: "15551234567"}},
		{-0.25, contact.Cell{Type: contact.CellNumber, Text: "-0.25"}},
		{1e21, contact.Cell{Type: contact.CellNumber, Text: "1000000000000000000000"}},
		{"#N/A", contact.Cell{Type: contact.CellError, Text: "#N/A"}},
		{"Loading...", contact.Cell{Type: contact.CellError, Text: "Loading..."}},
		{"#1 customer", contact.Cell{Text: "#1 customer"}},
	} {
		if got := cellOf(c.v); got != c.want {
			t.Errorf("cellOf(%v) = %+v, want %+v", c.v, got, c.want)
		}
	}
}

func TestDates(t *testing.T) {
	if got := daysOf(time.Date(2026, 1, 2, 18, 0, 0, 0, time.UTC)); got != 46024.75 {
		t.Errorf("days of 2026-01-02 18:00: %v, want 46024.75", got)
	}
	if got := dateOf(46024.75).Format(time.DateTime); got != "2026-01-02 18:00:00" {
		t.Errorf("date of 46024.75: %s", got)
	}
	for name, c := range map[string]struct {
		days  []float64
		shown []string
		text  string
		want  float64 // 0 for an error
	}{
		"month first":              {[]float64{46024}, []string{"1/2/2026"}, "3/4/2026", 46085},
		"day first":                {[]float64{46024}, []string{"2/1/2026"}, "3/4/2026", 46115},
		"day first, with zeros":    {[]float64{46024}, []string{"02.01.2026"}, "03.04.2026", 46115},
		"the second tells":         {[]float64{46023, 46024}, []string{"1/1/2026", "1/2/2026"}, "3/4/2026", 46085},
		"nothing tells":            {[]float64{46023}, []string{"1/1/2026"}, "3/4/2026", 0},
		"nothing tells, no matter": {[]float64{46023}, []string{"1/1/2026"}, "3/3/2026", 46084},
		"year first":               {[]float64{46024}, []string{"2026-01-02"}, "2026-03-04", 46085},
		"year first all the same":  {[]float64{46024}, []string{"1/2/2026"}, "2026-03-04", 46085},
		"with a time of day":       {[]float64{46024.5}, []string{"1/2/2026 12:00:00"}, "3/4/2026 18:00:00", 46085.75},
		"the month's name":         {[]float64{46024}, []string{"Jan 2, 2026"}, "Mar 4, 2026", 46085},
		"a form that is not known": {[]float64{46024}, []string{"2e jour"}, "5e jour", 0},
		"no date":                  {[]float64{46024}, []string{"1/2/2026"}, "soon", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := &survey{entered: [][]any{{"Since"}}, shown: [][]any{{"Since"}}, styles: map[int]*dateStyle{}}
			for i, days := range c.days {
				s.entered, s.shown = append(s.entered, []any{days}), append(s.shown, []any{c.shown[i]})
			}
			got, err := s.dated(len(s.entered), 0, c.text) // a new row
			if (err != nil) != (c.want == 0) || err == nil && got != c.want {
				t.Errorf("%q is written as %v, error %v, want %v", c.text, got, err, c.want)
			}
		})
	}
}

func TestDatesAndOthers(t *testing.T) {
	s := &survey{
		entered: [][]any{{"Since"}, {46024.0}, {46025.0}, {"soon"}, {""}, {7.0}},
		shown:   [][]any{{"Since"}, {"1/2/2026"}, {"1/3/2026"}, {"soon"}, {""}, {7.0}},
		styles:  map[int]*dateStyle{},
	}
	for row, want := range map[int]value{1: 46085.0, 3: "3/4/2026", 4: "3/4/2026", 5: "3/4/2026"} {
		if got, err := s.dated(row, 0, "3/4/2026"); got != want || err != nil {
			t.Errorf("row %d gets %v, error %v, want %v", row, got, err, want)
		}
	}
}

func TestMovedFormula(t *testing.T) {
	for _, c := range []struct {
		formula  string
		from, to int
		want     string // "" when it is not known
	}{
		{`=A5&" "&B5`, 5, 7, `=A7&" "&B7`},
		{`="A5 is "&$A5`, 5, 7, `="A5 is "&$A7`},
		{`=A5+A6`, 5, 7, ""},
		{`=A$1*B5`, 5, 7, ""},
		{`=A$1*B6`, 5, 5, `=A$1*B6`},
		{`=NOW()`, 5, 7, `=NOW()`},
	} {
		got, ok := movedFormula(c.formula, c.from, c.to)
		if ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s moved from row %d to %d: %q, %v, want %q", c.formula, c.from, c.to, got, ok, c.want)
		}
	}
}

func TestOneMoment(t *testing.T) {
	entered := [][]any{{"id", "Since", "Name"}, {"C-1", 46024.0, "=A2"}, {"C-2", 5.0}}
	for name, c := range map[string]struct {
		shown [][]any
		want  bool
	}{
		"the same":                 {[][]any{{"id", "Since", "Name"}, {"C-1", "1/2/2026", "C-1"}, {"C-2", 5.0}}, true},
		"sorted in between":        {[][]any{{"id", "Since", "Name"}, {"C-2", 5.0, "C-2"}, {"C-1", "1/2/2026"}}, false},
		"a number changed":         {[][]any{{"id", "Since", "Name"}, {"C-1", "1/2/2026", "C-1"}, {"C-2", 6.0}}, false},
		"a row fewer":              {[][]any{{"id", "Since", "Name"}, {"C-1", "1/2/2026", "C-1"}}, false},
		"a formula without result": {[][]any{{"id", "Since", "Name"}, {"C-1", "1/2/2026", ""}, {"C-2", 5.0}}, true},
	} {
		if got := oneMoment(entered, c.shown); got != c.want {
			t.Errorf("%s: one moment is %v, want %v", name, got, c.want)
		}
	}
}
