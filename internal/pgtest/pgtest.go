// Package pgtest gives tests a real PostgreSQL: the server that SYNCD_TEST_POSTGRES names, else one of its own, which
// it starts from the local binaries on a Unix socket and stops with the test process. Where there is neither, the test
// fails and says how to get one.
//
// Start with [Database]; a package that uses it runs its tests through [M].
package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Variable names the environment variable with the URL of a server whose user may create databases.
const Variable = "SYNCD_TEST_POSTGRES"

// Database returns the URL of a new, empty database, which is dropped when the test ends.
func Database(t testing.TB) string {
	t.Helper()
	return create(t, "template0")
}

// Copy returns the URL of a new database that holds what fill wrote into another one. That one is made once per test
// process and name.
func Copy(t testing.TB, name string, fill func(url string) error) string {
	t.Helper()
	templates.Lock()
	defer templates.Unlock()
	template, made := templates.byName[name]
	if !made {
		template = newName()
		execute(t, "CREATE DATABASE "+template+" TEMPLATE template0 ENCODING 'UTF8'")
		if err := fill(At(t, template)); err != nil {
			t.Fatalf("pgtest: the database %s: %v", name, err)
		}
		templates.byName[name] = template
	}
	return create(t, template)
}

var templates = struct {
	sync.Mutex
	byName map[string]string
}{byName: map[string]string{}}

func newName() string { return "syncd_test_" + strings.ToLower(rand.Text()) }

func create(t testing.TB, template string) string {
	t.Helper()
	name := newName()
	execute(t, "CREATE DATABASE "+name+" TEMPLATE "+template)
	t.Cleanup(func() { execute(t, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return At(t, name)
}

// At returns the URL of a database of the server.
func At(t testing.TB, database string) string {
	t.Helper()
	u, err := url.Parse(server(t))
	if err != nil {
		t.Fatalf("pgtest: %s is no URL", Variable)
	}
	u.Path = "/" + database
	return u.String()
}

// With returns a URL with another parameter.
func With(t testing.TB, address, parameter, value string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set(parameter, value)
	u.RawQuery = query.Encode()
	return u.String()
}

// Query runs SQL on a database as another program would, and returns the rows that the last statement gives: the texts of
// their columns, joined by bars.
func Query(address, text string) (rows []string, err error) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	results, err := conn.PgConn().Exec(ctx, text).ReadAll()
	if err != nil || len(results) == 0 {
		return nil, err
	}
	for _, row := range results[len(results)-1].Rows {
		texts := make([]string, len(row))
		for i, value := range row {
			texts[i] = string(value)
		}
		rows = append(rows, strings.Join(texts, "|"))
	}
	return rows, nil
}

// Execute runs SQL on a database as another program would.
func Execute(t testing.TB, address, text string) {
	t.Helper()
	if err := run(address, text); err != nil {
		t.Fatalf("pgtest: %s: %v", text, err)
	}
}

func execute(t testing.TB, text string) {
	t.Helper()
	Execute(t, server(t), text)
}

func run(address, text string) error {
	ctx := context.Background() // also while a test is cleaned up
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, text)
	return err
}

// M runs the tests of a package and stops the server afterwards.
type M struct{ *testing.M }

// Run runs the tests.
func (m M) Run() int {
	code := m.M.Run()
	if err := stop(); err != nil {
		fmt.Println("pgtest:", err)
		return max(code, 1)
	}
	return code
}
