package sheets

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"syncd/internal/contact"
	"syncd/internal/sources"
	"syncd/internal/sources/sheets/sheetssim"
)

var (
	firstSeed = flag.Uint64("seed", 1, "the first seed of TestRandomEditor")
	schedules = flag.Int("schedules", 40, "how many seeds TestRandomEditor runs")
)

// TestRandomEditor writes while somebody edits the tab before any request, and while requests and answers get lost. Each
// change lands in its own row or nowhere, nobody else's cell holds anything but what people wrote, and no row is there twice.
func TestRandomEditor(t *testing.T) {
	defer func() {
		t.Logf("%d of %d writes left something that could not be put back, and said so", lost, lost+stories)
	}()
	for name, key := range map[string][]string{"with a key": {"id"}, "without a key": nil} {
		for _, faults := range []float64{0, 0.05} {
			t.Run(fmt.Sprintf("%s, faults %v", name, faults), func(t *testing.T) {
				for seed := *firstSeed; seed < *firstSeed+uint64(*schedules); seed++ {
					synctest.Test(t, func(t *testing.T) { newStory(t, seed, key, faults).play() })
					if t.Failed() {
						t.FailNow()
					}
				}
			})
		}
	}
}

var lost, stories int

// story is one schedule. Every value that is written into a cell is another, so that it tells who wrote it.
type story struct {
	*world
	seed    uint64
	rand    *rand.Rand
	editor  *sheetssim.RandomEditor
	columns []string
	seq     int
	last    map[string]string // what was typed last, by column
	log     []string

	cells map[[2]string][]string // by key and column: what it held at first, then what people wrote
	ours  map[[2]string]string   // what is being written
	keys  map[string]bool        // of the rows that are there, or false when somebody deleted it
	hit   map[string]bool        // rows that were put back
	open  map[string]bool        // keys whose outcome is not known

	spoilt bool // somebody edited a row whose key we had written over, and it is not told whose edit that was
}

func newStory(t *testing.T, seed uint64, key []string, faults float64) *story {
	s := &story{
		world: newWorld(t, Options{Key: key}), seed: seed, rand: rand.New(rand.NewPCG(seed, 1)),
		columns: []string{"Name", "id", "Phone", "City"}, cells: map[[2]string][]string{}, keys: map[string]bool{},
		hit: map[string]bool{}, open: map[string]bool{}, last: map[string]string{},
	}
	s.edit(func(tab *sheetssim.Tab) {
		tab.Fill(1, "id", "Notes", "Name", "Phone", "City")
		for i := range 12 {
			s.addRow(tab, i+2, fmt.Sprintf("K-%d", i))
		}
		s.editor = &sheetssim.RandomEditor{
			Rand: s.rand, Tab: tab.ID(), Key: "id", Columns: []string{"Name", "Notes", "Phone", "City"},
			Value: s.typed, NewKey: func() string { return s.value("K") },
			Weights: sheetssim.Tidy(),
		}
	})
	always := func(sheetssim.Request) bool { return true }
	s.Before(always, 0, func(b *sheetssim.Book, r sheetssim.Request) {
		for s.rand.IntN(3) == 0 {
			s.note(r, s.editor.Act(b))
		}
	})
	if faults > 0 {
		s.RandomFaults(seed, faults)
	}
	return s
}

func (s *story) addRow(tab *sheetssim.Tab, row int, key string) {
	s.keys[key] = true
	values := []any{key}
	for _, column := range []string{"Notes", "Name", "Phone", "City"} {
		v := s.value("first")
		s.cells[[2]string{key, column}] = []string{v}
		values = append(values, v)
	}
	tab.Fill(row, values...)
}

func (s *story) value(who string) string {
	s.seq++
	return fmt.Sprintf("%s-%d", who, s.seq)
}

// typed is what the editor types.
func (s *story) typed(column string) any {
	s.last[column] = s.value("person")
	return s.last[column]
}

// note keeps in mind what the editor did.
func (s *story) note(r sheetssim.Request, d sheetssim.Done) {
	s.log = append(s.log, fmt.Sprintf("before request %d (%s): %s", r.Number, r.Route, d))
	cell := [2]string{d.Key, d.Column}
	s.spoilt = s.spoilt || strings.HasPrefix(d.Key, "ours")
	switch d.Act {
	case sheetssim.EditCell:
		s.cells[cell] = append(s.cells[cell], fmt.Sprint(d.Value))
	case sheetssim.ClearCell:
		s.cells[cell] = append(s.cells[cell], "")
	case sheetssim.DeleteRow:
		s.keys[d.Key] = false
	case sheetssim.AddRow:
		s.keys[d.Key] = true
		for _, column := range s.editor.Columns {
			s.cells[[2]string{d.Key, column}] = []string{s.last[column]}
		}
	}
}

