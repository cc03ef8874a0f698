package contact

import (
	"testing"
	"time"
)

// parseTest is one cell and what it means. Text is Norm unless it says otherwise, and err starts the reason.
type parseTest struct {
	name       string
	cell       Cell
	norm, text string
	err        string
}

func testParse(t *testing.T, parse func(Cell) (Value, error), tests []parseTest) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parse(tt.cell)
			reason := ""
			if err != nil {
				reason = err.Error()
			}
			if tt.err == "" && err != nil || len(reason) < len(tt.err) || reason[:len(tt.err)] != tt.err {
				t.Fatalf("error\n got: %s\nwant: %s", reason, tt.err)
			}
			want := Value{tt.norm, tt.text}
			if want.Text == "" {
				want.Text = want.Norm
			}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestParseText(t *testing.T) {
	testParse(t, ParseText, []parseTest{
		{name: "trimmed", cell: text("\u00A0\uFEFF Zoë \t\n"), norm: "Zoë"},
		{name: "composed", cell: text("Zoe\u0308"), norm: "Zoë"},
		{name: "white space inside stays", cell: text("a \t b\nc"), norm: "a \t b\nc"},
		{name: "not UTF-8", cell: text("a\xffb\xff"), norm: "a\uFFFDb\uFFFD"},
		{name: "NUL goes", cell: text("a\x00b \x00"), norm: "ab"},
		{name: "number", cell: number("42"), norm: "42"},
		{name: "empty", cell: Cell{}},
		{name: "error of a spreadsheet", cell: Cell{CellError, "#REF!"}, err: "the cell shows #REF!"},
		{name: "list", cell: Cell{CellList, `["a"]`}, err: "the cell holds a list"},
	})
}

func TestParseURL(t *testing.T) {
	testParse(t, ParseURL, []parseTest{
		{name: "trimmed", cell: text(" https://example.com/a?b=c "), norm: "https://example.com/a?b=c"},
		{name: "nothing is added", cell: text("example.com"), norm: "example.com"},
		{name: "white space", cell: text("example.com and others"), err: "a URL cannot contain spaces"},
		{name: "error of a spreadsheet", cell: Cell{CellError, "#N/A"}, err: "the cell shows #N/A"},
	})
}

func TestParseEmail(t *testing.T) {
	testParse(t, ParseEmail, []parseTest{
		{name: "case", cell: text(" Ann.Lee@Example.COM "), norm: "ann.lee@example.com", text: "Ann.Lee@Example.COM"},
		{name: "plus", cell: text("a+b@example.com"), norm: "a+b@example.com"},
		{name: "umlaut", cell: text("zoe\u0308@bücher.example"), norm: "zoë@bücher.example"},
		{name: "empty", cell: text(" ")},
		{name: "without a dot", cell: text("a@localhost"), err: "this is not an e-mail address"},
		{name: "ends in a dot", cell: text("a@example."), err: "this is not an e-mail address"},
		{name: "without an at", cell: text("example.com"), err: "this is not an e-mail address"},
		{name: "with a name", cell: text("Ann <a@example.com>"), err: "this is not an e-mail address"},
		{name: "two", cell: text("a@example.com, b@example.com"), err: "there is more than one e-mail address"},
		{name: "error of a spreadsheet", cell: Cell{CellError, "#N/A"}, err: "the cell shows #N/A"},
	})
}

func TestParseNumber(t *testing.T) {
	testParse(t, ParseNumber, []parseTest{
		{name: "whole", cell: text("5.0"), norm: "5"},
		{name: "fraction", cell: text("0.2500"), norm: "0.25"},
		{name: "without a leading zero", cell: text("-.5"), norm: "-0.5"},
		{name: "minus zero", cell: text("-0"), norm: "0"},
		{name: "plus", cell: text("+007"), norm: "7"},
		{name: "minus of word processors", cell: text("−5"), norm: "-5"},
		{name: "beyond any float", cell: text("123456789012345678901234567890.10"), norm: "123456789012345678901234567890.1"},
		{name: "thousands and point", cell: text("1,234.50"), norm: "1234.5"},
		{name: "thousands and comma", cell: text("-1.234,50"), norm: "-1234.5"},
		{name: "millions with commas", cell: text("1,234,567"), norm: "1234567"},
		{name: "millions with points", cell: text("1.234.567"), norm: "1234567"},
		{name: "comma for thousands or decimals", cell: text("1,234"), err: "the comma may stand for thousands"},
		{name: "comma for decimals", cell: text("12,5"), err: "the comma may stand for thousands"},
		{name: "currency", cell: text("$5"), err: "this is not a number"},
		{name: "unit", cell: text("5 km"), err: "this is not a number"},
		{name: "two signs", cell: text("--5"), err: "this is not a number"},
		{name: "word", cell: text("NaN"), err: "this is not a number"},
		{name: "only a point", cell: text("."), err: "this is not a number"},
		{name: "exponent in text", cell: text("5.55E+09"), err: "the number is in scientific notation"},
		{name: "typed", cell: number("-0.250"), norm: "-0.25"},
		{name: "typed with exponent", cell: number("1.5e3"), norm: "1500"},
		{name: "typed with a negative exponent", cell: number("-12.5E-4"), norm: "-0.00125"},
		{name: "typed beyond all bounds", cell: number("1e999999999"), err: "this is not a number"},
		{name: "date", cell: Cell{CellDate, "2026-03-04"}, err: "this is not a number"},
		{name: "empty", cell: text("")},
		{name: "error of a spreadsheet", cell: Cell{CellError, "#DIV/0!"}, err: "the cell shows #DIV/0!"},
	})
}

