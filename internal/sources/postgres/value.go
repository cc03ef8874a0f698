package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgtype"

	"syncd/internal/contact"
)

// value is the text to write for a cell; nil for NULL. An error says why the column does not hold such a value.
func (t *Table) value(c *column, cell contact.Cell) (*string, error) {
	s, err := t.plain(c, cell)
	switch {
	case err != nil:
	case s == "" && !c.required:
		return nil, nil
	case s == "" && c.class == text:
	case s == "" && c.class == list:
		s = "{}"
	case s == "":
		err = errors.New("may not be empty")
	default:
		err = c.takes(s)
	}
	if err != nil {
		return nil, fmt.Errorf("column %q %w", c.name, err)
	}
	return &s, nil
}

// plain is a cell in the spelling in which PostgreSQL reads it without a doubt.
func (t *Table) plain(c *column, cell contact.Cell) (string, error) {
	var v contact.Value
	var err error
	switch {
	case cell.Empty() && (cell.Text == "" || c.class != text):
		return "", nil
	case c.class == integer || c.class == number || c.class == float:
		v, err = contact.ParseNumber(cell)
	case c.class == boolean:
		if v, err = contact.ParseBoolean(cell); err == nil {
			return cmp.Or(v.Norm, "false"), nil
		}
	case c.class == date && cell.Type == contact.CellText:
		if day, err := contact.ParseDate(cell, nil, t.options.Location); err == nil {
			return day.Norm, nil
		}
		return cell.Text, nil // infinity, or a year that no contact has
	case c.class == timestamptz && cell.Type != contact.CellTime:
		return t.instant(cell), nil
	case c.class == list:
		v, err = contact.ParseList(cell, t.options.Separators[c.name])
		return arrayOf(v.Items()), err
	default:
		return cell.Text, nil
	}
	if err != nil {
		return "", fmt.Errorf("takes %s: %w", classNames[c.class], err)
	}
	return v.Norm, nil
}

// instant is a date or time, which is that of the sync's place unless it has an offset.
func (t *Table) instant(cell contact.Cell) string {
	if day, err := time.ParseInLocation(time.DateOnly, contact.NormalizeText(cell.Text), t.options.Location); err == nil {
		return day.Format(time.RFC3339)
	}
	if at, err := contact.ParseTime(cell, t.options.Location); err == nil {
		return at.Format(time.RFC3339Nano)
	}
	return cell.Text
}

var arrayEscape = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// arrayOf is an array as PostgreSQL reads it; "" for none.
func arrayOf(items []string) string {
	if len(items) == 0 {
		return ""
	}
	quoted := make([]string, len(items))
	for i, item := range items {
		quoted[i] = `"` + arrayEscape.Replace(item) + `"`
	}
	return "{" + strings.Join(quoted, ",") + "}"
}

// sizes are those of whole numbers, in bits.
var sizes = map[string]int{"smallint": 16, "integer": 32, "bigint": 64}

// takes returns why a text is no value of the column, as far as that can be told without the database. A text that it
// takes as a value of the key can be cast to its type.
func (c *column) takes(s string) error {
	switch {
	case strings.ContainsRune(s, 0):
		return errors.New("takes no text with a NUL character")
	case !utf8.ValidString(s):
		return errors.New("takes no text that is not valid UTF-8")
	case c.class == text && c.most > 0 && utf8.RuneCountInString(strings.TrimRight(s, " ")) > c.most:
		return fmt.Errorf("takes %d characters, not %d", c.most, utf8.RuneCountInString(s))
	case c.class == enum && !slices.Contains(c.labels, s):
		return fmt.Errorf("takes one of %q", c.labels)
	case c.class == uuid && new(pgtype.UUID).Scan(s) != nil:
		return errors.New("takes a UUID")
	case c.class == number:
		if _, ok := contact.NormalizeNumber(s); !ok {
			return errors.New("takes a number")
		}
	case c.class == integer:
		if _, err := strconv.ParseInt(s, 10, sizes[c.sqlType]); errors.Is(err, strconv.ErrRange) {
			return errors.New("does not take so large a number")
		} else if err != nil {
			return errors.New("takes a whole number")
		}
	}
	return nil
}
