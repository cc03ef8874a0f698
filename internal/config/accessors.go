package config

import "strings"

const sandbox = "sandbox"

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
