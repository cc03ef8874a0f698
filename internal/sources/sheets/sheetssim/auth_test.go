package sheetssim_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"cloud.google.com/go/auth"
	"google.golang.org/api/drive/v3"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/api/sheets/v4"

	"syncd/internal/sources/sheets/sheetssim"
)

// as makes a client that proves who it is.
func (w *world) as(email string, scopes ...string) *world {
	w.Helper()
	key, err := w.ServiceAccount(w.url, email)
	if err != nil {
		w.Fatal(err)
	}
	client, err := sheets.NewService(w.Context(), option.WithEndpoint(w.url), option.WithScopes(scopes...),
		option.WithAuthCredentialsJSON(option.ServiceAccount, key))
	if err != nil {
		w.Fatal(err)
	}
	return &world{w.T, w.Spreadsheet, client, w.url}
}

func TestTokens(t *testing.T) {
	c := newClock()
	w := people(t, sheetssim.Options{RequireToken: true, Now: c.Now})
	_, err := w.client.Spreadsheets.Values.Get(w.ID(), "People").Do()
	w.wantRefused(err, 401, "invalid authentication credentials")

	editor := w.as("editor@example.com", sheets.SpreadsheetsScope)
	editor.read("People!A1")
	editor.mustBatch(deleteRows(5, 6))
	if g := w.Grants(); len(g) != 1 || g[0].User != "editor@example.com" || !slices.Equal(g[0].Scopes, []string{sheets.SpreadsheetsScope}) {
		t.Errorf("grants %+v", g)
	}
	if r := w.Requests(); r[len(r)-1].User != "editor@example.com" {
		t.Errorf("got %+v", r[len(r)-1])
	}

	reader := w.as("reader@example.com", sheets.SpreadsheetsReadonlyScope)
	reader.read("People!A1")
	_, err = reader.batch(deleteRows(5, 6))
	w.wantRefused(err, 403, "Request had insufficient authentication scopes.")
	_, err = reader.client.Spreadsheets.GetByDataFilter(w.ID(), &sheets.GetSpreadsheetByDataFilterRequest{}).Do()
	w.wantRefused(err, 403, "Request had insufficient authentication scopes.")

	w.Share("editor@example.com", sheetssim.Viewer)
	editor.read("People!A1")
	_, err = editor.batch(deleteRows(5, 6))
	w.wantRefused(err, 403, "The caller does not have permission")
	w.Share("editor@example.com", sheetssim.NoAccess)
	_, err = editor.client.Spreadsheets.Values.Get(w.ID(), "People").Do()
	w.wantRefused(err, 403, "The caller does not have permission")
	w.Share("editor@example.com", sheetssim.Editor)
	c.now = c.now.Add(time.Hour)
	_, err = editor.client.Spreadsheets.Values.Get(w.ID(), "People").Do()
	w.wantRefused(err, 401, "invalid authentication credentials")
	w.RevokeTokens()
	_, err = reader.client.Spreadsheets.Values.Get(w.ID(), "People").Do()
	w.wantRefused(err, 401, "invalid authentication credentials")
}

func TestTokenRefused(t *testing.T) {
	w := people(t, sheetssim.Options{RequireToken: true})
	stranger := w.as("somebody@example.com", sheets.SpreadsheetsScope)
	w.as("somebody@example.com") // with a new key, so that the old one no longer fits
	_, err := stranger.client.Spreadsheets.Values.Get(w.ID(), "People").Do()
	refused, answered := new(auth.Error), new(googleapi.Error)
	if !errors.As(err, &refused) || errors.As(err, &answered) || refused.Response.StatusCode != 400 {
		t.Errorf("got %v", err)
	}
	if len(w.Grants()) != 0 {
		t.Error("a token was given out")
	}
}

func TestOffice(t *testing.T) {
	w := people(t, sheetssim.Options{})
	w.Edit(func(b *sheetssim.Book) { b.Office = true })
	_, err := w.client.Spreadsheets.Values.Get(w.ID(), "People").Do()
	w.wantRefused(err, 400, "This operation is not supported for this document")
	if f := w.file("mimeType"); f.MimeType != "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" {
		t.Errorf("got %+v", f)
	}
}

// file is what Drive tells.
func (w *world) file(fields string) *drive.File {
	w.Helper()
	client, err := drive.NewService(w.Context(), option.WithEndpoint(w.url+"/drive/v3/"), option.WithoutAuthentication())
	if err != nil {
		w.Fatal(err)
	}
	call := client.Files.Get(w.ID())
	if fields != "" {
		call.Fields(googleapi.Field(fields))
	}
	f, err := call.Do()
	if err != nil {
		w.Fatal(err)
	}
	return f
}

func TestDrive(t *testing.T) {
	c := newClock()
	w := people(t, sheetssim.Options{Now: c.Now, ModifiedLag: 3 * time.Minute})
	if f := w.file(""); f.Name == "" || f.Version != 0 || f.MimeType != "application/vnd.google-apps.spreadsheet" {
		t.Errorf("got %+v", f)
	}
	first := w.file("version,modifiedTime")
	c.now = c.now.Add(4 * time.Minute)
	w.Edit(func(b *sheetssim.Book) { b.Tab("People").Set("A1", "ID") })
	w.mustBatch(deleteRows(5, 6))
	second := w.file("version,modifiedTime")
	if second.Version != first.Version+2 || second.ModifiedTime != first.ModifiedTime {
		t.Errorf("got %+v after %+v", second, first)
	}
	c.now = c.now.Add(3 * time.Minute)
	third := w.file("version,modifiedTime")
	if third.Version != second.Version || third.ModifiedTime != "2026-11-26T09:04:00.000Z" {
		t.Errorf("got %+v", third)
	}
	w.View(func(b *sheetssim.Book) { b.Tab("People").Set("A1", "unseen") })
	w.wantValues(w.read("People!A1"), row("ID"))
	if f := w.file("version"); f.Version != third.Version {
		t.Error("looking counts as a change")
	}
}