func TestParseBoolean(t *testing.T) {
	const no = "false"
	testParse(t, ParseBoolean, []parseTest{
		{name: "true", cell: text("TRUE"), norm: "true"},
		{name: "yes", cell: text(" Yes "), norm: "true"},
		{name: "y", cell: text("y"), norm: "true"},
		{name: "on", cell: text("on"), norm: "true"},
		{name: "1", cell: text("1"), norm: "true"},
		{name: "x", cell: text("X"), norm: "true"},
		{name: "false", cell: text("False"), text: no},
		{name: "no", cell: text("NO"), text: no},
		{name: "n", cell: text("n"), text: no},
		{name: "off", cell: text("off"), text: no},
		{name: "0", cell: text("0"), text: no},
		{name: "not set", cell: text("  ")},
		{name: "checkbox", cell: Cell{CellBoolean, "true"}, norm: "true"},
		{name: "checkbox that is off", cell: Cell{CellBoolean, "false"}, text: no},
		{name: "number", cell: number("1.0"), norm: "true"},
		{name: "another number", cell: number("2"), err: "this is neither true nor false"},
		{name: "another word", cell: text("maybe"), err: "this is neither true nor false"},
		{name: "error of a spreadsheet", cell: Cell{CellError, "#N/A"}, err: "the cell shows #N/A"},
	})
}

func TestBooleanWords(t *testing.T) {
	for text, want := range map[string][2]string{
		"No": {"Yes", "No"}, "YES": {"YES", "NO"}, "yes": {"yes", "no"}, "n": {"y", "n"}, "Y": {"Y", "N"},
		"X": {"X", ""}, "x": {"x", ""}, "0": {"1", "0"}, " FALSE ": {"TRUE", "FALSE"}, "Off": {"On", "Off"},
	} {
		if yes, no, ok := BooleanWords(text); !ok || yes != want[0] || no != want[1] {
			t.Errorf("%q: got %q, %q, %v, want %q", text, yes, no, ok, want)
		}
	}
	for _, text := range []string{"", " ", "maybe"} {
		if yes, no, ok := BooleanWords(text); ok {
			t.Errorf("%q: got %q, %q, want none", text, yes, no)
		}
	}
}

func TestParseList(t *testing.T) {
	testParse(t, func(c Cell) (Value, error) { return ParseList(c, "") }, []parseTest{
		{name: "items", cell: text("b, a ,,b, c"), norm: `["a","b","c"]`, text: `["b","a","c"]`},
		{name: "readable JSON", cell: text(`R&D, "x"`), norm: `["\"x\"","R&D"]`, text: `["R&D","\"x\""]`},
		{name: "typed", cell: Cell{CellList, `["b, c"," a "]`}, norm: `["a","b, c"]`, text: `["b, c","a"]`},
		{name: "typed and empty", cell: Cell{Type: CellList}},
		{name: "number", cell: number("5"), norm: `["5"]`},
		{name: "only separators", cell: text(" , ,")},
		{name: "empty", cell: text("")},
		{name: "not a list", cell: Cell{CellList, `{}`}, err: "this is not a list of texts"},
		{name: "error of a spreadsheet", cell: Cell{CellError, "#N/A"}, err: "the cell shows #N/A"},
	})
}

func TestParseListSeparator(t *testing.T) {
	for separator, cell := range map[string]string{";": "b; a", " / ": "b/a", "\n": "b\na", " ": "b a"} {
		got, err := ParseList(text(cell), separator)
		if want := (Value{`["a","b"]`, `["b","a"]`}); err != nil || got != want {
			t.Errorf("%q with %q: got %+v (%v), want %+v", cell, separator, got, err, want)
		}
	}
}

