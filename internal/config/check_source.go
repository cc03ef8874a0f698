package config

import (
	"regexp"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/unicode/norm"
)

var (
	spreadsheetID  = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	spreadsheetURL = regexp.MustCompile(`^https://docs\.google\.com/spreadsheets/(?:u/\d+/)?d/([A-Za-z0-9_-]+)(?:[/?#].*)?$`)
	// tableName is one to three SQL identifiers with dots between them.
	tableName = regexp.MustCompile(`^` + identifier + `(?:\.` + identifier + `){0,2}$`)
)

const identifier = `(?:[\pL_][\pL\pN_$]*|"(?:[^"]|"")+")`

func (l *loader) checkSource(s *Sync) {
	kinds := 0
	if s.Source.CSV != nil {
		kinds++
		l.checkCSV(s.Source.CSV)
	}
	if s.Source.GoogleSheet != nil {
		kinds++
		l.checkGoogleSheet(s.Source.GoogleSheet)
	}
	if s.Source.Postgres != nil {
		kinds++
		l.checkPostgres(s.Source.Postgres)
	}
	switch n := l.at(&s.Source, s); kinds {
	case 0:
		if l.nodes[&s.Source] == nil || len(n.Content) == 0 { // else its unknown key is a problem already
			l.problem(n, "source is missing: name one of csv, google_sheet and postgres")
		}
	case 1:
		l.checkColumns(s)
	default:
		l.problem(n, "source names more than one: keep one of csv, google_sheet and postgres")
	}
}

func (l *loader) checkCSV(c *CSVSource) {
	if c.Path == "" {
		l.problem(l.at(&c.Path, c), "path is missing: name the CSV file")
	}
	if c.Encoding != "" {
		if _, err := htmlindex.Get(c.Encoding); err != nil {
			n := l.at(&c.Encoding)
			l.problem(n, "encoding %s is not known: write a name such as utf-8 or windows-1252", show(n))
		}
	}
}

func (l *loader) checkGoogleSheet(g *GoogleSheetSource) {
	g.Spreadsheet = SpreadsheetID(g.Spreadsheet)
	if !spreadsheetID.MatchString(g.Spreadsheet) {
		l.problem(l.at(&g.Spreadsheet, g),
			"spreadsheet must be the address of the Google Sheet in the browser, https://docs.google.com/spreadsheets/d/ID, or its ID")
	}
	if g.Tab == "" {
		l.problem(l.at(&g.Tab, g), "tab must be the title of the tab, such as Sheet1")
	}
	if g.Endpoint != "" {
		if _, ok := httpURL(g.Endpoint); !ok {
			l.problem(l.at(&g.Endpoint), "endpoint must be the address of a server, such as http://127.0.0.1:8080")
		}
	}
}

func (l *loader) checkPostgres(p *PostgresSource) {
	if !postgresURL(string(p.URL)) {
		l.problem(l.at(&p.URL, p), "url must be the address of the database, such as postgres://user@host/db")
	}
	if !tableName.MatchString(p.Table) {
		l.problem(l.at(&p.Table, p), `table must be the name of a table as in SQL, such as crm.contacts or "Crm Schema"."Contacts"`)
	}
}

// checkColumns checks the columns that are no fields: a key or a contact_id, and each of them another column.
func (l *loader) checkColumns(s *Sync) {
	c := s.Source.Columns()
	n := l.at(&c.Key, &s.Source.CSV, &s.Source.GoogleSheet, &s.Source.Postgres)
	switch {
	case len(c.Key) == 0 && c.ContactID == "":
		l.problem(n, "key is missing: name the column that identifies a row for ever; a source without one needs a contact_id column")
	case len(c.Key) > 1 && s.Source.Postgres == nil:
		l.problem(n, "key is one column here: only Postgres takes a list")
	}
	seen := map[string]string{}
	for _, r := range c.roles() {
		switch role, taken := seen[r.column]; {
		case r.column == "" && r.name == "key":
			l.problem(n, "key names a column without a name")
		case taken && r.column != "" && role == r.name:
			l.problem(n, "key names one column twice")
		case taken && r.column != "":
			l.problem(l.at(r.value), "%s and %s name the same column: each needs its own", role, r.name)
		}
		seen[r.column] = r.name
	}
}

// role is what a column that is no field is for.
type role struct {
	name   string
	column string // in normal form
	value  any    // the pointer to the value in Columns
}

func (c *Columns) roles() []role {
	var roles []role
	for _, k := range c.Key {
		roles = append(roles, role{"key", columnOf(k), &c.Key})
	}
	return append(roles,
		role{"updated_at", columnOf(c.UpdatedAt), &c.UpdatedAt},
		role{"contact_id", columnOf(c.ContactID), &c.ContactID},
		role{"status", columnOf(c.Status), &c.Status})
}

// columnOf is the name of a column as sources compare it.
func columnOf(name string) string { return norm.NFC.String(strings.TrimSpace(name)) }
