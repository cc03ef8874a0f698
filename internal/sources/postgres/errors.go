package postgres

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"syncd/internal/pgserver"
	"syncd/internal/sources"
)

// cures says what to do about errors of the server that mean something of their own here.
var cures = map[string]string{
	pgserver.NoPrivilege: "a right is missing: let the owner of what is named GRANT it to the user of the URL",
	pgserver.QueryCanceled: fmt.Sprintf("the database took longer than %s for one statement, or somebody cancelled it: "+
		"see what it waits for; an index on the key makes it faster", writePatience),
	pgserver.LockNotAvailable: "the table is locked by another transaction: run again once that has ended",
}

// named says which database and table an error is about, once, and what to do. Once a context is done its error is what
// counts.
func (t *Table) named(ctx context.Context, err error) error {
	if column, ok := errors.AsType[*sources.ColumnError](err); ok {
		column.Source = t.options.Table
		return column
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if grant := t.grant(err); grant != "" {
		return fmt.Errorf("%s, table %s: a right is missing: %s: %w", t.db.name, t.options.Table, grant, plain(err))
	}
	return fmt.Errorf("%s, table %s: %w", t.db.name, t.options.Table, pgserver.Explain(err, cures))
}

var (
	denied = regexp.MustCompile(`^permission denied for (schema|sequence|function|procedure|table|view|foreign table|type) (.+)$`)
	grants = map[string]string{
		"schema": "USAGE ON SCHEMA", "sequence": "USAGE ON SEQUENCE", "function": "EXECUTE ON FUNCTION", "procedure": "EXECUTE ON PROCEDURE",
		"table": "SELECT ON", "view": "SELECT ON", "foreign table": "SELECT ON", "type": "USAGE ON TYPE",
	}
)

// grant is the statement that gives a right which the server says is missing; "" when it says so of none, or in another
// language. The rights to the table itself were looked at before: it is what a condition, a default or a trigger needs.
func (t *Table) grant(err error) string {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || e.Code != pgserver.NoPrivilege {
		return ""
	}
	m := denied.FindStringSubmatch(e.Message)
	if m == nil {
		return ""
	}
	return fmt.Sprintf("GRANT %s %s TO %s", grants[m[1]], quote(m[2]), quote(t.db.user))
}

// whereError says that an error may be the condition's. What is asked for besides is known to be there.
func (t *Table) whereError(err error) error {
	switch e, ok := errors.AsType[*pgconn.PgError](err); {
	case !ok || t.options.Where == "":
		return err
	case e.Code == pgserver.NoPrivilege:
		return fmt.Errorf("where: %w", err)
	case e.Code[:2] == "22": // the server's words quote the value
		return fmt.Errorf("where: check the condition: a row's value does not fit it (%s)", e.Code)
	case e.Code[:2] == "42":
		return fmt.Errorf("where: check the condition: %w", plain(e))
	}
	return err
}

// plain is an error of the server in its own words.
func plain(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return errors.New(e.Message)
	}
	return err
}

// runClasses are the classes of errors that are no row's own: of the connection, the transaction, rights, what the
// statement names, the server. All others, those that triggers choose included, refuse what was to be written.
//
// https://www.postgresql.org/docs/current/errcodes-appendix.html
var runClasses = []string{"08", "25", "26", "28", "2D", "3D", "3F", "40", "42", "53", "55", "57", "58", "F0", "XX"}

// refusesRow reports whether an error of the server is about the values that were to be written.
func refusesRow(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || e.Severity == "FATAL" || e.Severity == "PANIC" {
		return false
	}
	return e.Code == pgserver.LockNotAvailable || ofPolicy(e) || !slices.Contains(runClasses, e.Code[:2])
}

// ofPolicy reports whether a policy of row level security, or the condition of a view, forbids the new row. The code is
// that of any right that is missing.
func ofPolicy(e *pgconn.PgError) bool { return e.Routine == "ExecWithCheckOptions" }

// refusal says why the database refuses a row, without any of its values. What a trigger says is for people.
func refusal(err error) string {
	e, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case !ok:
		return err.Error()
	case ofPolicy(e):
		return "a policy of the table, or the condition of the view, does not allow this row"
	}
	switch e.Code {
	case "23502":
		return fmt.Sprintf("column %q may not be empty", e.ColumnName)
	case "23503":
		return fmt.Sprintf("it would leave one row refer to another that is not there (constraint %s of table %s)", e.ConstraintName, e.TableName)
	case pgserver.UniqueViolation:
		return fmt.Sprintf("another row has the same value (constraint %s)", e.ConstraintName)
	case "23514":
		return fmt.Sprintf("constraint %s does not allow it", e.ConstraintName)
	case "23P01":
		return fmt.Sprintf("it does not go together with another row (constraint %s)", e.ConstraintName)
	case "22001":
		return "a text is too long for its column"
	case "22003":
		return "a number is too large for its column"
	case "22P02", "22007", "22008":
		return "a value does not fit the type of its column"
	case "22P05":
		return "the database's encoding does not have one of the characters"
	case "P0001":
		return "the database says: " + e.Message
	}
	return fmt.Sprintf("the database says: %s (%s)", e.Message, e.Code)
}
