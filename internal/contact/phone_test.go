package contact

import (
	"fmt"
	"testing"
)

func TestParsePhone(t *testing.T) {
	const want = "+14155550100"
	ok := func(name, s string) parseTest { return parseTest{name: name, cell: text(s), norm: want} }
	bad := func(name, s, reason string) parseTest { return parseTest{name: name, cell: text(s), err: reason} }
	const junk, two = "this is not a phone number", "there is more than one phone number"
	testParse(t, func(c Cell) (Value, error) { return ParsePhone(c, "US") }, []parseTest{
		ok("E.164", want), ok("national", "(415) 555-0100"), ok("points", "415.555.0100"), ok("apostrophe", "'+1 415 555 0100"),
		ok("link", "tel:+1-415-555-0100"), ok("00 for plus", "0014155550100"), ok("no-break spaces", "\u00A0415\u00A0555\u00A00100"),
		ok("Arabic digits", "٤١٥٥٥٥٠١٠٠"), ok("wide digits", "＋１４１５５５５０１００"), ok("invisible marks", "\u202A+14155550100\u202C"),
		{name: "from abroad", cell: text("011 44 7911 123456"), norm: "+447911123456"},
		{name: "zero in brackets", cell: text("+44 (0) 7911 123456"), norm: "+447911123456"},
		{name: "keypad", cell: text("1-800-FLOWERS"), norm: "+18003569377"},
		{name: "typed as a number", cell: number("14155550100"), norm: want},
		{name: "typed as a number without country", cell: number("4155550100"), norm: want},
		ok("exported with decimals", "4155550100.0"), ok("exported with decimals and country", "+14155550100.0"),
		bad("decimals that are digits", "4155550100.5", "this phone number cannot exist"), bad("scientific of ten digits", "4.1555501E9", "the number is in scientific notation"),
		{name: "empty", cell: text(" ")},
		bad("scientific", "5.55E+09", "the number is in scientific notation"),
		bad("scientific that would parse", "1.4155552671E10", "the number is in scientific notation"),
		bad("letters", "call me", junk), bad("name before", "Bob 415-555-0100", junk), bad("mark behind", "415-555-0100 (m)", junk),
		bad("plus only", "+", junk), bad("no such country", "+999 1234567", junk),
		bad("slash", "415-555-0100/415-555-0101", two), bad("or", "415-555-0100 or 415-555-0101", two),
		bad("two with plus", "+14155550100 +14155550101", two), bad("space", "4155550100 4155550101", two),
		bad("ext.", "415-555-0100 ext. 5", "Quo's phone numbers have no extensions"),
		bad("x", "415-555-0100x5", "Quo's phone numbers have no extensions"),
		bad("ext in a link", "tel:+1-415-555-0100;ext=5", "Quo's phone numbers have no extensions"),
		bad("local", "555-0100", "this phone number cannot exist"), bad("emergency", "911", "this phone number cannot exist"),
		{name: "typed, and its zero lost", cell: number("79111234"), err: "this phone number cannot exist: a digit is wrong, " +
			"missing or extra (the cell is typed as a number, which loses + and leading zeros"},
		{name: "date", cell: Cell{CellDate, "2026-03-04"}, err: junk},
		{name: "error of a spreadsheet", cell: Cell{CellError, "#ERROR!"}, err: "the cell shows #ERROR!"},
	})
}

func TestParsePhoneWithoutRegion(t *testing.T) {
	testParse(t, func(c Cell) (Value, error) { return ParsePhone(c, "") }, []parseTest{
		{name: "E.164", cell: text("+1 415 555 0100"), norm: "+14155550100"},
		{name: "00", cell: text("00 44 7911 123456"), norm: "+447911123456"},
		{name: "national", cell: text("(415) 555-0100"), err: "the number has no country code: set region:"},
	})
}

func TestParsePhoneElsewhere(t *testing.T) {
	for _, tt := range []struct{ region, s, want string }{
		{"DE", "030/1234567", "+49301234567"},
		{"GB", "447911123456", "+447911123456"},
		{"AR", "011 15 2345-6789", "+5491123456789"},
		{"IT", "06 698 12345", "+390669812345"},
	} {
		got, err := ParsePhone(text(tt.s), tt.region)
		if err != nil || got.Norm != tt.want {
			t.Errorf("%s in %s: got %q (%v), want %q", tt.s, tt.region, got.Norm, err, tt.want)
		}
	}
}

func TestNormalizePhone(t *testing.T) {
	for s, want := range map[string]string{
		"(415) 555-0100": "+14155550100", " front desk ": "front desk", "415-555-0100 ext. 5": "415-555-0100 ext. 5", "": "",
	} {
		if got := NormalizePhone(s, "US"); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}

func TestPhoneCacheIsBounded(t *testing.T) {
	c := phoneCache{size: 4}
	for i := range 100 {
		s := fmt.Sprintf("+141555501%02d", i)
		for range 2 { // the second answer is remembered
			if got, err := c.parse(s, ""); err != nil || got != s {
				t.Fatalf("%s: got %q (%v)", s, got, err)
			}
		}
		if _, err := c.parse("kept", ""); err != errNoPhone {
			t.Fatalf("error: got %v, want %v", err, errNoPhone)
		}
		if len(c.young) > 4 || len(c.old) > 4 {
			t.Fatalf("holds %d and %d, want at most 4 each", len(c.young), len(c.old))
		}
	}
}
