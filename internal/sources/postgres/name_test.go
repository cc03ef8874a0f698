package postgres

import (
	"slices"
	"strings"
	"testing"
)

func TestParseName(t *testing.T) {
	for text, want := range map[string][]string{
		"contacts":                    {"contacts"},
		"CRM.Contacts":                {"crm", "contacts"},
		`"Crm Schema"."Contact's"`:    {"Crm Schema", "Contact's"},
		`db."S".t_1$`:                 {"db", "S", "t_1$"},
		`"a""b"."x.y"`:                {`a"b`, "x.y"},
		" crm . contacts ":            {"crm", "contacts"},
		"KUNDEN_Ä":                    {"kunden_Ä"}, // PostgreSQL folds no others than ASCII's
		"":                            nil,
		"a..b":                        nil,
		"a.b.c.d":                     nil,
		"a.":                          nil,
		"contacts; DROP TABLE x":      nil,
		`"a" b`:                       nil,
		`"unfinished`:                 nil,
		`""`:                          nil,
		"1st":                         nil,
		"\"a\x00b\"":                  nil,
		"contacts WHERE true":         nil,
		"crm.contacts -- the first":   nil,
		`"crm"."contacts"."x"."more"`: nil,
	} {
		got, err := parseName(text)
		if !slices.Equal(got, want) || (err == nil) == (want == nil) {
			t.Errorf("parseName(%q) = %q, %v, want %q", text, got, err, want)
		}
		if err != nil && !strings.Contains(err.Error(), `"Crm Schema"."Contacts"`) {
			t.Errorf("parseName(%q): %v does not say how names are written", text, err)
		}
	}
}
