package postgres

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"syncd/internal/contact"
	"syncd/internal/pgtest"
	"syncd/internal/sources"
)

const password = "Tr0ub4dor&3/:@"

// TestErrorsHideThePassword provokes the errors of reaching a database, with a password in every place where a URL may
// have one.
func TestErrorsHideThePassword(t *testing.T) {
	secret := url.QueryEscape(password)
	for _, address := range []string{
		"postgres://syncd:" + secret + "@127.0.0.1:1/crm",
		"postgres://127.0.0.1:1/crm?user=syncd&password=" + secret,
		"postgres://syncd:" + secret + "@127.0.0.1:1/crm?sslmode=nonsense",
		"postgres://syncd:" + secret + "@127.0.0.1:none/crm",
		"postgres://syncd:%zz" + password + "@127.0.0.1:1/crm",
		pgtest.With(t, pgtest.At(t, "no_such_database"), "password", password),
	} {
		db, err := Open(address)
		if err == nil {
			table, e := db.Table(Options{Table: "c"})
			check(t, e)
			_, err = readAll(t, table, "id")
			_, writing := table.Write(t.Context(), []string{"id"}, []contact.Change{create("1")})
			wantError(t, writing, "postgres ", "table c: ")
			err = errors.Join(err, writing)
			db.Close()
		}
		wantError(t, err, "postgres")
		for _, part := range []string{password, secret, "Tr0ub4dor", "dor&3"} {
			if strings.Contains(err.Error(), part) {
				t.Errorf("the password is in %q", err)
			}
		}
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	address := made(t, `CREATE SCHEMA crm; CREATE TABLE crm."Contacts" (id text, day date, name text); CREATE SEQUENCE counter`)
	for name, c := range map[string]struct {
		url     string
		options Options
		want    []string
	}{
		"nobody listens":      {"postgres://syncd@127.0.0.1:1/crm", Options{Table: "c"}, []string{"postgres 127.0.0.1:1/crm, table c: its server cannot be reached: check host and port"}},
		"no such database":    {pgtest.At(t, "no_such_database"), Options{Table: "c"}, []string{"there is no such database"}},
		"no such table":       {address, Options{Table: "customers"}, []string{"table customers: there is no such table in the database: check table:"}},
		"no such schema":      {address, Options{Table: "sales.customers"}, []string{"table sales.customers: there is no such table"}},
		"another case":        {address, Options{Table: "crm.contacts"}, []string{`table crm.contacts: there is no such table: did you mean crm."Contacts"?`}},
		"no schema":           {address, Options{Table: "Contacts"}, []string{`did you mean crm."Contacts"?`}},
		"another database":    {address, Options{Table: `other.crm."Contacts"`}, []string{"cross-database references are not implemented"}},
		"no table":            {address, Options{Table: "counter"}, []string{"there is no such table"}},
		"a key that is a day": {address, Options{Table: `crm."Contacts"`, Key: []string{"day"}}, []string{`column "day" cannot be the key: its type is date`}},
		"a wrong condition":   {address, Options{Table: `crm."Contacts"`, Where: "name ="}, []string{`table crm."Contacts": where: check the condition: syntax error`}},
		"an unknown column":   {address, Options{Table: `crm."Contacts"`, Where: "nam = 'x'"}, []string{"where: check the condition: column", "nam"}},
		"no condition":        {address, Options{Table: `crm."Contacts"`, Where: "name"}, []string{"where: check the condition: "}},
	} {
		t.Run(name, func(t *testing.T) {
			db, err := Open(c.url)
			check(t, err)
			defer db.Close()
			table, err := db.Table(c.options)
			check(t, err)
			_, err = readAll(t, table, "id")
			wantError(t, err, c.want...)
			_, err = table.Write(t.Context(), []string{"id"}, []contact.Change{update(cells("1"), cells("1"))})
			wantError(t, err, c.want...)
		})
	}
}

// What the server says of a value that a condition cannot take quotes that value.
func TestConditionErrorsHideValues(t *testing.T) {
	address := made(t, `CREATE TABLE c (id text, v text); INSERT INTO c VALUES ('1', 'ada@example.com')`)
	_, err := readAll(t, tableOf(t, address, Options{Table: "c", Key: []string{"id"}, Where: "v::int > 0"}), "id")
	wantError(t, err, "where: check the condition: a row's value does not fit it (22P02)")
	if err != nil && strings.Contains(err.Error(), "ada@") {
		t.Errorf("a cell's value is in %q", err)
	}
}

func TestMissingColumn(t *testing.T) {
	table := tableOf(t, made(t, `CREATE TABLE c (id text, "First Name" text, " first" text, "first " text)`), Options{Table: "c", Key: []string{"ID"}})
	for name, want := range map[string]string{
		"E-mail": `c: no column "E-mail": its columns are "id", "First Name", " first", "first "`,
		"first":  `c: there is more than one column "first": rename all but one`,
		"id":     `c: no column "ID": did you mean "id"? Its columns are`,
	} {
		_, err := readAll(t, table, name)
		wantError(t, err, want)
		if column, ok := errors.AsType[*sources.ColumnError](err); !ok || column.Source != "c" {
			t.Errorf("the error is %#v", err)
		}
	}
	table.options.Key = nil
	if _, err := readAll(t, table, " First Name", "first "); err != nil {
		t.Error(err)
	}
}

// TestChangesThatDoNotFit checks that wrong calls are errors, and nothing is written.
func TestChangesThatDoNotFit(t *testing.T) {
	table := tableOf(t, made(t, threePeople), Options{Table: "c", Key: []string{"id"}})
	for _, change := range []contact.Change{
		{Action: contact.Unlink, Key: "1"},
		{Action: contact.Update, Key: "1", Before: cells("1", "Ada"), After: cells("1")},
		{Action: contact.Create, Key: "1", Before: cells("1", "Ada"), After: cells("1", "Ada")},
		{Action: contact.Delete, Key: "1", Before: cells("1")},
	} {
		outcomes, err := table.Write(t.Context(), idAndV, []contact.Change{update(cells("2", "Grace"), cells("2", "G.")), change})
		if err == nil || outcomes[0].Status != sources.Refused || outcomes[1].Status != sources.Refused {
			t.Errorf("%s: %v, %v", change.Action, outcomes, err)
		}
	}
}

// TestLongCell checks that a cell that no contact has room for is a problem of its row.
func TestLongCell(t *testing.T) {
	table := tableOf(t, made(t, `CREATE TABLE c (id text, v text); INSERT INTO c VALUES ('1', repeat('x', 1048577)), ('2', 'ok')`), Options{Table: "c", Key: []string{"id"}})
	records, err := readAll(t, table, idAndV...)
	check(t, err)
	if len(records) != 2 || !strings.Contains(records[0].Problem, `column "v" holds 1048577 bytes`) || records[1].Problem != "" {
		t.Errorf("%d records, problems %q", len(records), records[0].Problem)
	}
}
