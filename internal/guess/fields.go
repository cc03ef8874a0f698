package guess

import (
	"slices"
	"strings"

	"syncd/internal/contact"
)

// items finds the columns of phone numbers or e-mails: those whose name says so, unless other things stand there, then
// those in which such values stand, whatever they are called.
func (g *guesser) items(group string, labels []label) {
	is, parts, written := isEmail, emailParts, isEmail
	if group == contact.PhoneNumbers {
		is, parts, written = isPhone(g.guess.Region), phoneParts, writtenAsPhone
	}
	var found []*column
	for c := range g.free {
		named := containsAny(c.word, parts) && !containsAny(c.word, faxParts)
		switch {
		case containsAny(c.word, faxParts):
		case named && len(c.filled) == 0 && !strings.Contains(c.word, "address"), named && c.mostly(0.5, is), c.mostly(0.8, is) && c.mostly(0.5, written):
			found = append(found, c)
		}
	}
	for _, l := range labels { // first those whose name says which one it is
		if l.parts == nil {
			continue
		}
		for _, c := range found {
			if !g.taken[c.name] && containsAny(c.word, l.parts) {
				g.label(group, l.name, c)
			}
		}
	}
	for _, l := range labels {
		for _, c := range found {
			if l.parts == nil && !g.taken[c.name] {
				g.label(group, l.name, c)
			}
		}
	}
}

// label gives a column a label that none has yet.
func (g *guesser) label(group, name string, c *column) {
	if field := contact.FieldOf(group, name); !g.has(field) {
		g.take(field, c)
	}
}

// single finds the column of a field by its name.
func (g *guesser) single(name contact.Field, words []string) {
	for _, word := range words { // those that say it best come first
		for c := range g.free {
			if c.word == word && c.isText() && !g.has(name) {
				g.take(name, c)
				return
			}
		}
	}
}

// isText reports whether what stands in a column may be a name or a title.
func (c *column) isText() bool {
	return len(c.filled) == 0 || c.mostly(0.5, hasLetter) && !c.mostly(0.3, isEmail) && !c.mostly(0.5, isSalutation)
}

// names finds first and last name, or both in one column.
func (g *guesser) names() {
	g.single(contact.FirstName, firstNameWords)
	g.single(contact.LastName, lastNameWords)
	switch first, last := g.has(contact.FirstName), g.has(contact.LastName); {
	case first && !last:
		g.single(contact.LastName, nameWords)
	case last && !first:
		g.single(contact.FirstName, nameWords)
	case !first:
		g.single(FullName, append(slices.Clone(fullNameWords), nameWords...))
	}
}

// fullNameByContents finds the names of people under a name that tells nothing, when no column says whose row it is.
func (g *guesser) fullNameByContents() {
	if g.guess.Named() {
		return
	}
	for c := range g.free {
		if c.mostly(0.8, isPerson) && c.distinct(0.7) {
			g.take(FullName, c)
			return
		}
	}
}

// customFields finds the columns of the workspace's custom fields: those of the same name first, then those that are
// called differently and mean the same.
func (g *guesser) customFields() {
	taken := map[string]bool{}
	for _, d := range g.sample.Definitions {
		g.customField(d, taken, func(c *column) bool { return c.word == plain(d.Name) })
	}
	for _, d := range g.sample.Definitions {
		g.customField(d, taken, func(c *column) bool { return meansSame(c.word, d) })
	}
}

func (g *guesser) customField(d contact.Definition, taken map[string]bool, is func(*column) bool) {
	for c := range g.free {
		if taken[d.Key] || !is(c) {
			continue
		}
		formats, wrong := fits(c, d.Type)
		if 2*wrong > len(c.filled) {
			g.warn("Column %q is not mapped to the custom field %q: %d of %s cannot be read as a %s.", c.name, d.Name,
				wrong, plural(len(c.filled), "value"), kindName(d.Type))
			continue
		}
		if i := slices.IndexFunc(c.filled, ambiguous(c.filled)); d.Type == contact.Date && i >= 0 {
			g.warn("Column %q has dates such as %s, of which nothing says whether the day or the month comes first: "+
				"formats: [01/02/2006] would say the month.", c.name, c.filled[i])
		}
		taken[d.Key] = true
		g.take(contact.FieldOf(contact.CustomFields, d.Name), c).Formats = formats
	}
}

// meansSame reports whether a column is called differently from a custom field and means the same.
func meansSame(word string, d contact.Definition) bool {
	for _, words := range [][]string{addressWords, birthdayWords, websiteWords} {
		if slices.Contains(words, word) && slices.Contains(words, plain(d.Name)) {
			return true
		}
	}
	return false
}

// fits returns how many values do not fit a kind of custom field, and the formats that its dates need.
func fits(c *column, kind contact.Kind) (formats []string, wrong int) {
	parse := func(contact.Cell) error { return nil }
	switch kind {
	case contact.Date:
		formats = dateFormats(c.filled)
		parse = func(cell contact.Cell) error { _, err := contact.ParseDate(cell, formats, someZone); return err }
	case contact.Number:
		parse = func(cell contact.Cell) error { _, err := contact.ParseNumber(cell); return err }
	case contact.Boolean:
		parse = func(cell contact.Cell) error { _, err := contact.ParseBoolean(cell); return err }
	case contact.URL:
		parse = func(cell contact.Cell) error { _, err := contact.ParseURL(cell); return err }
	}
	for _, cell := range c.cells {
		if parse(cell) != nil {
			wrong++
		}
	}
	return formats, wrong
}

func kindName(kind contact.Kind) string {
	switch kind {
	case contact.Boolean:
		return "yes or no"
	case contact.URL:
		return "web address"
	}
	return string(kind)
}
