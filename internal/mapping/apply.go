package mapping

import (
	"cmp"
	"slices"

	"syncd/internal/contact"
)

// Apply returns the contact with some fields changed and everything else as it was, byte for byte: what is not
// mapped, what means the same already, and a slot's label, id and members that we do not know. An empty value
// removes a slot's item and makes a custom field null.
func (m *Mapping) Apply(c contact.Contact, changes contact.Values, near Near) contact.Contact {
	c = c.Clone()
	c.PhoneNumbers = m.phones.apply(c.PhoneNumbers, changes, near)
	c.Emails = m.emails.apply(c.Emails, changes, near)
	for i := range m.fields {
		f := &m.fields[i]
		v, ok := changes[f.Name]
		if !ok {
			continue
		}
		switch groupName, name := f.Name.Split(); groupName {
		case contact.PhoneNumbers, contact.Emails:
		case contact.CustomFields:
			c.CustomFields = m.applyCustom(c.CustomFields, f.Kind, name, v)
		default:
			if s := scalar(&c, f.Name); !textValue(*s).Same(v) {
				*s = cmp.Or(v.Text, v.Norm)
			}
		}
	}
	return c
}

// apply changes items, which are the caller's own.
func (g *group) apply(items []contact.Item, changes contact.Values, near Near) []contact.Item {
	var removed []int
	for i, j := range g.find(items, near) {
		s := g.slots[i]
		v, ok := changes[s.field]
		switch {
		case !ok:
		case j < 0 && !v.Empty():
			items = append(items, contact.Item{Name: s.label, Value: cmp.Or(v.Text, v.Norm)})
		case j < 0 || g.value(items[j].Value).Same(v):
		case v.Empty():
			removed = append(removed, j)
		default:
			items[j].Value = cmp.Or(v.Text, v.Norm)
		}
	}
	slices.Sort(removed)
	for _, j := range slices.Backward(removed) {
		items = slices.Delete(items, j, j+1)
	}
	return items
}

// applyCustom changes fields, which are the caller's own.
func (m *Mapping) applyCustom(fields []contact.CustomField, kind contact.Kind, key string, v contact.Value) []contact.CustomField {
	j := customIndex(fields, key)
	switch {
	case j < 0 && !v.Empty():
		fields = append(fields, contact.CustomField{Key: key, Value: m.customJSON(kind, v)})
	case j >= 0 && !m.customValue(kind, fields[j]).Same(v):
		fields[j].Value = m.customJSON(kind, v)
	}
	return fields
}
