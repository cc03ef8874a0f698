package sheets

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	api "google.golang.org/api/sheets/v4"

	"syncd/internal/contact"
)

// tab is the tab as it was when the spreadsheet was asked.
type tab struct {
	id            int64
	title         string
	rows, columns int // of its grid
	merges        []*api.GridRange
}

// memory is what is kept from run to run: which tab it is, whatever its title became.
type memory struct {
	Spreadsheet string `json:"spreadsheet"`
	Tab         string `json:"tab"` // as configured
	SheetID     int64  `json:"sheet_id"`
}

// Recall implements [sources.Rememberer].
func (s *Sheet) Recall(data json.RawMessage) {
	var m memory
	if json.Unmarshal(data, &m) == nil && m.Spreadsheet == s.options.Spreadsheet && m.Tab == s.options.Tab {
		s.memory = &m
	}
}

// Memory implements [sources.Rememberer].
func (s *Sheet) Memory() json.RawMessage {
	data, err := json.Marshal(s.memory)
	if err != nil { // it has strings and a number
		return nil
	}
	return data
}

// find asks for the tab: the one that was found before, else the one with the title.
func (s *Sheet) find(ctx context.Context) (*tab, error) {
	tabs, err := s.client.tabs(ctx)
	if err != nil {
		return nil, err
	}
	i := -1
	if s.memory != nil {
		i = slices.IndexFunc(tabs, func(t *api.Sheet) bool { return t.Properties.SheetId == s.memory.SheetID })
	}
	wanted := contact.NormalizeText(s.options.Tab)
	if i < 0 {
		i = slices.IndexFunc(tabs, func(t *api.Sheet) bool { return contact.NormalizeText(t.Properties.Title) == wanted })
	}
	if i < 0 {
		return nil, fmt.Errorf("no tab has this title: the spreadsheet has %s", titles(tabs))
	}
	found := tabs[i]
	if kind := found.Properties.SheetType; kind != "" && kind != "GRID" {
		return nil, fmt.Errorf("the tab is of type %s and has no cells: name another", kind)
	}
	if err := s.checkTitle(found, tabs); err != nil {
		return nil, err
	}
	s.memory = &memory{s.options.Spreadsheet, s.options.Tab, found.Properties.SheetId}
	s.tab = tabOf(found)
	if contact.NormalizeText(s.tab.title) != wanted {
		s.warn(fmt.Sprintf("the tab is called %q now: set tab: to that", s.tab.title))
	}
	return s.tab, nil
}

// checkTitle returns an error when the tab that was found before has another title now, and another tab has its own: it is
// not to be guessed which of the two is meant.
func (s *Sheet) checkTitle(found *api.Sheet, tabs []*api.Sheet) error {
	wanted := contact.NormalizeText(s.options.Tab)
	if contact.NormalizeText(found.Properties.Title) == wanted ||
		!slices.ContainsFunc(tabs, func(t *api.Sheet) bool { return contact.NormalizeText(t.Properties.Title) == wanted }) {
		return nil
	}
	return fmt.Errorf("the tab that was synced is called %[1]q now, and another one is called %[2]q: to go on with the first, set tab: to %[1]q; "+
		"to sync the other, give that a title of its own and set tab: to it", found.Properties.Title, s.options.Tab)
}

func tabOf(s *api.Sheet) *tab {
	t := &tab{id: s.Properties.SheetId, title: s.Properties.Title, merges: s.Merges}
	if g := s.Properties.GridProperties; g != nil {
		t.rows, t.columns = int(g.RowCount), int(g.ColumnCount)
	}
	return t
}

// titles lists the tabs of a spreadsheet, which has at most a few hundred, for a message.
func titles(tabs []*api.Sheet) string {
	var all []string
	for _, t := range tabs[:min(len(tabs), 30)] {
		all = append(all, fmt.Sprintf("%q", t.Properties.Title))
	}
	return strings.Join(all, ", ")
}

// values reads all cells of the tab. When its title, by which cells are read, became another one meanwhile, it is looked
// up again, once.
func (s *Sheet) values(ctx context.Context, render, dates string) ([][]any, error) {
	rows, err := s.client.values(ctx, s.tab, render, dates)
	if !isOutside(err) {
		return rows, err
	}
	if _, err := s.find(ctx); err != nil {
		return nil, err
	}
	return s.client.values(ctx, s.tab, render, dates)
}