func TestParseDate(t *testing.T) {
	newYork := location(t, "America/New_York")
	day := func(name, s string) parseTest { return parseTest{name: name, cell: text(s), norm: "2026-03-04"} }
	testParse(t, func(c Cell) (Value, error) { return ParseDate(c, nil, newYork) }, []parseTest{
		day("ISO", "2026-03-04"), day("short ISO", "2026-3-4"), day("slashes", "2026/03/04"), day("points", "2026.3.4"),
		day("date and time", "2026-03-04 23:59"), day("with seconds", "2026-03-04 23:59:59.5"),
		day("day first", "4 Mar 2026"), day("in full", "04 march 2026"),
		day("month first", "MAR 4, 2026"), day("month in full", "March 4, 2026"), day("with weekday", "Wednesday, March 4, 2026"),
		day("instant in UTC", "2026-03-05T04:30:00Z"), day("instant with offset", "2026-03-05 13:00:00+09"),
		{name: "typed date", cell: Cell{CellDate, "2026-03-04"}, norm: "2026-03-04"},
		{name: "typed instant", cell: Cell{CellTime, "2026-03-05T04:59:59.999Z"}, norm: "2026-03-04"},
		{name: "leap day", cell: text("2024-02-29"), norm: "2024-02-29"},
		{name: "day or month", cell: text("03/04/2026"), err: "which comes first, day or month? Set formats:"},
		{name: "day or month with points", cell: text("3.4.26"), err: "which comes first, day or month? Set formats:"},
		{name: "no leap day", cell: text("2026-02-29"), err: "there is no such day"},
		{name: "no such month", cell: text("2026-13-01"), err: "there is no such day"},
		{name: "wrong weekday", cell: text("Monday, March 4, 2026"), err: "the date is not that day of the week"},
		{name: "year 202", cell: text("0202-03-04"), err: "the year is not between 1800 and 2200"},
		{name: "words", cell: text("next week"), err: "this is not a date that syncd can read"},
		{name: "number", cell: number("46085"), err: "this is not a date: format the column as a date"},
		{name: "empty", cell: text("")},
		{name: "error of a spreadsheet", cell: Cell{CellError, "#N/A"}, err: "the cell shows #N/A"},
	})
}

func TestParseDateFormats(t *testing.T) {
	parse := func(c Cell) (Value, error) {
		return ParseDate(c, []string{"01/02/2006", "2.1.06", "Jan 2 2006 15:04 -0700"}, location(t, "America/New_York"))
	}
	testParse(t, parse, []parseTest{
		{name: "first", cell: text("03/04/2026"), norm: "2026-03-04"},
		{name: "second", cell: text("4.3.26"), norm: "2026-03-04"},
		{name: "with an offset", cell: text("Mar 5 2026 03:00 +0000"), norm: "2026-03-04"},
		{name: "ISO goes on", cell: text("2026-03-04"), norm: "2026-03-04"},
		{name: "typed", cell: Cell{CellDate, "2026-03-04"}, norm: "2026-03-04"},
		{name: "no such month", cell: text("25/12/2026"), err: "there is no such day when the month comes first"},
		{name: "no such month, day first", cell: text("12.25.26"), err: "there is no such day when the day comes first"},
	})
}

// In some zones the clock goes forward at midnight, so that the day has none.
func TestParseDateOnADayWithoutMidnight(t *testing.T) {
	got, err := ParseDate(text("2018-11-04"), []string{"2006-01-02"}, location(t, "America/Sao_Paulo"))
	if err != nil || got.Norm != "2018-11-04" {
		t.Errorf("got %+v (%v), want 2018-11-04", got, err)
	}
}

func TestDateLayout(t *testing.T) {
	for text, want := range map[string]string{
		"2026-03-04": "2006-01-02", "2026-3-4": "2006-1-2", " 4 Mar 2026 ": "2 Jan 2006", "4.3.26": "2.1.06",
		"2026-03-04 10:00": "2006-01-02 15:04", "someday": "",
	} {
		if got, ok := DateLayout(text, []string{"2.1.06"}); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", text, got, ok, want)
		}
	}
}

func TestParseTime(t *testing.T) {
	newYork := location(t, "America/New_York")
	want := time.Date(2026, 3, 4, 10, 30, 0, 0, newYork)
	for name, tt := range map[string]struct {
		cell Cell
		loc  *time.Location
		err  string
	}{
		"typed":               {Cell{CellTime, "2026-03-04T15:30:00Z"}, nil, ""},
		"with an offset":      {text("2026-03-04 16:30:00+01:00"), nil, ""},
		"in the zone":         {text("2026-03-04 10:30"), newYork, ""},
		"without a zone":      {text("2026-03-04 10:30"), nil, "the time has no offset from UTC: set timezone:"},
		"only a day":          {text("2026-03-04"), newYork, "this is not a date with a time of day, such as 2026-03-04 15:04:05"},
		"empty":               {text(""), newYork, "the cell is empty"},
		"error of the source": {Cell{CellError, "#N/A"}, newYork, "the cell shows #N/A"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseTime(tt.cell, tt.loc)
			checkError(t, err, tt.err)
			if tt.err == "" && !got.Equal(want) {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}
