package main

import (
	"slices"
	"testing"
	"time"

	"syncd/internal/contact"
)

// What a person must mend is there once each, and nothing else is.
func TestMess(t *testing.T) {
	rows := customers()[1:]
	if got, want := len(rows), count+1; got != want {
		t.Fatalf("%d rows, want %d", got, want)
	}
	const none = -1
	parsePhone := func(c contact.Cell) (contact.Value, error) { return contact.ParsePhone(c, "US") }
	parsers := map[string]struct {
		column int
		wrong  int
		parse  func(contact.Cell) (contact.Value, error)
	}{
		"phones":      {phone, badPhone, parsePhone},
		"work phones": {workPhone, none, parsePhone},
		"birthdays":   {birthday, badDate, func(c contact.Cell) (contact.Value, error) { return contact.ParseDate(c, nil, time.UTC) }},
		"e-mails":     {email, none, contact.ParseEmail},
		"booleans":    {vip, none, contact.ParseBoolean},
		"numbers":     {points, none, contact.ParseNumber},
		"web sites":   {website, none, contact.ParseURL},
	}
	for name, p := range parsers {
		t.Run(name, func(t *testing.T) {
			for i, row := range rows {
				if _, err := p.parse(contact.Cell{Text: row[p.column]}); (err != nil) != (i == p.wrong) {
					t.Errorf("row %d: %q: error %v", i, row[p.column], err)
				}
			}
		})
	}
}

// Each customer has a key of their own and a name, but for the ones that mess took.
func TestKeysAndNames(t *testing.T) {
	seen := map[string]bool{}
	for i, row := range customers()[1:] {
		cells := make([]contact.Cell, len(row))
		for j, text := range row {
			cells[j].Text = contact.NormalizeText(text)
		}
		if i == blankLine {
			if slices.ContainsFunc(cells, func(c contact.Cell) bool { return !c.Empty() }) {
				t.Errorf("row %d: %q, want a blank line", i, row)
			}
			continue
		}
		key := cells[id].Text
		if key == "" || seen[key] != (i == doubled) {
			t.Errorf("row %d: key %q, seen before: %t", i, key, seen[key])
		}
		seen[key] = true
		if named := cells[firstName].Text+cells[lastName].Text+cells[company].Text != ""; named == (i == nameless) {
			t.Errorf("row %d: names %q", i, row[firstName:company+1])
		}
	}
}
