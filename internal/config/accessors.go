package config

import "strings"

const sandbox = "sandbox"

// DefaultBaseURL is the address of Quo's API.
const DefaultBaseURL = "https://api.quo.com"

// SpreadsheetID returns the id of a Google Sheet, of which text is the id or the address in the browser.
func SpreadsheetID(text string) string {
	if m := spreadsheetURL.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return text
}

// Sandbox reports whether the built-in Quo workspace is meant, and the file that keeps it, "" for memory.
func (q Quo) Sandbox() (file string, ok bool) {
	if q.BaseURL == sandbox {
		return "", true
	}
	return strings.CutPrefix(q.BaseURL, sandbox+":")
}

// Kind is what the configuration calls the source: "csv", "google_sheet", "postgres".
func (s Source) Kind() string {
	switch {
	case s.CSV != nil:
		return "csv"
	case s.GoogleSheet != nil:
		return "google_sheet"
	case s.Postgres != nil:
		return "postgres"
	}
	return ""
}

// Columns returns the columns of the source that are no fields.
func (s Source) Columns() *Columns {
	switch {
	case s.CSV != nil:
		return &s.CSV.Columns
	case s.GoogleSheet != nil:
		return &s.GoogleSheet.Columns
	case s.Postgres != nil:
		return &s.Postgres.Columns
	}
	return &Columns{}
}
