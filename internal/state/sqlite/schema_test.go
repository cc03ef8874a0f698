package sqlite

import (
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"

	"syncd/internal/state/sqlstore"
	"syncd/internal/state/statetest"
	"syncd/migrations"
)

func TestLatestIsTheNewestMigration(t *testing.T) {
	files, err := fs.Glob(migrations.FS, "sqlite/*.sql")
	check(t, err)
	newest, err := goose.NumericComponent(files[len(files)-1])
	check(t, err)
	if newest != sqlstore.Latest {
		t.Errorf("the newest migration is %d, latest is %d", newest, sqlstore.Latest)
	}
}

func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "syncd.db")
	statetest.Migrates(t, sqlstore.Latest,
		func() (int64, int64, error) { return Migrate(t.Context(), path) },
		func() (int64, int64, error) { return Version(t.Context(), path) })
}

func TestMigrateDownAndUp(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "syncd.db"), Options{})
	dir, err := fs.Sub(migrations.FS, "sqlite")
	check(t, err)
	provider, err := goose.NewProvider(goose.DialectSQLite3, s.Writer, dir)
	check(t, err)
	_, err = provider.DownTo(t.Context(), 0)
	check(t, err)
	var left int
	const ours = `SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%'`
	check(t, s.Writer.QueryRow(ours).Scan(&left))
	if left != 0 {
		t.Errorf("%d tables and indexes are left", left)
	}
	_, err = provider.Up(t.Context())
	check(t, err)
	statetest.Fill(t, s)
}

func TestMigrateUndone(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "syncd.db"), Options{})
	statetest.Fill(t, s)
	dir, err := fs.Sub(migrations.FS, "sqlite")
	check(t, err)
	provider, err := goose.NewProvider(goose.DialectSQLite3, s.Writer, dir)
	check(t, err)
	_, err = provider.DownTo(t.Context(), 4)
	check(t, err)
	_, err = s.Writer.ExecContext(t.Context(), statetest.OldUndone)
	check(t, err)
	_, err = provider.Up(t.Context())
	check(t, err)
	statetest.KeepsUndone(t, s)
}

func TestTablesRefuse(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "syncd.db"), Options{})
	for name, text := range map[string]string{
		"a text for a time":   `INSERT INTO limits VALUES ('key', 'soon')`,
		"what is no JSON":     `INSERT INTO syncs VALUES ('customers', '', 0, '{')`,
		"half a hash":         `INSERT INTO links VALUES ('customers', 'C-1', '', 0, '', 0, 0, x'00', NULL, NULL, 0, NULL)`,
		"an unknown status":   `INSERT INTO runs (sync, status, started_at) VALUES ('customers', 'paused', 0)`,
		"what no run held":    `INSERT INTO held VALUES (1, 1, 'customers', 'C-1', 'quo', 'update', NULL, NULL, NULL, 0)`,
		"a link without sync": `INSERT INTO links VALUES (NULL, 'C-1', '', 0, '', 0, 0, NULL, NULL, NULL, 0, NULL)`,
	} {
		if _, err := s.Writer.ExecContext(t.Context(), text); err == nil {
			t.Errorf("%s was stored", name)
		}
	}
}
