package postgres

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

// TestRefusedRows puts rows that the database does not take among others: those are made.
func TestRefusedRows(t *testing.T) {
	const table = `CREATE TABLE companies (name text PRIMARY KEY); INSERT INTO companies VALUES ('ACME');
		CREATE TABLE c (id text PRIMARY KEY, v text); INSERT INTO c SELECT 'C-' || i, 'old' FROM generate_series(10, 59) AS i;`
	for name, c := range map[string]struct{ sql, want string }{
		"check":           {`ALTER TABLE c ADD CONSTRAINT fair CHECK (v <> 'bad')`, "constraint fair does not allow it"},
		"unique":          {`CREATE UNIQUE INDEX one ON c (v) WHERE v = 'bad'; INSERT INTO c VALUES ('C-0', 'bad')`, "another row has the same value (constraint one)"},
		"unique, at last": {`ALTER TABLE c ADD w text GENERATED ALWAYS AS (CASE WHEN v = 'bad' THEN v ELSE id END) STORED, ADD CONSTRAINT one UNIQUE (w) DEFERRABLE INITIALLY DEFERRED; INSERT INTO c VALUES ('C-0', 'bad')`, "another row has the same value (constraint one)"},
		"foreign key":     {`ALTER TABLE c ADD w text GENERATED ALWAYS AS (CASE WHEN v = 'bad' THEN v END) STORED REFERENCES companies`, "refer to another that is not there"},
		"foreign key, at last": {`ALTER TABLE c ADD w text GENERATED ALWAYS AS (CASE WHEN v = 'bad' THEN v END) STORED
			REFERENCES companies DEFERRABLE INITIALLY DEFERRED`, "refer to another that is not there"},
		"a trigger that raises": {`CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.v = 'bad' THEN
			RAISE 'nobody is called that'; END IF; RETURN NEW; END $$;
			CREATE TRIGGER t BEFORE INSERT OR UPDATE ON c FOR EACH ROW EXECUTE FUNCTION f()`, "the database says: nobody is called that"},
		"a trigger with a code of its own": {`CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.v = 'bad' THEN
			RAISE 'not today' USING ERRCODE = 'CR001'; END IF; RETURN NEW; END $$;
			CREATE TRIGGER t AFTER INSERT OR UPDATE ON c FOR EACH ROW EXECUTE FUNCTION f()`, "the database says: not today (CR001)"},
		"a trigger that skips": {`CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.v = 'bad' THEN
			RETURN NULL; END IF; RETURN NEW; END $$;
			CREATE TRIGGER t BEFORE INSERT OR UPDATE ON c FOR EACH ROW EXECUTE FUNCTION f()`, "a trigger or a rule of the database prevents it"},
		"a trigger that gives another key": {`CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.v = 'bad' THEN
			NEW.id = 'other' || NEW.id; END IF; RETURN NEW; END $$;
			CREATE TRIGGER t BEFORE INSERT OR UPDATE ON c FOR EACH ROW EXECUTE FUNCTION f()`, "another key"},
	} {
		t.Run(name, func(t *testing.T) {
			url := made(t, table+c.sql)
			source := tableOf(t, url, Options{Table: "c", Key: []string{"id"}})
			var changes []contact.Change
			bad := map[int]bool{3: true, 17: true, 49: true, 52: true}
			var want []string
			if strings.Contains(c.sql, "'C-0'") {
				want = append(want, "C-0|bad")
			}
			for i := range 55 {
				value := fmt.Sprintf("new %d", i)
				if bad[i] {
					value = "bad"
				}
				key := fmt.Sprintf("C-%d", 10+i)
				switch {
				case i < 50:
					changes = append(changes, update(cells(key, "old"), cells(key, value)))
					if bad[i] {
						value = "old"
					}
					want = append(want, key+"|"+value)
				default:
					changes = append(changes, create(key, value))
					if !bad[i] {
						want = append(want, key+"|"+value)
					}
				}
			}
			for i, outcome := range write(t, source, []string{"id", "v"}, changes...) {
				if bad[i] {
					wantOutcome(t, outcome, sources.Refused, c.want)
				} else {
					wantOutcome(t, outcome, sources.Written)
				}
			}
			wantLine(t, url, "SELECT id, v FROM c ORDER BY id", strings.Join(want, "\n"))
		})
	}
}

