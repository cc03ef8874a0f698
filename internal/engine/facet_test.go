package engine_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"syncd/internal/contact"
	"syncd/internal/quo/quosim"
)

// facet is one mapped field as people see it on both sides. It shares nothing with packages mapping and contact: what
// two values have in common is said here a second time, in another way.
type facet struct {
	name   contact.Field // in the configuration
	field  contact.Field // in the journal
	column int
	// cell is what a person writes into the column, again what a person writes in Quo, in normal form.
	cell, again func(w *world) string
	norm        func(w *world, s string) string // of a cell, of what Quo holds and of what the journal says
	raw         func(c *quosim.Contact) string  // what Quo holds, letter by letter
	set         func(w *world, c *quosim.Contact, value string)
}

const (
	vipKey   = "66d0d87d534de8fd1c433c02"
	bornKey  = "66d0d87d534de8fd1c433c03"
	tagsKey  = "66d0d87d534de8fd1c433c04"
	scoreKey = "1695829375142"
)

var facets = []facet{
	{contact.FirstName, contact.FirstName, colFirst, names("Ann", "José", "Jose\u0301", "李", "O'Neil", " Bob "), names("Zoë", "Kim", "Ann", "Renée"), plain,
		func(c *quosim.Contact) string { return text(c.FirstName) },
		func(_ *world, c *quosim.Contact, v string) { c.FirstName = pointer(v) }},
	{contact.LastName, contact.LastName, colLast, words("Lee", "Müller", "", "de la Cruz"), words("Park", "Lee", ""), plain,
		func(c *quosim.Contact) string { return text(c.LastName) },
		func(_ *world, c *quosim.Contact, v string) { c.LastName = pointer(v) }},
	{contact.Company, contact.Company, colCompany, words("", "Acme, Inc.", "Über \"GmbH\""), words("", "Acme, Inc.", "Initech"), plain,
		func(c *quosim.Contact) string { return text(c.Company) },
		func(_ *world, c *quosim.Contact, v string) { c.Company = pointer(v) }},
	{"phoneNumbers.mobile", "phoneNumbers.mobile", colPhone, (*world).phone, func(w *world) string { return e164(w.phone()) },
		func(_ *world, s string) string { return e164(s) }, mobileSlot.value, mobileSlot.set},
	{"emails.work", "emails.work", colEmail, (*world).email, (*world).email, func(_ *world, s string) string { return strings.ToLower(strings.TrimSpace(s)) },
		workSlot.value, workSlot.set},
	{"customFields.VIP", "customFields." + vipKey, colVIP, words("yes", "no", ""), words("true", ""), yesOrNo, custom(vipKey),
		func(_ *world, c *quosim.Contact, v string) { putCustom(c, vipKey, v, v == "true") }},
	{"customFields.Score", "customFields." + scoreKey, colScore, words("", "5", "5.0", "12.25"), words("", "7", "12.5"), number, custom(scoreKey),
		func(_ *world, c *quosim.Contact, v string) {
			n, _ := strconv.ParseFloat(v, 64)
			putCustom(c, scoreKey, v, n)
		}},
	{"customFields.Segment", "customFields." + tagsKey, colTags, words("", "a, b", "b,a", "c"), words("", "a,b", "d"), set, custom(tagsKey),
		func(_ *world, c *quosim.Contact, v string) { putCustom(c, tagsKey, v, strings.Split(v, ",")) }},
	{"customFields.Birthday", "customFields." + bornKey, colBorn, words("", "1990-02-03", "Feb 3, 1990", "1985/12/31"), words("", "1990-02-03", "2001-06-07"), date, custom(bornKey),
		func(w *world, c *quosim.Contact, v string) { putCustom(c, bornKey, v, w.timeOfDay(v)) }},
}

// value is what a contact holds of a facet, in normal form.
func (f *facet) value(w *world, c *quosim.Contact) string { return f.norm(w, f.raw(c)) }

func names(some ...string) func(*world) string {
	return func(w *world) string {
		if w.rng.IntN(2) == 0 {
			return fmt.Sprintf("%s %d", pick(w.rng, some...), w.rng.IntN(1000))
		}
		return pick(w.rng, some...)
	}
}

func words(some ...string) func(*world) string {
	return func(w *world) string { return pick(w.rng, some...) }
}

func plain(_ *world, s string) string { return norm.NFC.String(strings.TrimSpace(s)) }

// e164 is a US phone number without what people put between its digits.
func e164(s string) string {
	digits := ""
	for _, d := range s {
		if d >= '0' && d <= '9' {
			digits += string(d)
		}
	}
	if digits == "" {
		return ""
	}
	return "+1" + strings.TrimPrefix(digits, "1")
}

func yesOrNo(_ *world, s string) string {
	switch s {
	case "yes", "true", "TRUE": // so a sheet shows it
		return "true"
	case "no", "false", "FALSE":
		return ""
	}
	return s
}

func number(_ *world, s string) string {
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return s
}

func set(_ *world, s string) string {
	var items []string
	if json.Unmarshal([]byte(s), &items) != nil {
		items = strings.Split(s, ",")
	}
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	slices.Sort(items)
	return strings.Join(items, ",")
}

func date(w *world, s string) string {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.In(w.shape.zone).Format(time.DateOnly)
	}
	for _, layout := range []string{time.DateOnly, "Jan 2, 2006", "2006/1/2"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format(time.DateOnly)
		}
	}
	return s
}

// timeOfDay is an instant of a day, as Quo's app stores a date.
func (w *world) timeOfDay(day string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, w.shape.zone)
	if err != nil {
		return day
	}
	return t.Add(time.Duration(w.rng.IntN(23)) * time.Hour).UTC().Format("2006-01-02T15:04:05.000Z")
}

