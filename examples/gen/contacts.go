package main

import (
	"fmt"
	"slices"
	"strings"

	"syncd/internal/contact"
	"syncd/internal/quo/quosim"
)

// What the workspace of the first hour holds.
const (
	contactCount = 500
	phoneTwins   = 60 // of those: people who are in the sheet too, by their phone numbers
	emailTwins   = 3  // likewise, by their e-mails only
)

// contacts are those that people typed into Quo while others kept the sheet. Some are in both.
func (s *shop) contacts(rows [][]string) []quosim.Contact {
	var all []quosim.Contact
	add := func(c quosim.Contact) { all = append(all, s.complete(c)) }
	for i := range phoneTwins {
		row := rows[17+33*i]
		if i == phoneTwins/2 {
			row = rows[householdKey-firstKey]
		}
		add(s.twin(i, row))
		if i == 20 || i == 40 { // typed in twice
			again := s.twin(1, row)
			again.Role = new("call back")
			add(again)
		}
	}
	for i := range emailTwins {
		row := rows[slices.IndexFunc(rows[700+200*i:], func(row []string) bool { return strings.Contains(row[email], "@") })+700+200*i]
		add(quosim.Contact{FirstName: new(row[firstName]), PhoneNumbers: s.anyPhone(), Emails: []quosim.Item{{Name: "home", Value: strings.TrimSpace(row[email])}}})
	}
	for len(all) < contactCount {
		add(s.stranger(len(all)))
	}
	s.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// twin is the customer of a row as a colleague typed them in: less, and now and then otherwise.
func (s *shop) twin(i int, row []string) quosim.Contact {
	number, err := contact.ParsePhone(contact.Cell{Text: row[phone]}, "US")
	if err != nil || number.Empty() {
		panic(fmt.Sprintf("row %s has no phone number to share: %q", row[id], row[phone]))
	}
	c := quosim.Contact{FirstName: new(strings.TrimSpace(row[firstName])), LastName: new(row[lastName]),
		PhoneNumbers: []quosim.Item{{Name: pick(s, []string{"mobile", "mobile", "Mobile", "cell"}), Value: number.Norm}}}
	switch {
	case i == 10: // lives in somebody's Google account
		c.Source, c.ExternalID = new("google-people"), new("people/c"+number.Norm[2:])
	case i%12 == 3: // goes by another name
		c.FirstName = new(strings.ToUpper((*c.FirstName)[:1]) + ".")
	case i%4 == 1:
		c.LastName = nil
	case i%4 == 2:
		c.Role = new(pick(s, titles[:3]))
	}
	return c
}

// stranger is somebody who is not in the sheet: suppliers, neighbours, people who called once.
func (s *shop) stranger(i int) quosim.Contact {
	first, last, _ := strings.Cut(s.people[0], "\t")
	s.people = s.people[1:]
	c := quosim.Contact{PhoneNumbers: s.anyPhone()}
	switch i % 5 {
	case 0:
		c.FirstName = &first
	case 1:
		c.FirstName, c.LastName = &first, &last
		c.Emails = []quosim.Item{{Name: "work", Value: slug(first) + "@" + slug(last) + ".example"}}
	case 2:
		c.Company, c.Role = new(fmt.Sprintf(pick(s, companies), last)), new("supplier")
	case 3:
		c.FirstName, c.LastName, c.Source = &first, &last, new("csv")
	default:
		c.FirstName, c.LastName = &first, &last
		c.CustomFields = []quosim.CustomField{{Key: leadSourceKey, Value: "Phone call"}}
	}
	return c
}

// leadSourceKey is the key of the custom field Lead Source in a new workspace.
var leadSourceKey = quosim.DefaultCustomFields()[0].Key

func (s *shop) anyPhone() []quosim.Item {
	return []quosim.Item{{Name: pick(s, []string{"mobile", "work", "home"}), Value: "+1" + s.number()}}
}

// complete gives a contact and its items the ids that the workspace would draw by chance.
func (s *shop) complete(c quosim.Contact) quosim.Contact {
	c.ID = s.newID()
	for _, items := range [][]quosim.Item{c.PhoneNumbers, c.Emails} {
		for i := range items {
			items[i].ID = s.newID()
		}
	}
	for i := range c.CustomFields {
		c.CustomFields[i].ID = s.newID()
	}
	return c
}

func (s *shop) newID() string { return fmt.Sprintf("%016x%08x", s.rng.Uint64(), s.rng.Uint32()) }
