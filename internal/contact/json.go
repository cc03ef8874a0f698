package contact

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"syncd/internal/jsonread"
)

// ErrNotWhole means that an answer lacks a part of a contact, so that nothing may be concluded from it and no
// update be built on it.
var ErrNotWhole = errors.New("the contact is not complete")

func missing(what string) error { return fmt.Errorf("no %s: %w", what, ErrNotWhole) }

// UnmarshalJSON reads a contact from an answer of Quo's v1 API. An answer without one of the parts that an
// update must send back is an error that wraps ErrNotWhole.
func (c *Contact) UnmarshalJSON(data []byte) error {
	r := jsonread.New(data)
	read := Read(r)
	if err := r.End(); err != nil {
		return err
	}
	*c = read
	return nil
}

// parts are what an answer must have, as bits.
type parts uint16

var allParts = []string{
	"externalId", "source", "sourceUrl", "customFields", "defaultFields.firstName", "defaultFields.lastName",
	"defaultFields.company", "defaultFields.role", "defaultFields.phoneNumbers", "defaultFields.emails",
}

const (
	hasExternalID parts = 1 << iota
	hasSource
	hasSourceURL
	hasCustomFields
	hasFirstName
	hasLastName
	hasCompany
	hasRole
	hasPhoneNumbers
	hasEmails
)

// Read is UnmarshalJSON for one of many contacts.
func Read(r *jsonread.Reader) Contact {
	c, has := Contact{whole: true}, parts(0)
	r.Object(func(name string) {
		switch name {
		case "id":
			c.ID = r.Text()
		case "externalId":
			c.ExternalID, has = r.Text(), has|hasExternalID
		case "source":
			c.Source, has = r.Text(), has|hasSource
		case "sourceUrl":
			c.SourceURL, has = r.Text(), has|hasSourceURL
		case "defaultFields":
			has |= c.readDefaultFields(r)
		case "customFields":
			if c.readCustomFields(r) {
				has |= hasCustomFields
			}
		case "createdAt":
			c.CreatedAt = readTime(r)
		case "updatedAt":
			c.UpdatedAt = readTime(r)
		}
	})
	for i, part := range allParts {
		if has&(1<<i) == 0 {
			r.Fail(missing(part))
		}
	}
	return c
}

func readTime(r *jsonread.Reader) (t time.Time) {
	if text := r.Text(); text != "" {
		if err := t.UnmarshalText([]byte(text)); err != nil {
			r.Fail(errors.New("a time is not as in 2006-01-02T15:04:05Z"))
		}
	}
	return t
}

// readDefaultFields takes the members that we know out of all and keeps the others.
func (c *Contact) readDefaultFields(r *jsonread.Reader) (has parts) {
	text := func(name string) string {
		blank := r.Kind() == '"'
		s := r.Text()
		if blank && s == "" {
			c.blank = append(c.blank, name)
		}
		return s
	}
	r.Object(func(name string) {
		switch name {
		case "firstName":
			c.FirstName, has = text(name), has|hasFirstName
		case "lastName":
			c.LastName, has = text(name), has|hasLastName
		case "company":
			c.Company, has = text(name), has|hasCompany
		case "role":
			c.Role, has = text(name), has|hasRole
		case PhoneNumbers:
			if readItems(r, &c.PhoneNumbers) {
				has |= hasPhoneNumbers
			}
		case Emails:
			if readItems(r, &c.Emails) {
				has |= hasEmails
			}
		default:
			keep(&c.Extra, name, r.Raw())
		}
	})
	return has
}

// keep notes a member that we do not know.
func keep(extra *map[string]json.RawMessage, name, raw string) {
	if *extra == nil {
		*extra = map[string]json.RawMessage{}
	}
	(*extra)[name] = json.RawMessage(raw)
}

