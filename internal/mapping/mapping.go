// Package mapping turns the columns of a source into canonical fields and back, and the contacts of Quo into the
// same fields and back. Custom fields are resolved against the definitions of the workspace. It does no I/O and
// decides nothing: what differs between the two sides is for package reconcile.
//
// Start with [New]. [Mapping.Values] and [Mapping.Cells] are the source's side, [Mapping.ContactValues] and
// [Mapping.Apply] are Quo's.
package mapping

import (
	"fmt"
	"slices"
	"time"

	"syncd/internal/contact"
)

// Options is what the configuration says about the rows of one sync.
type Options struct {
	Fields []Field
	// Key are the columns that identify a record; none in a source that goes by contact id.
	Key []string
	// UpdatedAt, ContactID and Status are columns; "" where the source has none.
	UpdatedAt, ContactID, Status string
	// Only holds, per column, the values of which one must stand there for the row to be synced.
	Only map[string][]string
	// Region is that of phone numbers without a country code, such as "US"; "" makes them problems.
	Region string
	// Location is the time zone of dates; nil when none is mapped.
	Location *time.Location
}

// Name stands for the first and the last name in one column, split at its last space. It flows to Quo only: New
// makes FirstName and LastName of it.
const Name contact.Field = "name"

// Field maps one field to a column.
type Field struct {
	Name      contact.Field
	Column    string
	Direction contact.Direction
	Conflicts contact.ConflictPolicy
	KeepEmpty bool // an empty cell never clears Quo
	// Default is what an empty cell means; "" for nothing.
	Default string
	// Separator stands between the items of a list; "" for contact.DefaultSeparator.
	Separator string
	// Formats are Go layouts of the dates in the column, tried before those that contact.ParseDate knows.
	Formats []string

	// Kind and Title, how reports call the field ("customFields.Lead Source"), are set by New.
	Kind  contact.Kind
	Title string
	// Reading, set by New, identifies from where and how the field takes its value. What a base holds under another
	// reading is no base: an empty cell of another column was not emptied by anybody.
	Reading string

	part   part
	column int // where the column stands in Columns
}

// part says which part of a column the field takes.
type part uint8

const (
	whole part = iota
	first      // all before the last space
	last
)

// Mapping maps the records and contacts of one sync. It is safe for concurrent use.
type Mapping struct {
	options     Options
	fields      []Field
	columns     []string
	key         []int // indexes of columns, like the next ones
	hashed      []int
	contactID   int // -1 without one, like the next ones
	status      int
	updatedAt   int
	filters     []filter
	phones      group
	emails      group
	needsName   bool
	fingerprint contact.Hash
}

// New resolves the fields of the options. A custom field is found by its key or else by its name, without case; one
// that the workspace does not have is an *UnknownFieldError. Fields without a direction flow both ways.
func New(options Options, definitions []contact.Definition) (*Mapping, error) {
	m := &Mapping{options: options, contactID: -1, status: -1, updatedAt: -1}
	m.phones.value = func(s string) contact.Value {
		s = contact.NormalizePhone(s, options.Region)
		return contact.Value{Norm: s, Text: s}
	}
	m.emails.value = func(s string) contact.Value {
		return contact.Value{Norm: contact.NormalizeEmail(s), Text: contact.NormalizeText(s)}
	}
	for _, f := range expand(options.Fields) {
		if err := m.add(f, definitions); err != nil {
			return nil, fmt.Errorf("fields: %w", err)
		}
	}
	m.layOut()
	m.fingerprint = m.identify()
	for i := range m.fields {
		if f := &m.fields[i]; f.Default != "" {
			if _, err := m.parse(f, contact.Cell{}); err != nil {
				return nil, fmt.Errorf("fields: the default of %s: %w", f.Title, err)
			}
		}
	}
	return m, nil
}

// expand makes the two fields of a name.
func expand(fields []Field) []Field {
	var all []Field
	for _, f := range fields {
		if f.Direction == "" {
			f.Direction = contact.TwoWay
		}
		if f.Name != Name {
			all = append(all, f)
			continue
		}
		f.Direction = contact.ToQuo
		f.Name, f.part = contact.FirstName, first
		all = append(all, f)
		f.Name, f.part = contact.LastName, last
		all = append(all, f)
	}
	return all
}