func (s *story) play() {
	sheet := s.sheet()
	for range 3 {
		var records []contact.Record
		for record, err := range sheet.Read(s.t.Context(), s.columns) {
			if err != nil {
				return // too many faults
			}
			records = append(records, record)
		}
		changes := s.changes(records)
		outcomes, err := sheet.Write(s.t.Context(), s.columns, changes)
		for i, change := range changes {
			s.log = append(s.log, fmt.Sprintf("%s of %s from %v to %v: %+v", change.Action, change.After[1].Text, change.Before, change.After, outcomes[i]))
		}
		s.log = append(s.log, fmt.Sprintf("error: %v", err))
		if err != nil && strings.Contains(err.Error(), "hit instead") {
			lost++
			return // it says so, and what it could not put back is as it is
		}
		if stories++; s.spoilt {
			return
		}
		s.check(changes, outcomes)
		if s.t.Failed() {
			for _, r := range s.Requests() {
				s.log = append(s.log, fmt.Sprintf("request %d: %s, status %d, applied %v, %s", r.Number, r.Route, r.Status, r.Applied, r.Body))
			}
			s.t.Logf("seed %d\n%s", s.seed, strings.Join(s.log, "\n"))
			return
		}
	}
}

// changes are some updates and a new row.
func (s *story) changes(records []contact.Record) []contact.Change {
	s.ours = map[[2]string]string{}
	var changes []contact.Change
	for _, record := range records {
		key := record.Cells[1].Text
		if key == "" || s.rand.IntN(2) == 0 {
			continue
		}
		change := contact.Change{
			Action: contact.Update, Key: s.keyOf(key), Row: record.Row, Before: record.Cells, After: slices.Clone(record.Cells),
		}
		for i, column := range s.columns {
			if column == "id" || s.rand.IntN(2) == 0 {
				continue
			}
			change.After[i] = contact.Cell{Text: s.value("ours")}
			if s.rand.IntN(8) == 0 {
				change.After[i] = contact.Cell{}
			}
			s.ours[[2]string{key, column}] = change.After[i].Text
		}
		changes = append(changes, change)
	}
	if s.rand.IntN(2) == 0 {
		key := s.value("new")
		change := contact.Change{Action: contact.Create, Key: s.keyOf(key)}
		for _, column := range s.columns {
			cell := contact.Cell{Text: key}
			if column != "id" {
				cell.Text = s.value("ours")
				s.ours[[2]string{key, column}] = cell.Text
				s.cells[[2]string{key, column}] = []string{""}
			}
			change.After = append(change.After, cell)
		}
		changes = append(changes, change)
	}
	return changes
}

// keyOf is a key as changes name it.
func (s *story) keyOf(key string) string {
	if len(s.options.Key) == 0 {
		return ""
	}
	return key
}

// check compares the tab with what people and we wrote.
func (s *story) check(changes []contact.Change, outcomes []sources.Outcome) {
	written := map[string]sources.Outcome{}
	for i, change := range changes {
		key := change.After[1].Text
		written[key] = outcomes[i]
		if _, seen := s.keys[key]; outcomes[i].Status == sources.Written && !seen {
			s.keys[key] = true
		}
		if outcomes[i].Status == sources.Unknown {
			s.open[key] = true
		}
		for _, repaired := range outcomes[i].Repaired {
			s.hit[repaired.After[1].Text] = true
		}
	}
	seen := map[string]bool{}
	texts := s.texts()
	for row, cells := range texts[1:] {
		key := cells[slices.Index(texts[0], "id")]
		if seen[key] && key != "" {
			s.t.Errorf("row %d: the key %s is there twice", row+2, key)
		}
		seen[key] = true
		for i, column := range texts[0] {
			if column != "id" {
				s.checkCell(key, column, cells[i], written)
			}
		}
	}
	for key, there := range s.keys {
		if there && !seen[key] && !s.open[key] {
			s.t.Errorf("the row %s is gone", key)
		}
	}
}

// checkCell checks who wrote what a cell holds. What is there now is the beginning of the next round.
func (s *story) checkCell(key, column, text string, written map[string]sources.Outcome) {
	cell := [2]string{key, column}
	ours, changed := s.ours[cell]
	people := s.cells[cell]
	last, edited := "", len(people) > 1
	if len(people) > 0 {
		last = people[len(people)-1]
	}
	defer func() { s.cells[cell] = []string{text} }()
	switch outcome := written[key]; {
	case outcome.Status == sources.Written && changed && !edited && text != ours:
		s.t.Errorf("%s of %s is %q, and %q was written", column, key, text, ours)
	case outcome.Status == sources.Written && changed && (text == ours || text == last):
	case outcome.Status == sources.Unknown && changed && text == ours:
	case outcome.Status == sources.Stale && changed && text == ours && len(s.options.Key) == 0:
		// its answer was lost, and somebody moved the row and edited it before it was looked for
	case text == last:
	case (s.hit[key] || outcome.Status == sources.Unknown) && slices.Contains(people, text): // edited the instant before it was put back
	default:
		s.t.Errorf("%s of %s is %q, which nobody wrote there, instead of %q; outcome %+v", column, key, text, last, outcome)
	}
}
