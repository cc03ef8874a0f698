package main

import (
	"encoding/csv"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"syncd/internal/sources/sheets/sheetssim"
)

// scriptSheet is the spreadsheet of a script, with one tab.
type scriptSheet struct {
	*sheetssim.Spreadsheet
	title string
}

// account is the service account whose key a script has in google.json.
const account = "syncd@project.iam.gserviceaccount.com"

// sheetCommands are what people do with the spreadsheet of a script:
//
//	sheet new FILE           serves a tab Contacts, typed in from a CSV file, and sets SHEETS_URL; nobody may see it yet
//	sheet share ROLE         shares it with the account, as editor or viewer
//	sheet type CELL TEXT     types into a cell
//	sheet sort COLUMN        sorts the rows
//	sheet rename TITLE       gives the tab another title
//	sheet show               prints what the screen shows
var sheetCommands = map[string]func(*scriptSheet, *testscript.TestScript, []string){
	"new": (*scriptSheet).serve,
	"share": func(s *scriptSheet, _ *testscript.TestScript, args []string) {
		s.Share(account, map[string]sheetssim.Role{"editor": sheetssim.Editor, "viewer": sheetssim.Viewer}[args[0]])
	},
	"type": func(s *scriptSheet, _ *testscript.TestScript, args []string) {
		s.edit(func(tab *sheetssim.Tab) { tab.Type(args[0], args[1]) })
	},
	"sort": func(s *scriptSheet, _ *testscript.TestScript, args []string) {
		s.edit(func(tab *sheetssim.Tab) { tab.SortRows(args[0], false) })
	},
	"rename": func(s *scriptSheet, _ *testscript.TestScript, args []string) {
		s.edit(func(tab *sheetssim.Tab) { tab.Rename(args[0]) })
		s.title = args[0]
	},
	"show": (*scriptSheet).show,
}

func scriptSheetCommand(ts *testscript.TestScript, _ bool, args []string) {
	s, ok := ts.Value("sheet").(*scriptSheet)
	command := sheetCommands[args[0]]
	if !ok || command == nil {
		ts.Fatalf("sheet %s is no command", args[0])
	}
	command(s, ts, args[1:])
}

func (s *scriptSheet) edit(edit func(*sheetssim.Tab)) {
	s.Edit(func(b *sheetssim.Book) { edit(b.Tab(s.title)) })
}

func (s *scriptSheet) serve(ts *testscript.TestScript, args []string) {
	rows, err := csv.NewReader(strings.NewReader(ts.ReadFile(args[0]))).ReadAll()
	ts.Check(err)
	s.Spreadsheet, s.title = sheetssim.New(sheetssim.Options{RequireToken: true}), "Contacts"
	s.Edit(func(b *sheetssim.Book) { b.AddTab(s.title) })
	s.edit(func(tab *sheetssim.Tab) {
		for i, row := range rows {
			for j, text := range row {
				tab.Type(fmt.Sprintf("%c%d", 'A'+j, i+1), text)
			}
		}
	})
	s.Share(account, sheetssim.NoAccess)
	server := httptest.NewServer(s)
	ts.Defer(server.Close)
	key, err := s.ServiceAccount(server.URL, account)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("google.json"), key, 0o600))
	ts.Setenv("SHEETS_URL", server.URL)
	ts.Setenv("SHEET", s.ID())
}

func (s *scriptSheet) show(ts *testscript.TestScript, _ []string) {
	out := csv.NewWriter(ts.Stdout())
	s.edit(func(tab *sheetssim.Tab) { ts.Check(out.WriteAll(tab.Texts())) })
}