// readItems reads phone numbers or e-mails and keeps the members that we do not know. A null is no list.
func readItems(r *jsonread.Reader, items *[]Item) bool {
	*items = []Item{}
	return r.Array(func() {
		var item Item
		r.Object(func(name string) {
			into := item.member(name)
			switch null := r.Kind() == 'n'; {
			case null && name == "id": // an id that is none is not to be sent back
			case null, into == nil: // a null stays in Extra, as it came
				keep(&item.Extra, name, r.Raw())
			default:
				*into = r.Text()
			}
		})
		*items = append(*items, item)
	})
}

// member is where the item keeps a member, nil for one that we do not know.
func (i *Item) member(name string) *string {
	switch name {
	case "id":
		return &i.ID
	case "name":
		return &i.Name
	case "value":
		return &i.Value
	}
	return nil
}

func (c *Contact) readCustomFields(r *jsonread.Reader) bool {
	c.CustomFields = nil
	return r.Array(func() {
		var f CustomField
		r.Object(func(name string) {
			switch name {
			case "key":
				f.Key = r.Text()
			case "value":
				f.Value = json.RawMessage(r.Raw())
			}
		})
		if f.Key == "" || f.Value == nil {
			r.Fail(missing("key or value of a custom field"))
		}
		c.CustomFields = append(c.CustomFields, f)
	})
}

// MarshalJSON writes the contact as Quo's v1 API spells it, ids and times included, so that UnmarshalJSON
// reads the same contact back.
func (c Contact) MarshalJSON() ([]byte, error) {
	body, err := c.content(true)
	if err != nil {
		return nil, err
	}
	body["id"], body["source"], body["sourceUrl"] = c.ID, nullable(c.Source), nullable(c.SourceURL)
	body["createdAt"], body["updatedAt"] = c.CreatedAt, c.UpdatedAt
	return json.Marshal(body)
}

// Body returns the content of the contact as the body of a create or an update: every part is there, null
// where it is empty, with item ids only when keepItemIDs says so. A reserved source is left out, for Quo
// refuses it in a body and keeps it when it is left out. A contact that is not whole is refused with an error
// that wraps ErrNotWhole: PATCH /v1/contacts/{id} deletes what is left out.
//
// https://www.quo.com/docs/mdx/api-reference/contacts/update-a-contact-by-id
func (c Contact) Body(keepItemIDs bool) ([]byte, error) {
	body, err := c.content(keepItemIDs)
	if err != nil {
		return nil, err
	}
	if c.SourceURL != "" || c.ID != "" { // a create may not say null here, an update must say what stays
		body["sourceUrl"] = nullable(c.SourceURL)
	}
	if !ReservedSource(c.Source) && (c.Source != "" || c.ID != "") {
		body["source"] = nullable(c.Source)
	}
	return json.Marshal(body)
}

// content is what every body has in common: the external id, all default fields and all custom fields.
func (c Contact) content(itemIDs bool) (map[string]any, error) {
	if !c.whole {
		return nil, ErrNotWhole
	}
	defaults := map[string]any{}
	for name, raw := range c.Extra {
		defaults[name] = raw
	}
	for name, value := range map[string]string{
		"firstName": c.FirstName, "lastName": c.LastName, "company": c.Company, "role": c.Role,
	} {
		defaults[name] = nullable(value)
		if value == "" && slices.Contains(c.blank, name) {
			defaults[name] = ""
		}
	}
	defaults["phoneNumbers"], defaults["emails"] = itemBodies(c.PhoneNumbers, itemIDs), itemBodies(c.Emails, itemIDs)
	custom := c.CustomFields
	if custom == nil {
		custom = []CustomField{}
	}
	return map[string]any{
		"externalId": nullable(c.ExternalID), "defaultFields": defaults, "customFields": custom,
	}, nil
}

func itemBodies(items []Item, keepIDs bool) []map[string]any {
	bodies := []map[string]any{}
	for _, i := range items {
		b := map[string]any{}
		for name, raw := range i.Extra {
			b[name] = raw
		}
		b["name"] = i.Name
		if _, null := i.Extra["value"]; i.Value != "" || !null {
			b["value"] = i.Value
		}
		if keepIDs && i.ID != "" {
			b["id"] = i.ID
		}
		bodies = append(bodies, b)
	}
	return bodies
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}
