package sheetssim_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/api/sheets/v4"

	"syncd/internal/sources/sheets/sheetssim"
	"syncd/internal/sources/sheets/sheetssim/discoverytest"
)

// world is a spreadsheet and the vendor's client for it.
type world struct {
	*testing.T
	*sheetssim.Spreadsheet
	client *sheets.Service
	url    string
}

func newWorld(t *testing.T, o sheetssim.Options) *world {
	t.Helper()
	s := sheetssim.New(o)
	server := httptest.NewServer(discoverytest.Load(t).Middleware(t, s))
	t.Cleanup(server.Close)
	client, err := sheets.NewService(t.Context(), option.WithEndpoint(server.URL), option.WithoutAuthentication())
	if err != nil {
		t.Fatal(err)
	}
	return &world{t, s, client, server.URL}
}

// people is a world with a tab of that name.
func people(t *testing.T, o sheetssim.Options) *world {
	t.Helper()
	w := newWorld(t, o)
	w.Edit(func(b *sheetssim.Book) {
		b.AddTab("People",
			[]any{"id", "Name", "Phone", "Age"},
			[]any{"C-1", "Ada", "+14155550101", 36},
			[]any{"C-2", "Grace", "", 85},
			[]any{},
			[]any{"C-4", "Radia", "+14155550104"},
		)
	})
	return w
}

// grid returns the texts of a tab, one row a line.
func (w *world) grid(title string) string {
	var lines []string
	w.View(func(b *sheetssim.Book) {
		for _, row := range b.Tab(title).Texts() {
			lines = append(lines, strings.Join(row, "|"))
		}
	})
	return strings.Join(lines, "\n")
}

func (w *world) wantGrid(title string, want ...string) {
	w.Helper()
	if diff := cmp.Diff(strings.Join(want, "\n"), w.grid(title)); diff != "" {
		w.Errorf("tab %s (-want +got):\n%s", title, diff)
	}
}

func (w *world) read(rng string) [][]any {
	w.Helper()
	v, err := w.client.Spreadsheets.Values.Get(w.ID(), rng).ValueRenderOption("UNFORMATTED_VALUE").Do()
	if err != nil {
		w.Fatal(err)
	}
	return v.Values
}

// wantRefused checks an error of the API.
func (w *world) wantRefused(err error, code int, message string) {
	w.Helper()
	var refused *googleapi.Error
	if !errors.As(err, &refused) || refused.Code != code || !strings.Contains(refused.Message, message) {
		w.Errorf("got %v, want %d %q", err, code, message)
	}
}

func (w *world) wantValues(got [][]any, want ...[]any) {
	w.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		w.Errorf("values (-want +got):\n%s", diff)
	}
}

func row(values ...any) []any { return append([]any{}, values...) }
