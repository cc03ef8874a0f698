package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"syncd/migrations"
)

// Latest is the version of the schema that this program reads and writes: the number of the newest migration.
const Latest = 5

// CheckNewer returns an error for the schema of a newer syncd.
func CheckNewer(version int64) error {
	if version > Latest {
		return fmt.Errorf("it has schema %d, this syncd knows up to %d: use a newer syncd", version, Latest)
	}
	return nil
}

// CheckOlder returns an error for a schema that this program would have to migrate before it can read it.
func CheckOlder(version int64) error {
	if version < Latest {
		return fmt.Errorf("it has schema %d, this syncd needs %d: run syncd migrate", version, Latest)
	}
	return nil
}

// Migrate brings a schema up to date with the migrations of a directory. It takes no lock: the caller sees to it that
// one process at a time does.
func Migrate(ctx context.Context, db *sql.DB, dialect goose.Dialect, directory string, options ...goose.ProviderOption) error {
	provider, err := Migrations(db, dialect, directory, options...)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// Migrations returns the migrations of a directory, to be run on a database.
func Migrations(db *sql.DB, dialect goose.Dialect, directory string, options ...goose.ProviderOption) (*goose.Provider, error) {
	files, err := fs.Sub(migrations.FS, directory)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, db, files, append(options, goose.WithDisableGlobalRegistry(true))...)
}
