package mapping

import "syncd/internal/contact"

// ContactValues returns what a contact holds in the mapped fields. It never fails: what is not of the kind that the
// field should have counts as text. Fields that are empty are left out.
func (m *Mapping) ContactValues(c contact.Contact, near Near) contact.Values {
	values := make(contact.Values, len(m.fields))
	put := func(name contact.Field, v contact.Value) {
		if !v.Blank() {
			values[name] = v
		}
	}
	m.phones.values(c.PhoneNumbers, near, put)
	m.emails.values(c.Emails, near, put)
	for i := range m.fields {
		f := &m.fields[i]
		switch groupName, name := f.Name.Split(); groupName {
		case contact.PhoneNumbers, contact.Emails:
		case contact.CustomFields:
			if j := customIndex(c.CustomFields, name); j >= 0 {
				put(f.Name, m.customValue(f.Kind, c.CustomFields[j]))
			}
		default:
			put(f.Name, textValue(*scalar(&c, f.Name)))
		}
	}
	return values
}

// values puts the values of the slots that have an item.
func (g *group) values(items []contact.Item, near Near, put func(contact.Field, contact.Value)) {
	for i, j := range g.find(items, near) {
		if j >= 0 {
			put(g.slots[i].field, g.value(items[j].Value))
		}
	}
}

// scalar returns where a contact keeps a field that holds one text.
func scalar(c *contact.Contact, f contact.Field) *string {
	switch f {
	case contact.FirstName:
		return &c.FirstName
	case contact.LastName:
		return &c.LastName
	case contact.Company:
		return &c.Company
	}
	return &c.Role
}

func textValue(s string) contact.Value {
	s = contact.NormalizeText(s)
	return contact.Value{Norm: s, Text: s}
}

// Identities returns what tells a person apart, of the values of a record: "phone:" and a phone number, "e-mail:" and
// an e-mail, in the order of the fields, phone numbers first.
func (m *Mapping) Identities(values contact.Values) []string {
	var ids []string
	for _, s := range m.phones.slots {
		ids = identity(ids, phoneIdentity, values[s.field].Norm)
	}
	for _, s := range m.emails.slots {
		ids = identity(ids, emailIdentity, values[s.field].Norm)
	}
	return ids
}

// ContactIdentities returns what tells a person apart, as Identities does, of all phone numbers and e-mails of a
// contact, mapped or not.
func (m *Mapping) ContactIdentities(c contact.Contact) []string {
	var ids []string
	for _, item := range c.PhoneNumbers {
		ids = identity(ids, phoneIdentity, m.phones.value(item.Value).Norm)
	}
	for _, item := range c.Emails {
		ids = identity(ids, emailIdentity, m.emails.value(item.Value).Norm)
	}
	return ids
}

// What the identities start with.
const (
	phoneIdentity = "phone:"
	emailIdentity = "e-mail:"
)

func identity(ids []string, prefix, value string) []string {
	if value == "" {
		return ids
	}
	return append(ids, prefix+value)
}