// TestWhatTriggersMake checks that the caller hears what a row holds in the end.
func TestWhatTriggersMake(t *testing.T) {
	url := made(t, `CREATE TABLE c (id text, email text, at int DEFAULT 1); INSERT INTO c VALUES ('1', 'a@b.c');
		CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.email = lower(NEW.email); NEW.at = NEW.at + 1; RETURN NEW; END $$;
		CREATE TRIGGER t BEFORE INSERT OR UPDATE ON c FOR EACH ROW EXECUTE FUNCTION f()`)
	source := tableOf(t, url, Options{Table: "c", Key: []string{"id"}})
	outcomes := write(t, source, []string{"email", "at", "id"},
		contact.Change{Action: contact.Update, Key: "1", Before: cells("a@b.c", "1", "1"), After: cells("X@B.C", "1", "1")},
		contact.Change{Action: contact.Create, Key: "2", After: cells("Y@B.C", "", "2")})
	for i, want := range []string{"x@b.c", "y@b.c"} {
		wantOutcome(t, outcomes[i], sources.Written)
		got := []contact.Cell{word(want), typed(contact.CellNumber, "2"), word(fmt.Sprint(i + 1))}
		if diff := cmp.Diff(got, outcomes[i].Cells); diff != "" {
			t.Errorf("row %d (-want +got):\n%s", i+1, diff)
		}
	}
}

// TestWhere checks that nothing is read or written beyond the condition, and that no row gets lost behind it.
func TestWhere(t *testing.T) {
	url := made(t, `CREATE TABLE c (id text, name text, deleted_at timestamptz, country text DEFAULT 'US');
		CREATE UNIQUE INDEX ON c (id) WHERE country = 'US';
		INSERT INTO c VALUES ('1', 'Ada', NULL, 'US'), ('1', 'Ada of old', '2020-01-01', 'DE'), ('2', 'Grace', '2020-01-01', 'US')`)
	source := tableOf(t, url, Options{Table: "c", Key: []string{"id"}, Where: "deleted_at IS NULL AND c.country IN ('US', 'CA') OR false -- those that are left"})
	columns := []string{"id", "name", "country"}
	records, err := readAll(t, source, columns...)
	check(t, err)
	if diff := cmp.Diff([]contact.Record{{Cells: cells("1", "Ada", "US")}}, records); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	outcomes := write(t, source, columns,
		update(cells("1", "Ada", "US"), cells("1", "Ada", "DE")),
		update(cells("2", "Grace", "US"), cells("2", "Hopper", "US")),
		create("2", "Grace", "US"), create("3", "Alan", "DE"), create("4", "Edsger", "CA"), create("5", "Radia", ""))
	wantOutcome(t, outcomes[0], sources.Refused, "would not match where:")
	wantOutcome(t, outcomes[1], sources.Stale, "no row has this key")
	wantOutcome(t, outcomes[2], sources.Refused, "another row has the same value", "where:")
	wantOutcome(t, outcomes[3], sources.Refused, "would not match where:")
	wantOutcome(t, outcomes[4], sources.Written)
	wantOutcome(t, outcomes[5], sources.Written)
	wantOutcome(t, write(t, source, columns, remove("1", "Ada", "US"))[0], sources.Written)
	wantLine(t, url, "SELECT id, name, country FROM c ORDER BY id, name", "1|Ada of old|DE\n2|Grace|US\n4|Edsger|CA\n5|Radia|US")
}

