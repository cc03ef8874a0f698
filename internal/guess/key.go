package guess

import (
	"slices"
	"strconv"
	"strings"

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
		g.nearKey()
		return
	}
	g.guess.Key, g.taken[best.name] = best.name, true
	switch flaw := g.flaw(best); {
	case best.numbersRows():
		g.warn("Column %q counts the rows. If it does so by itself, another row gets the number when rows are sorted, put in or "+
			"taken out: then name another column as key.", best.name)
	case flaw != "":
		g.warn("Column %q %s: left alone until that is mended.", best.name, flaw)
	}
}

// keyScore says how well a column does as key, 0 when it does not.
func (g *guesser) keyScore(c *column) int {
	named := slices.Contains(keyWords, c.word)
	flawed := c.flawed()
	switch {
	case len(c.filled) == 0:
		if named {
			return 1 // a sheet without rows
		}
		return 0
	case named && 10*flawed > len(c.cells): // whatever it is called, too many rows have none of their own
		return 0
	case named && c.numbersRows():
		return 3
	case named:
		return 5 - min(flawed, 1)
	case flawed > 0, c.mostly(0.5, isEmail), c.mostly(0.5, isPhone(g.guess.Region)), c.mostly(0.5, dateChars.MatchString):
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

// nearKey finds the column that would be the key if it were filled in every row and different in each.
func (g *guesser) nearKey() {
	for _, near := range []func(*column) bool{
		func(c *column) bool { return slices.Contains(keyWords, c.word) },
		func(c *column) bool {
			return c.flawed() <= 2 && len(c.filled) >= 2 && c.mostly(1, codeChars.MatchString) && c.mostly(0.9, hasDigit) && c.mostly(0.5, hasLetter)
		},
	} {
		for c := range g.free {
			if flaw := g.flaw(c); g.guess.NearKey == "" && flaw != "" && len(c.filled) > 0 && near(c) {
				g.guess.NearKey, g.guess.KeyFlaw = c.name, flaw
			}
		}
	}
}

// flaw says what keeps a column from being the key, "" when nothing does.
func (g *guesser) flaw(c *column) string {
	var flaws []string
	empty, doubled := c.flaws()
	if len(empty) > 0 {
		flaws = append(flaws, "is empty in "+g.rowList(empty))
	}
	if len(doubled) > 0 {
		flaws = append(flaws, "says the same in "+g.rowList(doubled))
	}
	return strings.Join(flaws, " and ")
}

// rowList names rows by their numbers, which some sources do not have.
func (g *guesser) rowList(rows []int) string {
	const few = 3
	if len(rows) > few || g.sample.Rows[rows[0]].Row == 0 {
		return plural(len(rows), "row")
	}
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = strconv.Itoa(g.sample.Rows[row].Row)
	}
	if len(rows) == 1 {
		return "row " + names[0]
	}
	return "rows " + strings.Join(names, ", ")
}

// flaws are the rows, from 0, that the column as key would leave without a key, and those that share theirs.
func (c *column) flaws() (empty, doubled []int) {
	times := map[string]int{}
	for i, cell := range c.cells {
		if key, err := contact.NormalizeKey(cell); err != nil {
			empty = append(empty, i)
		} else {
			times[contact.Fold(key)]++
		}
	}
	for i, cell := range c.cells {
		if key, err := contact.NormalizeKey(cell); err == nil && times[contact.Fold(key)] > 1 {
			doubled = append(doubled, i)
		}
	}
	return empty, doubled
}

// flawed counts the flaws.
func (c *column) flawed() int {
	empty, doubled := c.flaws()
	return len(empty) + len(doubled)
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
