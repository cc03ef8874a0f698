package sheetssim

import (
	"fmt"
	"testing"
)

func TestParseRange(t *testing.T) {
	const whole = open
	for _, test := range []struct {
		text, title string
		titled      bool
		area        area
	}{
		{"A1", "", false, area{0, 0, 1, 1}},
		{"$B$3:c4", "", false, area{2, 1, 4, 3}},
		{"C4:B3", "", false, area{2, 1, 4, 3}},
		{"CRM26", "", false, area{25, 2508, 26, 2509}},
		{"'CRM26'", "CRM26", true, area{0, 0, whole, whole}},
		{"Contacts", "Contacts", true, area{0, 0, whole, whole}},
		{"'Jon''s Data'!A2:F", "Jon's Data", true, area{1, 0, whole, 6}},
		{"'a!b'!B:B", "a!b", true, area{0, 1, whole, 2}},
		{"My Tab!2:3", "My Tab", true, area{1, 0, 3, whole}},
		{"''''!A1", "'", true, area{0, 0, 1, 1}},
		{"Tab!ZZZ10000000", "Tab", true, area{9999999, 18277, 10000000, 18278}},
	} {
		title, titled, a, ok := parseRange(test.text)
		if !ok || title != test.title || titled != test.titled || a != test.area {
			t.Errorf("%s: got %q %v %+v %v", test.text, title, titled, a, ok)
		}
	}
	for _, text := range []string{
		"", "'Tab", "'Tab'A1", "'Tab'!", "Tab!", "Tab!A", "Tab!1", "Tab!A0", "Tab!A1:", "Tab!:", "Tab!A:2", "Tab!A1:2",
		"Tab!A1:B2:C3", "!A1", "Tab!ABCD1", "Tab!A01",
	} {
		if _, _, a, ok := parseRange(text); ok {
			t.Errorf("%q is taken for %+v", text, a)
		}
	}
}

func FuzzParseRange(f *testing.F) {
	for _, text := range []string{"A1", "'Jon''s Data'!A2:F", "Tab!B:C", "Tab!3:4", "CRM26", "''!A1", "Tab!A:A"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		title, titled, a, ok := parseRange(text)
		if !ok || !titled || a == (area{0, 0, open, open}) {
			return
		}
		if a.rows() <= 0 || a.columns() <= 0 || a.top < 0 || a.left < 0 {
			t.Fatalf("%q: %+v", text, a)
		}
		again := fmt.Sprintf("%s!%s", quoteTitle(title), a)
		title2, _, a2, ok := parseRange(again)
		if !ok || title2 != title || a2 != a {
			t.Errorf("%q became %q, which is %q %+v %v instead of %q %+v", text, again, title2, a2, ok, title, a)
		}
	})
}