// TestKeys finds rows by keys of every type, and by several columns.
func TestKeys(t *testing.T) {
	for name, c := range map[string]struct{ table, one, two string }{
		"text":     {"id text PRIMARY KEY", "a", "A"},
		"varchar":  {"id varchar(10)", "a", "Ä"},
		"char":     {"id char(10)", "a", "b"},
		"citext":   {"id citext", "a", "b"},
		"smallint": {"id smallint", "1", "-2"},
		"integer":  {"id integer PRIMARY KEY", "1", "2147483647"},
		"bigint":   {"id bigint PRIMARY KEY", "1", "9223372036854775807"},
		"numeric":  {"id numeric", "1", "12345678901234567890123"},
		"uuid":     {"id uuid PRIMARY KEY", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12"},
		"domain":   {"id positive", "1", "2"},
		"enum":     {"id size", "small", "large"},
		"spaces":   {"id text", "a  b", "a b"},
	} {
		t.Run(name, func(t *testing.T) {
			url := made(t, `CREATE EXTENSION citext; CREATE DOMAIN positive AS int CHECK (value > 0); CREATE TYPE size AS ENUM ('small', 'large');
				CREATE TABLE c (`+c.table+`, v text); INSERT INTO c VALUES ('`+c.one+`', 'one')`)
			source := tableOf(t, url, Options{Table: "c", Key: []string{"id"}})
			columns := []string{"id", "v"}
			outcomes := write(t, source, columns,
				update(cells(c.one, "one"), cells(c.one, "first")), create(c.two, "two"),
				update(cells("-7", "x"), cells("-7", "y")), update(cells("99999999999999999999999999", "x"), cells("99999999999999999999999999", "y")),
				remove("zz", "x"))
			wantOutcome(t, outcomes[0], sources.Written)
			wantOutcome(t, outcomes[1], sources.Written)
			for _, outcome := range outcomes[2:] {
				wantOutcome(t, outcome, sources.Stale, "no row has this key any more")
			}
			outcomes = write(t, source, columns, create(c.one, "again"), remove(c.two, "two"))
			wantOutcome(t, outcomes[0], sources.Stale, "the row is there already")
			wantOutcome(t, outcomes[1], sources.Written)
			wantLine(t, url, "SELECT v FROM c", "first")
		})
	}
}

func TestKeyOfSeveralColumns(t *testing.T) {
	url := made(t, `CREATE TABLE c (shop text, no int, name text, PRIMARY KEY (shop, no)); INSERT INTO c VALUES ('a/b', 1, 'Ada'), ('a', 2, 'Grace')`)
	source := tableOf(t, url, Options{Table: "c", Key: []string{"shop", "no"}})
	change := func(action contact.Action, shop, no, before, after string) contact.Change {
		key, err := contact.NormalizeKey(word(shop), word(no))
		check(t, err)
		c := contact.Change{Action: action, Key: key}
		if action != contact.Create {
			c.Before = cells(shop, no, before)
		}
		if action != contact.Delete {
			c.After = cells(shop, no, after)
		}
		return c
	}
	outcomes := write(t, source, []string{"shop", "no", "name"},
		change(contact.Update, "a/b", "1", "Ada", "Lovelace"), change(contact.Create, `a\`, "1", "", "Alan"), change(contact.Create, "x", "many", "", "Eve"),
		change(contact.Delete, "a", "2", "Grace", ""), change(contact.Update, "a", "1", "Ada", "Eve"), change(contact.Create, "a/b", "1", "", "Eve"))
	wantOutcome(t, outcomes[0], sources.Written)
	wantOutcome(t, outcomes[1], sources.Written)
	wantOutcome(t, outcomes[2], sources.Refused, `column "no" takes a whole number`)
	wantOutcome(t, outcomes[3], sources.Written)
	wantOutcome(t, outcomes[4], sources.Stale, "no row has this key")
	wantOutcome(t, outcomes[5], sources.Stale)
	// Nobody asked for the columns of the key: they are found by the key, and written by it.
	byKey := write(t, source, []string{"name"},
		contact.Change{Action: contact.Update, Key: `a\/b/1`, Before: cells("Lovelace"), After: cells("Countess")},
		contact.Change{Action: contact.Create, Key: `y/5`, After: cells("Edsger")},
		contact.Change{Action: contact.Create, Key: `y`, After: cells("Edsger")})
	wantOutcome(t, byKey[0], sources.Written)
	wantOutcome(t, byKey[1], sources.Written)
	wantOutcome(t, byKey[2], sources.Refused, "key")
	wantLine(t, url, "SELECT * FROM c ORDER BY shop", "a/b|1|Countess\na\\|1|Alan\ny|5|Edsger")
}

// TestOddKeys checks that a row whose key is spelt with white space around is found, and that its double is.
func TestOddKeys(t *testing.T) {
	url := made(t, `CREATE TABLE c (id text, name text); INSERT INTO c VALUES (' 1 ', 'Ada'), (' 2', 'Grace'), ('2', 'Eve')`)
	source := tableOf(t, url, Options{Table: "c", Key: []string{"id"}})
	outcomes := write(t, source, []string{"id", "name"},
		update(cells(" 1 ", "Ada"), cells(" 1 ", "Lovelace")), update(cells(" 2", "Grace"), cells(" 2", "Hopper")))
	wantOutcome(t, outcomes[0], sources.Written)
	wantOutcome(t, outcomes[1], sources.Stale, "2 rows are the same to syncd")
	wantLine(t, url, "SELECT * FROM c ORDER BY name", "2|Eve\n 2|Grace\n 1 |Lovelace")
}

// TestWithoutKey finds rows by all that they hold.
func TestWithoutKey(t *testing.T) {
	url := made(t, `CREATE TABLE c (contact_id text, name text, n numeric(6,2), at timestamptz DEFAULT now());
		INSERT INTO c VALUES (NULL, 'Ada', 1), (NULL, 'Grace', NULL), (NULL, 'Eve', 3), ('', 'Eve', 3), ('q4', 'Alan', 4)`)
	source := tableOf(t, url, Options{Table: "c"})
	change := func(action contact.Action, before, after []contact.Cell) contact.Change {
		return contact.Change{Action: action, Before: before, After: after}
	}
	outcomes := write(t, source, []string{"contact_id", "name", "n"},
		change(contact.Update, cells("", "Ada", "1.00"), cells("q1", "Ada", "1.00")),
		change(contact.Update, cells("", "Grace", ""), cells("q2", "Grace", "")),
		change(contact.Update, cells("", "Eve", "3.00"), cells("q3", "Eve", "3.00")),
		change(contact.Update, cells("", "Alan", "4.00"), cells("q5", "Alan", "4.00")),
		change(contact.Create, nil, cells("q6", "Edsger", "6")), change(contact.Create, nil, cells("", "", "")),
		change(contact.Create, nil, cells("q4", "Alan", "4.00")))
	wantOutcome(t, outcomes[0], sources.Written)
	wantOutcome(t, outcomes[1], sources.Written)
	wantOutcome(t, outcomes[2], sources.Stale, "2 rows are the same to syncd")
	wantOutcome(t, outcomes[3], sources.Stale, "no row holds what it did any more")
	wantOutcome(t, outcomes[4], sources.Written)
	wantOutcome(t, outcomes[5], sources.Refused, "the row would be empty")
	wantOutcome(t, outcomes[6], sources.Stale, "the row is there already")
	gone := write(t, source, []string{"contact_id", "name", "n"}, change(contact.Delete, outcomes[4].Cells, nil))
	wantOutcome(t, gone[0], sources.Written)
	wantLine(t, url, "SELECT contact_id, name FROM c ORDER BY name, contact_id", "q1|Ada\nq4|Alan\n|Eve\nNULL|Eve\nq2|Grace")
}

// TestIdentityKey checks that no row is made under a key that only the database gives.
func TestIdentityKey(t *testing.T) {
	url := made(t, `CREATE TABLE c (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name text); INSERT INTO c (name) VALUES ('Ada')`)
	source := tableOf(t, url, Options{Table: "c", Key: []string{"id"}})
	outcomes := write(t, source, []string{"id", "name"}, update(cells("1", "Ada"), cells("1", "Lovelace")), create("7", "Grace"))
	wantOutcome(t, outcomes[0], sources.Written)
	wantOutcome(t, outcomes[1], sources.Refused, `column "id" cannot be written: it is an identity column`)
	wantLine(t, url, "SELECT * FROM c", "1|Lovelace")
}

// TestViewThatDoesNotTakeARow checks a view that people use as the table of their customers.
func TestViewThatDoesNotTakeARow(t *testing.T) {
	url := made(t, `CREATE TABLE c (id text PRIMARY KEY, name text, kind text); INSERT INTO c VALUES ('1', 'Ada', 'customer'), ('2', 'Eve', 'spy');
		CREATE VIEW customers AS SELECT * FROM c WHERE kind = 'customer' WITH CHECK OPTION;
		CREATE VIEW totals AS SELECT kind AS id, count(*)::text AS name FROM c GROUP BY kind`)
	columns := []string{"id", "name", "kind"}
	source := tableOf(t, url, Options{Table: "customers", Key: []string{"id"}})
	outcomes := write(t, source, columns, update(cells("1", "Ada", "customer"), cells("1", "Ada", "spy")),
		create("3", "Grace", "customer"), create("4", "Bob", "spy"), update(cells("2", "Eve", "spy"), cells("2", "Eve", "customer")))
	wantOutcome(t, outcomes[0], sources.Refused, "the condition of the view")
	wantOutcome(t, outcomes[1], sources.Written)
	wantOutcome(t, outcomes[2], sources.Refused, "the condition of the view")
	wantOutcome(t, outcomes[3], sources.Stale)
	totals := tableOf(t, url, Options{Table: "totals", Key: []string{"id"}})
	if records, err := readAll(t, totals, "id", "name"); err != nil || len(records) != 2 {
		t.Errorf("%v, %v", records, err)
	}
	_, err := totals.Write(t.Context(), []string{"id", "name"}, []contact.Change{update(cells("spy", "1"), cells("spy", "2"))})
	wantError(t, err, "table totals", "cannot update view")
}
