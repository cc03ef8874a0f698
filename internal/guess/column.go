package guess

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"syncd/internal/contact"
)

// column is a column and what stands in it.
type column struct {
	name   string
	word   string // the plain name
	cells  []contact.Cell
	filled []string // the texts of the cells that are not empty
}

func profiles(s Sample) []*column {
	columns := make([]*column, len(s.Columns))
	for i, name := range s.Columns {
		c := &column{name: name, word: plain(name)}
		for _, row := range s.Rows {
			var cell contact.Cell
			if i < len(row.Cells) {
				cell = row.Cells[i]
			}
			c.cells = append(c.cells, cell)
			if !cell.Empty() {
				c.filled = append(c.filled, contact.NormalizeText(cell.Text))
			}
		}
		columns[i] = c
	}
	return columns
}

// mostly reports whether at least a share of the filled cells are of a kind; those of a column without any are of none.
func (c *column) mostly(share float64, is func(text string) bool) bool {
	return len(c.filled) > 0 && float64(c.count(is)) >= share*float64(len(c.filled))
}

func (c *column) count(is func(text string) bool) (n int) {
	for _, text := range c.filled {
		if is(text) {
			n++
		}
	}
	return n
}

// distinct reports whether at least a share of the filled cells differ from all others.
func (c *column) distinct(share float64) bool {
	seen := map[string]bool{}
	for _, text := range c.filled {
		seen[contact.Fold(text)] = true
	}
	return float64(len(seen)) >= share*float64(len(c.filled))
}

var (
	phoneChars = regexp.MustCompile(`(?i)^(tel:)?[+(]?[\d\s().+/·–-]+((ext|x)\.?\s*\d+)?$`)
	dateChars  = regexp.MustCompile(`^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([ T].*)?$`)
	codeChars  = regexp.MustCompile(`^[\pL\d][\pL\d._#/-]*$`)
	quoID      = regexp.MustCompile(`^[0-9a-f]{24}$`)
)

// phoneLike reports whether a text has the form of a phone number, wherever that may be.
func phoneLike(text string) bool {
	digits := 0
	for _, r := range text {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return digits >= 7 && digits <= 18 && phoneChars.MatchString(text) && !dateChars.MatchString(text)
}

// writtenAsPhone reports whether a text looks like a phone number by more than its digits, which other numbers have too.
func writtenAsPhone(text string) bool {
	return len(text) >= 10 || strings.ContainsAny(text, " +()-/")
}

func isPhone(region string) func(string) bool {
	return func(text string) bool {
		_, err := contact.ParsePhone(contact.Cell{Text: text}, region)
		return err == nil && !dateChars.MatchString(text)
	}
}

func isEmail(text string) bool {
	_, err := contact.ParseEmail(contact.Cell{Text: text})
	return err == nil && strings.Contains(text, "@")
}

func hasLetter(text string) bool { return strings.ContainsFunc(text, unicode.IsLetter) }

func hasDigit(text string) bool { return strings.ContainsFunc(text, unicode.IsDigit) }

// isSalutation reports whether a text says how to address somebody.
func isSalutation(text string) bool {
	word := plain(text)
	for _, s := range salutations {
		if word == s {
			return true
		}
	}
	return false
}

// isPerson reports whether a text looks like the name of a person: two to four words that begin with a capital.
func isPerson(text string) bool {
	words := strings.Fields(text)
	capitals := 0
	for _, w := range words {
		first, _ := utf8.DecodeRuneInString(w)
		if unicode.IsUpper(first) {
			capitals++
		}
	}
	return len(words) >= 2 && len(words) <= 4 && capitals >= 2 && !hasDigit(text) && !strings.ContainsAny(text, "@,;:/")
}
