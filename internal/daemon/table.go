package daemon

import (
	"syncd/internal/config"
	"syncd/internal/sources"
	"syncd/internal/sources/postgres"
)

// table returns the table of a sync. Syncs with one URL share its connections.
func (a *App) table(s *config.Sync) (sources.Source, error) {
	p := s.Source.Postgres
	url := string(p.URL)
	if a.databases[url] == nil {
		database, err := postgres.Open(url)
		if err != nil {
			return nil, err
		}
		a.databases[url] = database
		a.closers = append(a.closers, func() error { database.Close(); return nil })
	}
	separators := map[string]string{}
	for _, f := range s.Fields {
		separators[f.Column] = f.Separator
	}
	return a.databases[url].Table(postgres.Options{Table: p.Table, Key: p.Key, Where: p.Where, Location: s.Location, Separators: separators})
}
