package sheets

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/contact"
	"syncd/internal/sources"
	"syncd/internal/sources/sheets/sheetssim"
)

const tabTitle = "Jon's Data"

// world is a spreadsheet with one tab, and a source that reads it without a network.
type world struct {
	*sheetssim.Spreadsheet
	t       testing.TB
	options Options
	title   string // of the tab, which people may change
}

func newWorld(t testing.TB, options Options) *world {
	return newWorldWith(t, options, sheetssim.Options{ReadsPerMinute: -1, WritesPerMinute: -1})
}

func newWorldWith(t testing.TB, options Options, sim sheetssim.Options) *world {
	w := &world{Spreadsheet: sheetssim.New(sim), t: t, options: options, title: tabTitle}
	w.Edit(func(b *sheetssim.Book) { b.AddTab(tabTitle) })
	w.options.Spreadsheet, w.options.Tab = w.ID(), tabTitle
	w.options.HTTPClient = &http.Client{Transport: w.Transport()}
	if w.options.Quota == nil {
		w.options.Quota = NewQuota(0)
	}
	return w
}

// sheet is a new source; what it knows of the tab is what its title says.
func (w *world) sheet() *Sheet { return New(w.options) }

// edit lets a person edit the tab.
func (w *world) edit(edit func(*sheetssim.Tab)) {
	w.Edit(func(b *sheetssim.Book) { w.do(b, edit) })
}

// do is edit for those who have the book already.
func (w *world) do(b *sheetssim.Book, edit func(*sheetssim.Tab)) {
	tab := b.Tab(w.title)
	edit(tab)
	w.title = tab.Title()
}

// texts is what the screen shows.
func (w *world) texts() (texts [][]string) {
	w.View(func(b *sheetssim.Book) { texts = b.Tab(w.title).Texts() })
	return texts
}

// plain is a text as the value of a cell; "" empties it.
func plain(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func fill(tab *sheetssim.Tab, row int, cells []string) {
	values := make([]any, len(cells))
	for i, text := range cells {
		values[i] = plain(text)
	}
	tab.Fill(row, values...)
}

func number(n int) string { return strconv.Itoa(n) }

// readAll returns all records, and fails the test when the sheet cannot be read.
func readAll(t testing.TB, s sources.Source, columns ...string) []contact.Record {
	t.Helper()
	var records []contact.Record
	for record, err := range s.Read(t.Context(), columns) {
		if err != nil {
			t.Fatalf("Read: %v", err)
		}
		records = append(records, record)
	}
	return records
}

func readError(ctx context.Context, s sources.Source, columns ...string) error {
	for _, err := range s.Read(ctx, columns) {
		if err != nil {
			return err
		}
	}
	return nil
}

// updateOf is the change of one cell of a record.
func updateOf(record contact.Record, key string, column int, text string) contact.Change {
	after := slices.Clone(record.Cells)
	after[column] = contact.Cell{Text: text}
	return contact.Change{Action: contact.Update, Key: key, Row: record.Row, Before: record.Cells, After: after}
}

func wantEqual(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
