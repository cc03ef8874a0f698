package sqlite

import (
	"path/filepath"
	"regexp"
	"testing"

	"syncd/internal/state/sqlstore"
	"syncd/internal/state/sqlstore/sqltest"
)

// bigScan is a plan that reads a table whole which grows with the records or with time.
var bigScan = regexp.MustCompile(`SCAN (links|l|journal|e|j|problems|conflicts|held|h)\b`)

// TestStatements prepares every SQL constant, and looks for those that would read a big table whole.
func TestStatements(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "syncd.db"), Options{})
	for name, text := range sqltest.Statements(t, &dialect, ".", "../sqlstore") {
		t.Run(name, func(t *testing.T) {
			prepared, err := s.Writer.PrepareContext(t.Context(), text)
			if err != nil {
				t.Fatal(err)
			}
			defer prepared.Close()
			for _, step := range plan(t, s, text) {
				if bigScan.MatchString(step) {
					t.Errorf("%s\n%s", step, text)
				}
			}
		})
	}
}

// plan returns the steps of the plan of a statement.
//
// https://www.sqlite.org/eqp.html
func plan(t *testing.T, s *Store, text string) (steps []string) {
	t.Helper()
	rows, err := s.Writer.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, make([]any, sqlstore.Parameters(text))...)
	check(t, err)
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		check(t, rows.Scan(&id, &parent, &unused, &detail))
		steps = append(steps, detail)
	}
	check(t, rows.Err())
	return steps
}
