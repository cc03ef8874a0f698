package contact

import (
	"encoding/json"
	"slices"
	"time"
)

// Contact is one Quo contact with its complete content, members that we do not know included, so that an
// update, which replaces the contact in Quo, can send it back whole.
//
// https://www.quo.com/docs/mdx/api-reference/contacts/get-a-contact-by-id
type Contact struct {
	ID         string
	ExternalID string // "" for null
	Source     string // "" for null
	SourceURL  string // "" for null

	FirstName string // "" for null
	LastName  string
	Company   string
	Role      string

	PhoneNumbers []Item
	Emails       []Item
	CustomFields []CustomField

	// Extra holds the members of defaultFields that we do not know, as they came.
	Extra map[string]json.RawMessage

	CreatedAt time.Time
	UpdatedAt time.Time // Quo's clock

	// whole says that nothing is missing: New and a complete answer of Quo make it true, and copies keep it.
	whole bool
	// blank names the default fields that held "" and not null, to be sent back as they came.
	blank []string
}

// Item is one phone number or e-mail of a contact.
type Item struct {
	ID    string // Quo's; changes with writes, so never an identity. "" for a new one
	Name  string // the label, which people edit
	Value string
	Extra map[string]json.RawMessage // members that we do not know
}

// CustomField is one custom value of a contact. Value is the JSON as Quo holds it: a string, number, boolean,
// array of strings or null.
type CustomField struct {
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
}

// New returns an empty contact to be created.
func New(source, externalID string) Contact {
	return Contact{Source: source, ExternalID: externalID, whole: true}
}

// Whole reports whether the contact's content is complete, so that it may be sent in an update.
func (c Contact) Whole() bool { return c.whole }

// Clone returns a copy that shares nothing with c that an edit of fields would change.
func (c Contact) Clone() Contact {
	c.PhoneNumbers = slices.Clone(c.PhoneNumbers)
	c.Emails = slices.Clone(c.Emails)
	c.CustomFields = slices.Clone(c.CustomFields)
	return c
}

// ReadOnly reports whether Quo lets nobody but the contact's own integration change it: its source is one of
// Quo's native integrations, a Google or a device address book.
//
// https://support.quo.com (External contacts)
func (c Contact) ReadOnly() bool { return readOnlySource(c.Source) }
