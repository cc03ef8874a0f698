package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pressly/goose/v3"

	"syncd/internal/state/sqlstore"
)

// applicationID marks a database as the state of syncd: "sync" in ASCII.
//
// https://www.sqlite.org/pragma.html#pragma_application_id
const applicationID = 0x73796e63

// Version returns the version of the schema of the file at path, 0 when there is none, and the one that this
// program needs. It writes nothing.
func Version(ctx context.Context, path string) (have, need int64, err error) {
	file, exists, err := find(path)
	if err != nil {
		return 0, 0, openError(path, err)
	}
	if !exists {
		return 0, sqlstore.Latest, nil
	}
	have, err = inspect(ctx, file)
	if err != nil {
		return 0, 0, openError(path, err)
	}
	return have, sqlstore.Latest, nil
}

// inspect returns the version of a file's schema, as identify does, and writes nothing.
func inspect(ctx context.Context, file string) (int64, error) {
	db := look(file)
	defer db.Close()
	return identify(ctx, db)
}

const (
	schemaSQL = `SELECT application_id, (SELECT count(*) FROM sqlite_schema),
		EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'goose_db_version') FROM pragma_application_id`
	versionSQL = `SELECT coalesce(max(version_id), 0) FROM goose_db_version`
)

// identify returns the version of a database's schema, 0 for an empty one. It refuses the database of another
// program or of a newer syncd.
func identify(ctx context.Context, db *sql.DB) (version int64, err error) {
	var id, tables int64
	var versioned bool
	if err := db.QueryRowContext(ctx, schemaSQL).Scan(&id, &tables, &versioned); err != nil {
		return 0, err
	}
	if id != applicationID && (id != 0 || tables > 0) {
		return 0, errForeign
	}
	if !versioned {
		return 0, nil
	}
	if err := db.QueryRowContext(ctx, versionSQL).Scan(&version); err != nil {
		return 0, err
	}
	return version, sqlstore.CheckNewer(version)
}

// migrate brings a schema up to date. A new database is marked first, so that one whose creation was interrupted
// is still known as ours.
func migrate(ctx context.Context, db *sql.DB, from int64) error {
	if from == 0 {
		if _, err := db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
			return err
		}
	}
	return sqlstore.Migrate(ctx, db, goose.DialectSQLite3, "sqlite")
}
