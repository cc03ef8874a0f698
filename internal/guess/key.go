package guess

import (
	"slices"
	"strconv"

	"syncd/internal/contact"
)

// contactID finds the column that the guide of Quo fills with the ids of contacts, or that is to be filled so.
func (g *guesser) contactID() {
	for c := range g.free {
		if slices.Contains(contactIDWords, c.word) && c.count(quoID.MatchString) == len(c.filled) {
			g.guess.ContactID, g.taken[c.name] = c.name, true
			return
		}
	}
}

// key finds the column that identifies a row for ever.
func (g *guesser) key() {
	var best *column
	score := 0
	for c := range g.free {
		if s := g.keyScore(c); s > score {
			best, score = c, s
		}
	}
	if best == nil {
		return
	}
	g.guess.Key, g.taken[best.name] = best.name, true
	switch empty, doubled := best.flaws(); {
	case best.numbersRows():
		g.warn("Column %q counts the rows. If it does so by itself, another row gets the number when rows are sorted, put in or "+
			"taken out: then name another column as key.", best.name)
	case empty > 0 && doubled > 0:
		g.warn("Column %q is empty in %d rows, and %d have the value of another row: they are left alone until that is mended.", best.name, empty, doubled)
	case empty > 0:
		g.warn("Column %q is empty in %d rows: they are left alone until that is mended.", best.name, empty)
	case doubled > 0:
		g.warn("Column %q has the value of another row in %d rows: they are left alone until that is mended.", best.name, doubled)
	}
}

// keyScore says how well a column does as key, 0 when it does not.
func (g *guesser) keyScore(c *column) int {
	named := slices.Contains(keyWords, c.word)
	empty, doubled := c.flaws()
	switch {
	case len(c.filled) == 0:
		if named {
			return 1 // a sheet without rows
		}
		return 0
	case named && 10*(empty+doubled) > len(c.cells): // whatever it is called, too many rows have none of their own
		return 0
	case named && c.numbersRows():
		return 3
	case named:
		return 5 - min(empty+doubled, 1)
	case empty+doubled > 0, c.mostly(0.5, isEmail), c.mostly(0.5, isPhone(g.guess.Region)), c.mostly(0.5, dateChars.MatchString):
		return 0
	case slices.Contains(countWords, c.word):
		if c.numbersRows() {
			return 1
		}
		return 2
	case len(c.filled) >= 5 && c.mostly(1, codeChars.MatchString) && c.mostly(0.9, hasDigit) && c.mostly(0.5, hasLetter):
		return 2
	}
	return 0
}

// flaws counts the rows that the column as key would leave without a key, and those that share theirs.
func (c *column) flaws() (empty, doubled int) {
	times := map[string]int{}
	for _, cell := range c.cells {
		key, err := contact.NormalizeKey(cell)
		if err != nil {
			empty++
			continue
		}
		times[contact.Fold(key)]++
	}
	for _, n := range times {
		if n > 1 {
			doubled += n
		}
	}
	return empty, doubled
}

// numbersRows reports whether the cells count 1, 2, 3, or the numbers of the rows.
func (c *column) numbersRows() bool {
	if len(c.filled) < 3 || len(c.filled) < len(c.cells) {
		return false
	}
	first, err := strconv.Atoi(c.filled[0])
	if err != nil || first < 0 || first > 2 {
		return false
	}
	for i, text := range c.filled {
		if n, err := strconv.Atoi(text); err != nil || n != first+i {
			return false
		}
	}
	return true
}
