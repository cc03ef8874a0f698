package postgres

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

const typesTable = `
CREATE EXTENSION citext;
CREATE TYPE mood AS ENUM ('happy', 'so ''so');
CREATE DOMAIN short AS varchar(5);
CREATE DOMAIN amount AS numeric(10,2) CHECK (value >= 0);
CREATE DOMAIN positive AS amount;
CREATE TABLE types (id int PRIMARY KEY, v `

// A typed column, how values of it are read, and what is written and read back.
var types = map[string]struct {
	column string
	value  string // as SQL, which is read
	read   contact.Cell
	write  contact.Cell
	again  string // as read back; "" for what was written
	stored string // as the database has it; "" for the text that was written
}{
	"text":          {column: "text", value: "' a b '", read: word(" a b "), write: word("x"), stored: "x"},
	"varchar":       {column: "varchar(5)", value: "'abcde'", read: word("abcde"), write: word("äöüßé")},
	"char":          {column: "char(5)", value: "'ab'", read: word("ab"), write: word("x"), stored: "x    "},
	"citext":        {column: "citext", value: "'Ab'", read: word("Ab"), write: word("aB")},
	"domain":        {column: "short", value: "'ab'", read: word("ab"), write: word("x")},
	"enum":          {column: "mood", value: "'happy'", read: word("happy"), write: word("so 'so")},
	"uuid":          {column: "uuid", value: "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", read: word("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), write: word("00000000-0000-0000-0000-000000000001")},
	"smallint":      {column: "smallint", value: "-5", read: typed(contact.CellNumber, "-5"), write: typed(contact.CellNumber, "32767")},
	"integer":       {column: "integer", value: "7", read: typed(contact.CellNumber, "7"), write: word("5.0"), again: "5", stored: "5"},
	"bigint":        {column: "bigint", value: "9223372036854775807", read: typed(contact.CellNumber, "9223372036854775807"), write: typed(contact.CellNumber, "-9223372036854775808")},
	"numeric":       {column: "numeric", value: "12345678901234567890.10", read: typed(contact.CellNumber, "12345678901234567890.10"), write: typed(contact.CellNumber, "0.123456789012345678901234567890"), again: "0.12345678901234567890123456789", stored: "0.12345678901234567890123456789"},
	"numeric(10,2)": {column: "numeric(10,2)", value: "5", read: typed(contact.CellNumber, "5.00"), write: typed(contact.CellNumber, "7.5"), again: "7.50", stored: "7.50"},
	"domains":       {column: "positive", value: "5", read: typed(contact.CellNumber, "5.00"), write: typed(contact.CellNumber, "7.5"), again: "7.50", stored: "7.50"},
	"double":        {column: "double precision", value: "1e21", read: typed(contact.CellNumber, "1000000000000000000000"), write: typed(contact.CellNumber, "0.1")},
	"small double":  {column: "double precision", value: "1e-7", read: typed(contact.CellNumber, "0.0000001"), write: typed(contact.CellNumber, "0.30000000000000004")},
	"real":          {column: "real", value: "0.1", read: typed(contact.CellNumber, "0.1"), write: typed(contact.CellNumber, "16777216"), stored: "1.6777216e+07"},
	"infinity":      {column: "double precision", value: "'-Infinity'", read: typed(contact.CellNumber, "-Infinity"), write: typed(contact.CellNumber, "1")},
	"boolean":       {column: "boolean", value: "true", read: typed(contact.CellBoolean, "true"), write: typed(contact.CellBoolean, "false"), stored: "f"},
	"yes":           {column: "boolean", value: "false", read: typed(contact.CellBoolean, "false"), write: word("Yes"), again: "true", stored: "t"},
	"date":          {column: "date", value: "'2026-03-04'", read: typed(contact.CellDate, "2026-03-04"), write: typed(contact.CellDate, "2024-02-29")},
	"date as text":  {column: "date", value: "'2026-03-04'", read: typed(contact.CellDate, "2026-03-04"), write: word("4 Mar 2026"), again: "2026-03-04", stored: "2026-03-04"},
	"timestamp":     {column: "timestamp", value: "'2026-03-04 15:16:17.25'", read: word("2026-03-04T15:16:17.25"), write: word("2026-03-05"), again: "2026-03-05T00:00:00", stored: "2026-03-05 00:00:00"},
	"timestamptz":   {column: "timestamptz", value: "'2026-03-04 15:16:17.25-05'", read: typed(contact.CellTime, "2026-03-04T20:16:17.25+00:00"), write: typed(contact.CellTime, "2026-07-04T00:00:00-04:00"), again: "2026-07-04T04:00:00+00:00", stored: "2026-07-04 04:00:00+00"},
	"day in zone":   {column: "timestamptz", value: "'2026-03-04'", read: typed(contact.CellTime, "2026-03-04T00:00:00+00:00"), write: word("2026-01-02"), again: "2026-01-02T05:00:00+00:00", stored: "2026-01-02 05:00:00+00"},
	"text[]":        {column: "text[]", value: `ARRAY['a', 'b "c"', NULL]`, read: typed(contact.CellList, `["a","b \"c\"",null]`), write: typed(contact.CellList, `["x, y","{\\\"z\"}"]`), stored: `{"x, y","{\\\"z\"}"}`},
	"list as text":  {column: "text[]", value: "'{}'", read: typed(contact.CellList, ""), write: word("x; y"), again: `["x","y"]`, stored: "{x,y}"},
	"varchar[]":     {column: "varchar(9)[]", value: "ARRAY['a']", read: typed(contact.CellList, `["a"]`), write: typed(contact.CellList, `["b"]`), stored: "{b}"},
	"enum[]":        {column: "mood[]", value: "'{happy}'", read: typed(contact.CellList, `["happy"]`), write: typed(contact.CellList, `["so 'so"]`), stored: `{"so 'so"}`},
	"jsonb":         {column: "jsonb", value: `'{"a": 1}'`, read: word(`{"a": 1}`), write: word(`[2]`)},
	"interval":      {column: "interval", value: "'1 day'", read: word("P1D"), write: word("PT2H"), stored: "02:00:00"},
}

func word(s string) contact.Cell { return contact.Cell{Text: s} }

func typed(t contact.CellType, s string) contact.Cell { return contact.Cell{Type: t, Text: s} }

var newYork = func() *time.Location {
	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return loc
}()

func TestTypes(t *testing.T) {
	url := made(t, "SELECT")
	source := tableOf(t, url, Options{Table: "types", Key: []string{"id"}, Location: newYork, Separators: map[string]string{"v": ";"}})
	columns := []string{"id", "v"}
	conn := connect(t, url)
	exec(t, conn, strings.ReplaceAll(typesTable, "CREATE TABLE types (id int PRIMARY KEY, v ", "SET TimeZone = 'UTC'"))
	for name, c := range types {
		t.Run(name, func(t *testing.T) {
			exec(t, conn, "DROP TABLE IF EXISTS types; CREATE TABLE types (id int PRIMARY KEY, v "+c.column+");"+
				"INSERT INTO types VALUES (1, "+c.value+"), (2, NULL)")
			records, err := readAll(t, source, columns...)
			check(t, err)
			want := []contact.Record{
				{Cells: []contact.Cell{typed(contact.CellNumber, "1"), c.read}},
				{Cells: []contact.Cell{typed(contact.CellNumber, "2"), typed(c.read.Type, "")}},
			}
			if diff := cmp.Diff(want, records); diff != "" {
				t.Fatalf("records (-want +got):\n%s", diff)
			}
			again := typed(c.read.Type, c.write.Text)
			if c.again != "" {
				again.Text = c.again
			}
			stored := c.write.Text
			if c.stored != "" {
				stored = c.stored
			}
			for i, record := range records {
				outcome := write(t, source, columns, update(record.Cells, []contact.Cell{record.Cells[0], c.write}))[0]
				wantOutcome(t, outcome, sources.Written)
				if diff := cmp.Diff([]contact.Cell{record.Cells[0], again}, outcome.Cells); diff != "" {
					t.Errorf("row %d after the update (-want +got):\n%s", i+1, diff)
				}
			}
			created := contact.Change{Action: contact.Create, Key: "3", After: []contact.Cell{word("3"), c.write}}
			wantOutcome(t, write(t, source, columns, created)[0], sources.Written)
			wantLine(t, url, "SELECT set_config('TimeZone', 'UTC', false), v FROM types ORDER BY id", strings.Repeat("\nUTC|"+stored, 3)[1:])
			records, err = readAll(t, source, columns...)
			check(t, err)
			for _, record := range records {
				if diff := cmp.Diff(again, record.Cells[1]); diff != "" {
					t.Errorf("read back (-want +got):\n%s", diff)
				}
				cleared := update(record.Cells, []contact.Cell{record.Cells[0], {}})
				wantOutcome(t, write(t, source, columns, cleared)[0], sources.Written)
			}
			wantLine(t, url, "SELECT v FROM types", "NULL\nNULL\nNULL")
		})
	}
}

// TestValuesThatAColumnDoesNotTake checks that a person is told what is wrong, and with which column.
func TestValuesThatAColumnDoesNotTake(t *testing.T) {
	url := made(t, "SELECT")
	source := tableOf(t, url, Options{Table: "types", Key: []string{"id"}})
	columns := []string{"id", "v"}
	conn := connect(t, url)
	exec(t, conn, strings.ReplaceAll(typesTable, "CREATE TABLE types (id int PRIMARY KEY, v ", ""))
	for name, c := range map[string]struct {
		column string
		value  contact.Cell
		want   string
	}{
		"too long":          {"varchar(5)", word("abcdef"), `column "v" takes 5 characters, not 6`},
		"too long for char": {"char(5)", word("abcdef"), `column "v" takes 5 characters, not 6`},
		"too long a domain": {"short", word("abcdef"), `column "v" takes 5 characters, not 6`},
		"no label":          {"mood", word("sad"), `column "v" takes one of ["happy" "so 'so"]`},
		"no uuid":           {"uuid", word("1"), `column "v" takes a UUID`},
		"no number":         {"integer", word("many"), `column "v" takes a whole number: this is not a number`},
		"a fraction":        {"integer", word("1.5"), `column "v" takes a whole number`},
		"too large":         {"smallint", word("32768"), `column "v" does not take so large a number`},
		"too many digits":   {"numeric(4,2)", word("123"), `a number is too large for its column`},
		"rounded":           {"numeric(10,2)", word("1.239"), `column "v" does not hold this number exactly`},
		"rounded domain":    {"positive", word("1.239"), `column "v" does not hold this number exactly`},
		"rounded float":     {"real", word("16777217"), `column "v" does not hold this number exactly`},
		"a domain's check":  {"positive", word("-1"), `constraint amount_check does not allow it`},
		"neither":           {"boolean", word("maybe"), `column "v" takes true or false: this is neither`},
		"no date":           {"date", word("someday"), `a value does not fit the type of its column`},
		"no such day":       {"date", word("2026-02-30"), `a value does not fit the type of its column`},
		"no instant":        {"timestamptz", word("soon"), `a value does not fit the type of its column`},
		"NUL":               {"text", word("a\x00b"), `column "v" takes no text with a NUL character`},
		"no UTF-8":          {"text", word("a\xffb"), `column "v" takes no text that is not valid UTF-8`},
		"no JSON":           {"jsonb", word("{"), `a value does not fit the type of its column`},
		"empty":             {"integer NOT NULL", word(""), `column "v" may not be empty`},
		"computed":          {"integer GENERATED ALWAYS AS (id + 1) STORED", word("9"), `column "v" cannot be written: the database computes it`},
		"chosen":            {"integer GENERATED BY DEFAULT AS IDENTITY", word("9"), `column "v" cannot be written: it is an identity column`},
	} {
		t.Run(name, func(t *testing.T) {
			exec(t, conn, "DROP TABLE IF EXISTS types; CREATE TABLE types (id int PRIMARY KEY, v "+c.column+", w text)")
			if !strings.Contains(c.column, "GENERATED") && !strings.Contains(c.column, "NOT NULL") {
				exec(t, conn, "INSERT INTO types VALUES (1, NULL, 'w')")
			} else if name == "empty" {
				exec(t, conn, "INSERT INTO types VALUES (1, 5, 'w')")
			} else {
				exec(t, conn, "INSERT INTO types (id, w) VALUES (1, 'w')")
			}
			records, err := readAll(t, source, columns...)
			check(t, err)
			before := line(t, url, "SELECT * FROM types")
			outcomes := write(t, source, columns,
				update(records[0].Cells, []contact.Cell{records[0].Cells[0], c.value}),
				contact.Change{Action: contact.Create, Key: "2", After: []contact.Cell{word("2"), c.value}})
			wantOutcome(t, outcomes[0], sources.Refused, c.want)
			wantOutcome(t, outcomes[1], sources.Refused, c.want)
			wantLine(t, url, "SELECT * FROM types", before)
		})
	}
}

// TestEmptyCells checks what an empty cell becomes.
func TestEmptyCells(t *testing.T) {
	url := made(t, `CREATE TABLE c (id text PRIMARY KEY, nullable text DEFAULT 'x', needed text NOT NULL, fallen text NOT NULL DEFAULT 'd',
		list text[] NOT NULL, flag boolean NOT NULL DEFAULT false, at timestamptz DEFAULT now(), n int GENERATED ALWAYS AS IDENTITY);
		INSERT INTO c VALUES ('1', 'a', 'b', 'c', '{d}', true)`)
	source := tableOf(t, url, Options{Table: "c", Key: []string{"id"}})
	columns := []string{"id", "nullable", "needed", "fallen", "list", "flag", "n"}
	outcomes := write(t, source, columns, create("2", "", "", "", "", "", ""))
	wantOutcome(t, outcomes[0], sources.Written)
	wantLine(t, url, "SELECT id, nullable, needed, fallen, list, flag, at IS NOT NULL, n FROM c WHERE id = '2'", "2|x||d|{}|f|t|2")
	if got := outcomes[0].Cells[3]; got != word("d") {
		t.Errorf("the default came back as %v", got)
	}
	records, err := readAll(t, source, columns[:5]...)
	check(t, err)
	after := append(records[0].Cells[:1:1], cells("", "", "", "")...)
	wantOutcome(t, write(t, source, columns[:5], update(records[0].Cells, after))[0], sources.Written)
	wantLine(t, url, "SELECT * FROM (SELECT id, nullable, needed, fallen, list, flag FROM c WHERE id = '1') AS c", "1|NULL|||{}|t")
}