// slot is a phone number or an e-mail that the mapping names by a label.
type slot struct {
	column  int
	label   string
	renames []string // what people call it instead
	items   func(*quosim.Contact) *[]quosim.Item
}

var (
	mobileSlot = slot{colPhone, "mobile", []string{"Handy", "cell"}, func(c *quosim.Contact) *[]quosim.Item { return &c.PhoneNumbers }}
	workSlot   = slot{colEmail, "work", []string{"private"}, func(c *quosim.Contact) *[]quosim.Item { return &c.Emails }}
)

// index is where a contact has the item, under whatever label people gave it, -1 when it has none.
func (s slot) index(c *quosim.Contact) int {
	items := *s.items(c)
	if i := slices.IndexFunc(items, func(i quosim.Item) bool { return strings.EqualFold(i.Name, s.label) }); i >= 0 {
		return i
	}
	return slices.IndexFunc(items, func(i quosim.Item) bool { return slices.Contains(s.renames, i.Name) })
}

// hides reports whether a contact has the facet's item under a label that people may have chosen.
func (s slot) hides(f *facet, c quosim.Contact) bool {
	return f.column == s.column && slices.ContainsFunc(*s.items(&c), func(i quosim.Item) bool { return slices.Contains(s.renames, i.Name) })
}

func (s slot) value(c *quosim.Contact) string {
	if i := s.index(c); i >= 0 {
		return (*s.items(c))[i].Value
	}
	return ""
}

func (s slot) set(_ *world, c *quosim.Contact, value string) {
	i, items := s.index(c), s.items(c)
	switch {
	case i < 0 && value != "":
		*items = append(*items, quosim.Item{Name: s.label, Value: value})
	case i >= 0 && value == "":
		*items = slices.Delete(slices.Clone(*items), i, i+1)
	case i >= 0 && strings.EqualFold((*items)[i].Name, s.label): // under another label it would be another one
		(*items)[i].Value = value
	}
}

func mobile(c *quosim.Contact) string { return mobileSlot.value(c) }

func item(items []quosim.Item, name string) string {
	for _, i := range items {
		if strings.EqualFold(i.Name, name) {
			return i.Value
		}
	}
	return ""
}

func putItem(items []quosim.Item, name, value string) []quosim.Item {
	items = slices.DeleteFunc(slices.Clone(items), func(i quosim.Item) bool { return strings.EqualFold(i.Name, name) })
	if value == "" {
		return items
	}
	return append(items, quosim.Item{Name: name, Value: value})
}

func custom(key string) func(*quosim.Contact) string {
	return func(c *quosim.Contact) string {
		for _, f := range c.CustomFields {
			if f.Key == key {
				if list, ok := f.Value.([]string); ok {
					data, _ := json.Marshal(list)
					return string(data)
				}
				return fmt.Sprint(f.Value)
			}
		}
		return ""
	}
}

func putCustom(c *quosim.Contact, key, text string, value any) {
	c.CustomFields = slices.DeleteFunc(slices.Clone(c.CustomFields), func(f quosim.CustomField) bool { return f.Key == key })
	if text != "" {
		c.CustomFields = append(c.CustomFields, quosim.CustomField{Key: key, Value: value})
	}
}

func pointer(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// unmapped is what a contact holds besides the facets, its label and its key. What people may have called the slots
// counts as mapped: whether it keeps that name is looked at where it changes.
func unmapped(c quosim.Contact) string {
	c.ExternalID, c.Source, c.UpdatedAt, c.FirstName, c.LastName, c.Company = nil, nil, time.Time{}, nil, nil, nil
	other := func(s slot) (rest []quosim.Item) {
		for _, i := range *s.items(&c) {
			if !strings.EqualFold(i.Name, s.label) && !slices.Contains(s.renames, i.Name) {
				rest = append(rest, quosim.Item{Name: i.Name, Value: i.Value})
			}
		}
		slices.SortFunc(rest, func(a, b quosim.Item) int { return strings.Compare(a.Name+a.Value, b.Name+b.Value) })
		return rest
	}
	c.PhoneNumbers, c.Emails = other(mobileSlot), other(workSlot)
	var rest []quosim.CustomField
	for _, f := range c.CustomFields {
		if !slices.Contains([]string{vipKey, bornKey, tagsKey, scoreKey}, f.Key) {
			rest = append(rest, quosim.CustomField{Key: f.Key, Value: f.Value})
		}
	}
	slices.SortFunc(rest, func(a, b quosim.CustomField) int { return strings.Compare(a.Key, b.Key) })
	c.CustomFields = rest
	return dump(c)
}

// content is what a contact holds, without what Quo assigns.
func content(c quosim.Contact) string {
	c.ID, c.CreatedAt, c.UpdatedAt = "", time.Time{}, time.Time{}
	for _, items := range []*[]quosim.Item{&c.PhoneNumbers, &c.Emails} {
		*items = slices.Clone(*items)
		for i := range *items {
			(*items)[i].ID = ""
		}
		slices.SortFunc(*items, func(a, b quosim.Item) int { return strings.Compare(a.Name+a.Value, b.Name+b.Value) })
	}
	c.CustomFields = slices.Clone(c.CustomFields)
	for i := range c.CustomFields {
		c.CustomFields[i].ID = ""
	}
	slices.SortFunc(c.CustomFields, func(a, b quosim.CustomField) int { return strings.Compare(a.Key, b.Key) })
	return dump(c)
}

func dump(c quosim.Contact) string {
	data, _ := json.Marshal(c)
	return string(data)
}
