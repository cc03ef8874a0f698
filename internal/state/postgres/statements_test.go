package postgres

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"syncd/internal/state/sqlstore"
	"syncd/internal/state/sqlstore/sqltest"
)

// bigScan is a plan that reads a table whole which grows with the records or with time.
var bigScan = regexp.MustCompile(`Seq Scan on (links|journal|problems|conflicts|held|runs)\b`)

// smallScans may read all runs of all syncs.
var smallScans = []string{"pruneRunsSQL", "pruneEntriesSQL", "numberRunsSQL", "numberProblemsSQL"}

// TestStatements prepares every SQL constant, and looks for those that can do no better than to read a big table whole.
func TestStatements(t *testing.T) {
	s := openAt(t, migrated(t), Options{})
	conn, err := s.Writer.Conn(t.Context())
	check(t, err)
	defer conn.Close()
	_, err = conn.ExecContext(t.Context(), `SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan`)
	check(t, err)
	for name, text := range sqltest.Statements(t, &dialect, ".", "../sqlstore") {
		t.Run(name, func(t *testing.T) {
			name := strings.ToLower(name)
			_, err := conn.ExecContext(t.Context(), fmt.Sprintf("PREPARE %s AS %s", name, text))
			check(t, err)
			nulls := ""
			if n := sqlstore.Parameters(text); n > 0 {
				nulls = "(" + strings.Join(slices.Repeat([]string{"NULL"}, n), ", ") + ")"
			}
			rows, err := conn.QueryContext(t.Context(), "EXPLAIN EXECUTE "+name+nulls)
			check(t, err)
			defer rows.Close()
			for rows.Next() {
				var step string
				check(t, rows.Scan(&step))
				if bigScan.MatchString(step) && !slices.Contains(smallScans, t.Name()[strings.LastIndex(t.Name(), "/")+1:]) {
					t.Errorf("%s\n%s", step, text)
				}
			}
			check(t, rows.Err())
		})
	}
}
