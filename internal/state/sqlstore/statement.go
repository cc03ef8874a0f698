package sqlstore

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A statement that is executed for many rows is written for one of them. What comes from the row stands in braces with
// its type, and what is the same for all rows is an ordinary parameter:
//
//	DELETE FROM links WHERE sync = $1 AND key = {key text}
//
// A database that takes arrays gets one statement for all rows:
//
//	WITH item (its_key) AS (SELECT * FROM unnest($2::text[]))
//	DELETE FROM links USING item WHERE sync = $1 AND key = item.its_key
//
// A query for many texts compares with {in}, which stands for the last parameter, all of them. One that ends in {unlocked}
// leaves out the rows that another transaction is writing.
var (
	placeholder = regexp.MustCompile(`\{(\w+) (\w+)\}`)
	valuesList  = regexp.MustCompile(`VALUES \(([^()]*)\)`)
	parameter   = regexp.MustCompile(`\$(\d+)`)
)

// column is a value that a statement takes of each row.
type column struct {
	name string
	kind Type
}

// Complete returns a statement as the database takes it.
func (d *Dialect) Complete(text string) string {
	first := Parameters(text) + 1
	columns := columnsOf(text)
	switch {
	case len(columns) == 0:
		return strings.NewReplacer("{in}", d.In(first), "{unlocked}", d.Unlocked).Replace(text)
	case d.Array == nil:
		return replace(text, columns, func(i int) string { return fmt.Sprintf("$%d", first+i) })
	}
	names, arrays := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		names[i], arrays[i] = "its_"+c.name, fmt.Sprintf("$%d::%s", first+i, d.Array(c.kind))
	}
	return fmt.Sprintf("WITH item (%s) AS (SELECT * FROM unnest(%s)) %s",
		strings.Join(names, ", "), strings.Join(arrays, ", "),
		replace(fromItems(text), columns, func(i int) string { return "item." + names[i] }))
}

// columnsOf returns the columns of a statement in the order in which they first stand in it.
func columnsOf(text string) (columns []column) {
	for _, match := range placeholder.FindAllStringSubmatch(text, -1) {
		if c := (column{match[1], Type(match[2])}); !slices.Contains(columns, c) {
			columns = append(columns, c)
		}
	}
	return columns
}

// replace puts something else for the columns of a statement.
func replace(text string, columns []column, with func(i int) string) string {
	for i, c := range columns {
		text = strings.ReplaceAll(text, fmt.Sprintf("{%s %s}", c.name, c.kind), with(i))
	}
	return text
}

// fromItems makes the statement for one row one for the rows of the table item.
func fromItems(text string) string {
	verb, _, _ := strings.Cut(text, " ")
	switch {
	case verb == "INSERT":
		return valuesList.ReplaceAllString(text, "SELECT ${1} FROM item")
	case verb == "DELETE":
		return strings.Replace(text, "WHERE", "USING item WHERE", 1)
	case strings.Contains(text, " FROM "):
		return strings.Replace(text, " FROM ", " FROM item, ", 1)
	}
	return strings.Replace(text, "WHERE", "FROM item WHERE", 1)
}

// Parameters returns how many numbered parameters stand in a text.
func Parameters(text string) (n int) {
	for _, match := range parameter.FindAllStringSubmatch(text, -1) {
		number, _ := strconv.Atoi(match[1]) // digits
		n = max(n, number)
	}
	return n
}
