package daemon

import (
	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/sources"
	"syncd/internal/sources/sheets"
)

// sheet returns the tab of a sync. All that use the same credentials share Google's limits; a sync that writes nothing
// there asks for the right to read only.
func (a *App) sheet(s *config.Sync, warn func(string)) sources.Source {
	g := s.Source.GoogleSheet
	account := g.CredentialsFile + "\x00" + g.Endpoint
	if a.quotas[account] == nil {
		a.quotas[account] = sheets.NewQuota(sheets.PerMinute)
	}
	return sheets.New(sheets.Options{Spreadsheet: g.Spreadsheet, Tab: g.Tab, Key: g.Key, CredentialsFile: g.CredentialsFile,
		Endpoint: g.Endpoint, ReadOnly: !writesSource(s), Quota: a.quotas[account], Warn: warn})
}

// writesSource reports whether runs of a sync may write into its source.
func writesSource(s *config.Sync) bool {
	columns := s.Source.Columns()
	if columns.ContactID != "" || columns.Status != "" || s.CreateInSource != "off" {
		return true
	}
	for _, f := range s.Fields {
		if f.Direction != contact.ToQuo {
			return true
		}
	}
	return false
}
