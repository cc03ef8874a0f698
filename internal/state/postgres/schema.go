package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"syncd/internal/state/sqlstore"
)

// versions is the table with the versions of the schema. It also marks a schema as the state of syncd.
const versions = "syncd_version"

const (
	currentSQL = `SELECT coalesce(current_schema(), ''), to_regclass(quote_ident(current_schema()) || '.syncd_version') IS NOT NULL`
	versionSQL = `SELECT coalesce(max(version_id), 0) FROM syncd_version`
	// What belongs to an extension, such as a view of statistics, is nobody's table.
	foreignSQL = `SELECT c.relname FROM pg_catalog.pg_class c
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
		AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
			WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
		ORDER BY c.relname LIMIT 1`
	migrationLockSQL = `SELECT pg_advisory_xact_lock(hashtextextended('syncd ' || current_schema(), 0))`
)

// identify returns the version of the schema, 0 for one that is empty or does not exist. It refuses the schema of
// another program or of a newer syncd.
func (p place) identify(ctx context.Context, db *sql.DB) (version int64, err error) {
	var schema string
	var ours bool
	if err := db.QueryRowContext(ctx, currentSQL).Scan(&schema, &ours); err != nil || schema == "" {
		return 0, err
	}
	if !ours {
		err := refuseForeign(ctx, db, schema)
		if err != nil && db.QueryRowContext(ctx, currentSQL).Scan(&schema, &ours) == nil && ours {
			return 0, nil // another process began to make it ours between the two questions
		}
		return 0, err
	}
	if err := db.QueryRowContext(ctx, versionSQL).Scan(&version); err != nil {
		return 0, err
	}
	return version, sqlstore.CheckNewer(version)
}

// refuseForeign returns an error when a schema that is not ours holds anything.
func refuseForeign(ctx context.Context, db *sql.DB, schema string) error {
	var table string
	err := db.QueryRowContext(ctx, foreignSQL).Scan(&table)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("the schema %s holds tables of another program, such as %s: give syncd a schema of its own: "+
		"CREATE SCHEMA syncd, and add ?search_path=syncd to the URL", schema, table)
}

// migrate brings the schema up to date and returns the version that it had. Who migrates holds a lock, so that of
// several processes that start together one does. The lock is that of a transaction, which a pooler keeps on one
// connection; the migrations run beside it.
func (p place) migrate(ctx context.Context, db *sql.DB) (from int64, err error) {
	from, err = p.identify(ctx, db)
	if err != nil || from == sqlstore.Latest {
		return from, err
	}
	if err := p.createSchema(ctx, db); err != nil {
		return 0, err
	}
	beside := p.connect()
	defer beside.Close()
	lock, err := beside.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = lock.Rollback() }()
	if _, err := lock.ExecContext(ctx, migrationLockSQL); err != nil {
		return 0, err
	}
	if from, err = p.identify(ctx, db); err != nil || from == sqlstore.Latest { // another process was faster
		return from, err
	}
	return from, sqlstore.Migrate(ctx, db, goose.DialectPostgres, "postgres", goose.WithTableName(versions))
}

// plainName is a schema's name as people write it without quotes.
var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// createSchema creates the schema that the URL names, unless it is there.
func (p place) createSchema(ctx context.Context, db *sql.DB) error {
	var schema string
	var ours bool
	err := db.QueryRowContext(ctx, currentSQL).Scan(&schema, &ours)
	if err != nil || schema != "" {
		return err
	}
	if !plainName.MatchString(p.schema) {
		return fmt.Errorf("no schema of the search path %q exists: create one: CREATE SCHEMA syncd, and add ?search_path=syncd "+
			"to the URL", p.schema)
	}
	_, err = db.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{p.schema}.Sanitize())
	return err
}
