package postgres

import (
	"crypto/rand"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/contact"
	"syncd/internal/pgtest"
	"syncd/internal/sources"
)

// newRole makes a role without any rights, and returns its name and the database's URL for it.
func newRole(t *testing.T, address string) (role, own string) {
	t.Helper()
	role = "syncd_test_" + strings.ToLower(rand.Text())
	pgtest.Execute(t, address, "CREATE ROLE "+role+" LOGIN")
	t.Cleanup(func() { pgtest.Execute(t, address, "DROP OWNED BY "+role+"; DROP ROLE "+role) })
	u, err := url.Parse(address)
	check(t, err)
	u.User = url.User(role)
	return role, u.String()
}

var grantStatement = regexp.MustCompile(`GRANT .*? TO (?:"[^"]*"|\w+)`)

// TestRights starts with a role that may do nothing, and gives it the rights that the errors ask for, until what is to be
// done is done: these are the least.
func TestRights(t *testing.T) {
	const table = `CREATE SCHEMA "Crm"; CREATE TABLE "Crm".contacts (id text PRIMARY KEY, "Name" text, secret text, no serial);
		INSERT INTO "Crm".contacts VALUES ('1', 'Ada', 's'), ('2', 'Grace', 's'); CREATE SCHEMA other; CREATE TABLE other.banned (id text)`
	columns := []string{"id", "Name"}
	writes := func(change contact.Change) func(*Table) error {
		return func(source *Table) error {
			outcomes, err := source.Write(t.Context(), columns, []contact.Change{change})
			if err == nil {
				wantOutcome(t, outcomes[0], sources.Written)
			}
			return err
		}
	}
	checks := func(writes sources.Writes) func(*Table) error {
		return func(source *Table) error { return source.CheckWrite(t.Context(), writes) }
	}
	for name, c := range map[string]struct {
		do    func(*Table) error
		where string
		want  []string
	}{
		"read": {func(source *Table) error { _, err := readAll(t, source, columns...); return err }, "", []string{
			`GRANT USAGE ON SCHEMA "Crm" TO @`, `GRANT SELECT ("id", "Name") ON "Crm"."contacts" TO @`}},
		"update": {writes(update(cells("1", "Ada"), cells("1", "Lovelace"))), "", []string{
			`GRANT USAGE ON SCHEMA "Crm" TO @`, `GRANT SELECT ("id", "Name"), UPDATE ("Name") ON "Crm"."contacts" TO @`}},
		"insert": {writes(create("3", "Alan")), "", []string{
			`GRANT USAGE ON SCHEMA "Crm" TO @`, `GRANT SELECT ("id", "Name"), INSERT ("id", "Name") ON "Crm"."contacts" TO @`,
			`GRANT USAGE ON SEQUENCE "contacts_no_seq" TO @`}},
		"delete": {writes(remove("2", "Grace")), "", []string{
			`GRANT USAGE ON SCHEMA "Crm" TO @`, `GRANT SELECT ("id", "Name"), DELETE ON "Crm"."contacts" TO @`}},
		"check of updates": {checks(sources.Writes{Updates: []string{"Name"}}), "", []string{`GRANT USAGE ON SCHEMA "Crm" TO @`,
			`GRANT UPDATE ("Name") ON "Crm"."contacts" TO @`}},
		"check of all": {checks(sources.Writes{Updates: []string{"Name"}, Creates: []string{"Name", "no"}, Deletes: true}), "", []string{
			`GRANT USAGE ON SCHEMA "Crm" TO @`, `GRANT UPDATE ("Name"), INSERT ("Name", "no", "id"), DELETE ON "Crm"."contacts" TO @`}},
		"where": {func(source *Table) error { _, err := readAll(t, source, columns...); return err }, "secret <> 'x'", []string{
			`GRANT USAGE ON SCHEMA "Crm" TO @`, `GRANT SELECT ("id", "Name") ON "Crm"."contacts" TO @`, `GRANT SELECT ON "contacts" TO @`}},
		"where of another table": {func(source *Table) error { _, err := readAll(t, source, columns...); return err },
			"id NOT IN (SELECT id FROM other.banned)", []string{`GRANT USAGE ON SCHEMA "Crm" TO @`,
				`GRANT SELECT ("id", "Name") ON "Crm"."contacts" TO @`, `GRANT USAGE ON SCHEMA "other" TO @`, `GRANT SELECT ON "banned" TO @`}},
	} {
		t.Run(name, func(t *testing.T) {
			admin := made(t, table)
			role, own := newRole(t, admin)
			source := tableOf(t, own, Options{Table: `"Crm".contacts`, Key: []string{"id"}, Where: c.where})
			var granted []string
			for {
				err := c.do(source)
				if err == nil {
					break
				}
				grant := grantStatement.FindString(err.Error())
				if grant == "" || slices.Contains(granted, strings.ReplaceAll(grant, role, "@")) {
					t.Fatalf("%v: after %q", err, granted)
				}
				grant = strings.ReplaceAll(grant, `"`+role+`"`, role)
				granted = append(granted, strings.ReplaceAll(grant, role, "@"))
				pgtest.Execute(t, admin, `SET search_path = "Crm", other; `+grant)
			}
			if diff := cmp.Diff(c.want, granted); diff != "" {
				t.Errorf("rights (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRightsToSomeColumns checks that a right to one column is enough to lock the rows, and that none is asked for that
// no change needs.
func TestRightsToSomeColumns(t *testing.T) {
	admin := made(t, threePeople+"ALTER TABLE c ADD w text")
	role, own := newRole(t, admin)
	pgtest.Execute(t, admin, "GRANT SELECT, UPDATE (v), INSERT (id, v), DELETE ON c TO "+role)
	source := tableOf(t, own, Options{Table: "c", Key: []string{"id"}})
	columns := []string{"id", "v", "w"}
	for i, outcome := range write(t, source, columns, update(cells("1", "Ada", ""), cells("1", "Lovelace", "")), create("4", "Alan", ""),
		remove("3", "Radia", "")) {
		if outcome.Status != sources.Written {
			t.Errorf("change %d: %+v", i, outcome)
		}
	}
	outcomes, err := source.Write(t.Context(), columns, []contact.Change{update(cells("1", "Lovelace", ""), cells("1", "Ada", "x"))})
	wantError(t, err, `GRANT UPDATE ("w") ON "public"."c" TO `+role)
	wantOutcome(t, outcomes[0], sources.Refused, "nothing was written")
	wantLine(t, admin, "SELECT id, v, w FROM c ORDER BY id", "1|Lovelace|NULL\n2|Grace|NULL\n4|Alan|NULL")
}

// TestCheckWrite checks what a check says beside rights, and that columns which the database fills need none.
func TestCheckWrite(t *testing.T) {
	admin := made(t, "CREATE TABLE c (id text PRIMARY KEY, v text, w text GENERATED ALWAYS AS (v) STORED)")
	role, own := newRole(t, admin)
	pgtest.Execute(t, admin, "GRANT SELECT, UPDATE (v) ON c TO "+role)
	source := tableOf(t, own, Options{Table: "c", Key: []string{"id"}})
	if err := source.CheckWrite(t.Context(), sources.Writes{Updates: []string{"v", "w"}}); err != nil {
		t.Error(err)
	}
	wantError(t, source.CheckWrite(t.Context(), sources.Writes{Updates: []string{"x"}}), `no column "x"`)
	err := source.CheckWrite(t.Context(), sources.Writes{Deletes: true})
	if right, ok := errors.AsType[*sources.RightError](err); !ok || right.Remedy != `GRANT DELETE ON "public"."c" TO `+role {
		t.Errorf("%v", err)
	}
	pgtest.Execute(t, admin, "ALTER ROLE "+role+" SET default_transaction_read_only = on")
	standby := tableOf(t, own, Options{Table: "c", Key: []string{"id"}})
	wantError(t, standby.CheckWrite(t.Context(), sources.Writes{Updates: []string{"v"}}), "the database is read-only: name the primary server")
}

// TestRowSecurity checks that a policy refuses a row and not the run, and hides others.
func TestRowSecurity(t *testing.T) {
	admin := made(t, threePeople+`ALTER TABLE c ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON c USING (id <> '3') WITH CHECK (v <> 'bad')`)
	role, own := newRole(t, admin)
	pgtest.Execute(t, admin, "GRANT SELECT, UPDATE, INSERT, DELETE ON c TO "+role)
	source := tableOf(t, own, Options{Table: "c", Key: []string{"id"}})
	outcomes := write(t, source, idAndV, update(cells("1", "Ada"), cells("1", "bad")), update(cells("2", "Grace"), cells("2", "G.")), remove("3", "Radia"))
	wantOutcome(t, outcomes[0], sources.Refused, "a policy of the table")
	wantOutcome(t, outcomes[1], sources.Written)
	wantOutcome(t, outcomes[2], sources.Stale, "no row has this key")
	wantLine(t, admin, "SELECT * FROM c ORDER BY id", "1|Ada\n2|G.\n3|Radia")
}
