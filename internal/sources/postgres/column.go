package postgres

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"syncd/internal/contact"
)

// A class is how the values of a type are read and written.
type class uint8

const (
	other class = iota // by the texts that PostgreSQL itself has for them: json, inet, interval
	text
	enum
	uuid
	integer
	number // numeric
	float
	boolean
	date
	timestamp   // of no place: a text without an offset
	timestamptz // an instant
	list        // an array, of texts to us
)

// classes are the classes of types by name; those of strings, enums and arrays go by category.
var classes = map[string]class{
	"uuid": uuid, "int2": integer, "int4": integer, "int8": integer, "numeric": number, "float4": float, "float8": float,
	"bool": boolean, "date": date, "timestamp": timestamp, "timestamptz": timestamptz,
}

// The categories of types that are classes, see
// https://www.postgresql.org/docs/current/catalog-pg-type.html#CATALOG-TYPCATEGORY-TABLE
var categories = map[string]class{"S": text, "E": enum, "A": list}

func classOf(name, category string) class {
	if c, ok := classes[name]; ok {
		return c
	}
	return categories[category]
}

// cellTypes says how the cells of a class are typed. The time of day of nowhere in particular is text, for it is no
// instant.
var cellTypes = map[class]contact.CellType{
	integer: contact.CellNumber, number: contact.CellNumber, float: contact.CellNumber, boolean: contact.CellBoolean,
	date: contact.CellDate, timestamptz: contact.CellTime, list: contact.CellList,
}

// classNames are for people.
var classNames = map[class]string{
	integer: "a whole number", number: "a number", float: "a number", boolean: "true or false", date: "a date",
	timestamp: "a date and time", timestamptz: "a date and time", list: "a list", uuid: "a UUID",
}

// A column is a column of the table.
type column struct {
	name                          string
	quoted                        string // as in SQL
	full                          string // as in SQL, with the name of the table
	class                         class
	sqlType                       string // as in SQL, without length or precision
	most                          int    // how many characters a text may have; 0 for any number
	required                      bool   // takes no NULL
	hasDefault                    bool
	chosen                        string   // why nobody but the database writes it, or ""
	labels                        []string // of an enum
	place                         int      // in description.columns
	mayRead, mayUpdate, mayInsert bool
}

// text is the expression for what a cell holds. NULL, "" and a list without items are the same. It depends on no setting
// but those of begin.
func (c *column) text() string {
	switch c.class {
	case float: // without exponent; every text of a float is exactly that float again
		return fmt.Sprintf("coalesce(CASE WHEN %[1]s IN ('Infinity', '-Infinity', 'NaN') THEN %[1]s::text "+
			"ELSE %[1]s::text::numeric::text END, '')", c.full)
	case date, timestamp, timestamptz: // ISO 8601, whatever DateStyle says
		return fmt.Sprintf("coalesce(to_json(%s) #>> '{}', '')", c.full)
	case list:
		return fmt.Sprintf("coalesce(to_json(nullif(%s::text[], '{}'))::text, '')", c.full)
	}
	return fmt.Sprintf("coalesce(%s::text, '')", c.full)
}

// is is the condition that the cell holds the text that another expression gives, exactly: a collation that does not tell
// case or accents has no say, nor has citext.
func (c *column) is(expression string) string {
	return fmt.Sprintf(`%s COLLATE "C" = %s`, c.text(), expression)
}

// cast is the expression that makes a text from the parameters a value of the column. Texts are left to the assignment,
// which does not cut them short as a cast would.
func (c *column) cast(expression string) string {
	if c.class == text {
		return expression
	}
	return expression + "::" + c.sqlType
}

// finds is the condition that the column, of the key, holds a text that casts to its type; an index serves it. It finds
// at least the rows that [column.is] finds.
func (c *column) finds(expression string) string {
	return fmt.Sprintf("%s = %s::%s", c.full, expression, c.sqlType)
}

// cell is what a text of the column's expression says.
func (c *column) cell(s string) contact.Cell {
	return contact.Cell{Type: cellTypes[c.class], Text: s}
}

func quote(name ...string) string { return pgx.Identifier(name).Sanitize() }