// add resolves a field and takes it in.
func (m *Mapping) add(f Field, definitions []contact.Definition) error {
	if err := f.resolve(definitions); err != nil {
		return err
	}
	if f.Kind == contact.Date && m.options.Location == nil {
		return fmt.Errorf("%s is a date: set timezone:, such as America/New_York", f.Title)
	}
	for _, other := range m.fields {
		if f.same(other) {
			return fmt.Errorf("%s is mapped twice, to the columns %q and %q", f.Title, other.Column, f.Column)
		}
	}
	switch _, label := f.Name.Split(); f.Kind {
	case contact.Phone:
		m.phones.add(f.Name, label)
	case contact.Email:
		m.emails.add(f.Name, label)
	}
	m.needsName = m.needsName || f.Direction != contact.FromQuo
	m.fields = append(m.fields, f)
	return nil
}

// resolve sets what the configuration does not say: the kind and the title, and the key of a custom field.
func (f *Field) resolve(definitions []contact.Definition) error {
	f.Title = string(f.Name)
	if f.Column == "" {
		return fmt.Errorf("%s has no column", f.Title)
	}
	switch groupName, name := f.Name.Split(); {
	case slices.Contains(scalars, f.Name):
		f.Kind = contact.Text
	case groupName == contact.PhoneNumbers && name != "":
		f.Kind = contact.Phone
	case groupName == contact.Emails && name != "":
		f.Kind = contact.Email
	case groupName == contact.CustomFields && name != "":
		d, err := define(name, definitions)
		if err != nil {
			return err
		}
		f.Name, f.Title, f.Kind = contact.FieldOf(groupName, d.Key), groupName+"."+d.Name, d.Type
	default:
		return fmt.Errorf("Quo has no field %q: there are firstName, lastName, company, role, name, phoneNumbers.LABEL, "+
			"emails.LABEL and customFields.NAME", f.Name)
	}
	return nil
}

// same reports whether two fields are one in Quo. Labels are compared without case.
func (f *Field) same(other Field) bool {
	slot := f.Kind == contact.Phone || f.Kind == contact.Email
	return f.Name == other.Name || slot && contact.Fold(string(f.Name)) == contact.Fold(string(other.Name))
}

var scalars = []contact.Field{contact.FirstName, contact.LastName, contact.Company, contact.Role}

// layOut gives each column that is needed its place.
func (m *Mapping) layOut() {
	o := &m.options
	for _, name := range o.Key {
		m.key = append(m.key, m.place(name))
	}
	if o.UpdatedAt != "" {
		m.updatedAt = m.place(o.UpdatedAt)
	}
	if o.ContactID != "" {
		m.contactID = m.place(o.ContactID)
	}
	for i := range m.fields {
		m.fields[i].column = m.place(m.fields[i].Column)
		m.fields[i].Reading = m.reading(&m.fields[i])
	}
	m.filters = newFilters(o.Only, m.place)
	if o.Status != "" {
		m.status = m.place(o.Status)
	}
	m.hashed = m.hashedColumns()
}

// place returns where a column stands, and asks for it if nobody did.
func (m *Mapping) place(column string) int {
	i := slices.Index(m.columns, column)
	if i < 0 {
		i = len(m.columns)
		m.columns = append(m.columns, column)
	}
	return i
}

// Fields returns the fields in the order of the configuration. They are not to be changed.
func (m *Mapping) Fields() []Field { return m.fields }

// Columns returns the columns to ask the source for, each once. It is not to be changed.
func (m *Mapping) Columns() []string { return m.columns }

// Written returns the columns of which syncd may change a cell: those of the fields that flow to the source, the contact's
// id and the status.
func (m *Mapping) Written() []string {
	var places []int
	for i := range m.fields {
		if m.fields[i].Direction != contact.ToQuo {
			places = append(places, m.fields[i].column)
		}
	}
	for _, place := range []int{m.contactID, m.status} {
		if place >= 0 {
			places = append(places, place)
		}
	}
	return m.named(places)
}

// Filled returns the columns of which syncd may fill a cell in a new row: Written, the key and what the filter asks for.
func (m *Mapping) Filled() []string {
	places := slices.Clone(m.key)
	for _, f := range m.filters {
		places = append(places, f.column)
	}
	filled := m.named(places)
	for _, name := range m.Written() {
		if !slices.Contains(filled, name) {
			filled = append(filled, name)
		}
	}
	return filled
}

func (m *Mapping) named(places []int) []string {
	var names []string
	for _, place := range places {
		if name := m.columns[place]; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Title returns how reports call a field; one that is not mapped is called by its name.
func (m *Mapping) Title(name contact.Field) string {
	for i := range m.fields {
		if m.fields[i].Name == name {
			return m.fields[i].Title
		}
	}
	return string(name)
}
