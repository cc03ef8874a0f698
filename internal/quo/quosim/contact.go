package quosim

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Contact is one contact as the workspace keeps it, and as FILE spells it; on the wire it is nested (see wire.go).
// A nil pointer is JSON's null.
type Contact struct {
	ID         string  `json:"id"`
	ExternalID *string `json:"externalId,omitempty"`
	// Source is nil for a contact made in the app. Together with a non-nil ExternalID it is unique.
	Source    *string `json:"source,omitempty"`
	SourceURL *string `json:"sourceUrl,omitempty"`

	FirstName    *string       `json:"firstName,omitempty"`
	LastName     *string       `json:"lastName,omitempty"`
	Company      *string       `json:"company,omitempty"`
	Role         *string       `json:"role,omitempty"`
	PhoneNumbers []Item        `json:"phoneNumbers,omitempty"`
	Emails       []Item        `json:"emails,omitempty"`
	CustomFields []CustomField `json:"customFields,omitempty"`
	// Extra holds the members of defaultFields that the API's document does not name.
	Extra map[string]json.RawMessage `json:"extra,omitempty"`

	// The times are UTC in whole milliseconds, by the server's clock.
	CreatedAt       time.Time `json:"createdAt,omitzero"`
	UpdatedAt       time.Time `json:"updatedAt,omitzero"`
	CreatedByUserID string    `json:"createdByUserId,omitempty"`
}

// Item is a phone number or an e-mail address under a label, which people choose freely.
type Item struct {
	ID    string `json:"id,omitempty"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

// CustomField is a contact's value of the custom field with that key.
type CustomField struct {
	ID  string `json:"id,omitempty"`
	Key string `json:"key"`
	// Value is a string, a float64, a bool or a []string.
	Value any `json:"value"`
}

// clone returns a copy that shares nothing that a caller could change. What the store holds is never changed in
// place, so that it can be encoded outside the lock.
func (c *Contact) clone() *Contact {
	d := *c
	for _, p := range d.nullables() {
		if *p != nil {
			*p = new(**p)
		}
	}
	d.PhoneNumbers = slices.Clone(c.PhoneNumbers)
	d.Emails = slices.Clone(c.Emails)
	d.CustomFields = slices.Clone(c.CustomFields)
	for i, f := range d.CustomFields {
		if list, ok := f.Value.([]string); ok {
			d.CustomFields[i].Value = slices.Clone(list)
		}
	}
	d.Extra = maps.Clone(c.Extra)
	for name, value := range d.Extra {
		d.Extra[name] = slices.Clone(value)
	}
	return &d
}

func (c *Contact) nullables() []**string {
	return []**string{&c.ExternalID, &c.Source, &c.SourceURL, &c.FirstName, &c.LastName, &c.Company, &c.Role}
}

// compactExtra gives the members the form in which they come back from FILE, or says that one is no JSON.
func (c *Contact) compactExtra() error {
	for name, value := range c.Extra {
		compact, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("extra member %q: %w", name, err)
		}
		c.Extra[name] = compact
	}
	return nil
}

// pair is what the API keeps unique. A null source is the empty string, which no source can be.
type pair struct{ source, externalID string }

func (c *Contact) pair() (p pair, ok bool) {
	if c.ExternalID == nil {
		return pair{}, false
	}
	return pair{text(c.Source), *c.ExternalID}, true
}

// text is the string at p, "" for null.
func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// reserved reports whether the API refuses to be given the source.
func reserved(source string) bool {
	switch s := strings.ToLower(source); s {
	case "device", "zapier", "google-people", "other":
		return true
	default:
		return strings.HasPrefix(s, "openphone") || strings.HasPrefix(s, "csv")
	}
}

// readOnly reports whether contacts of the source belong to an integration: the API neither changes nor deletes them.
func readOnly(source string) bool {
	switch s := strings.ToLower(source); s {
	case "device", "google-people":
		return true
	default:
		return strings.HasPrefix(s, "openphone")
	}
}
