package postgres

import (
	"fmt"
	"slices"
	"strings"

	"syncd/internal/contact"
)

// A statement makes edits of one shape: the same action, and the same columns.
type statement struct {
	*batch
	names, arrays []string // of what it is given, one row per edit
	args          []any
}

// give adds a column to what the statement is given, and returns what it is called there.
func (s *statement) give(sqlType string, values any) string {
	name := fmt.Sprintf("v%d", len(s.args))
	s.args = append(s.args, values)
	s.names, s.arrays = append(s.names, name), append(s.arrays, fmt.Sprintf("$%d::%s[]", len(s.args), sqlType))
	return alias + "." + name
}

// given is the rows that the statement is given, as a table. It comes last, when all of them are known.
func (s *statement) given() string {
	return fmt.Sprintf("unnest(%s) AS %s(%s)", strings.Join(s.arrays, ", "), alias, strings.Join(s.names, ", "))
}

// sql returns the statement. It gives back, for each row that it wrote, the number of the edit in its group, whether the
// row fulfils the condition, and the texts of its columns.
func (s *statement) sql(group []*edit) string {
	first := group[0]
	var columns, values, assignments []string
	for i, c := range first.columns {
		texts := make([]*string, len(group))
		for n, e := range group {
			texts[n] = e.values[i]
		}
		value := c.cast(s.give("text", texts))
		columns, values, assignments = append(columns, c.quoted), append(values, value), append(assignments, c.quoted+" = "+value)
	}
	returning := fmt.Sprintf("(%s) IS TRUE, %s", s.table.filter, s.texts())
	if first.action == contact.Create {
		return fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s RETURNING '', %s", s.name, strings.Join(columns, ", "),
			strings.Join(values, ", "), s.given(), returning)
	}
	numbers := make([]int64, len(group))
	for n := range group {
		numbers[n] = int64(n)
	}
	number := s.give("bigint", numbers)
	condition := s.match(group) + " AND " + s.table.filter
	if first.action == contact.Delete {
		return fmt.Sprintf("DELETE FROM %s USING %s WHERE %s RETURNING %s, %s", s.name, s.given(), condition, number, returning)
	}
	return fmt.Sprintf("UPDATE %s SET %s FROM %s WHERE %s RETURNING %s, %s", s.name, strings.Join(assignments, ", "), s.given(),
		condition, number, returning)
}

// match is the condition that a row is the one that was found, and that what is changed still holds what it did then.
func (s *statement) match(group []*edit) string {
	first := group[0]
	held := slices.Concat(s.key, first.columns)
	if first.action == contact.Delete || len(s.key) == 0 {
		held = s.columns
	}
	var conditions, have, want []string
	for i, c := range held {
		if slices.Contains(held[:i], c) {
			continue
		}
		texts := make([]string, len(group))
		for n, e := range group {
			texts[n] = e.found[c.place].Text
		}
		given := s.give("text", texts)
		if slices.Contains(s.key, c) {
			conditions = append(conditions, c.finds(given))
		}
		conditions = append(conditions, c.is(given))
		have, want = append(have, c.text()), append(want, given)
	}
	if len(s.key) == 0 { // one text for all, by which rows can be looked up
		return fmt.Sprintf(`ROW(%s)::text COLLATE "C" = ROW(%s)::text`, strings.Join(have, ", "), strings.Join(want, ", "))
	}
	return strings.Join(conditions, " AND ")
}
