package contact

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

// wire is the contact as Quo's v1 API spells it.
type wire struct {
	ID            string                     `json:"id"`
	ExternalID    wireText                   `json:"externalId"`
	Source        wireText                   `json:"source"`
	SourceURL     wireText                   `json:"sourceUrl"`
	DefaultFields map[string]json.RawMessage `json:"defaultFields"`
	CustomFields  []wireCustomField          `json:"customFields"`
	CreatedAt     time.Time                  `json:"createdAt"`
	UpdatedAt     time.Time                  `json:"updatedAt"`
}

// wireText is a string or null, and tells null from a member that is not there.
type wireText struct {
	text  string
	there bool
}

func (t *wireText) UnmarshalJSON(data []byte) error {
	t.there = true
	return json.Unmarshal(data, &t.text)
}

type wireCustomField struct {
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
}

// ErrNotWhole means that an answer lacks a part of a contact, so that nothing may be concluded from it and no
// update be built on it.
var ErrNotWhole = errors.New("the contact is not complete")

func missing(what string) error { return fmt.Errorf("no %s: %w", what, ErrNotWhole) }

// UnmarshalJSON reads a contact from an answer of Quo's v1 API. An answer without one of the parts that an
// update must send back is an error that wraps ErrNotWhole.
func (c *Contact) UnmarshalJSON(data []byte) error {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	switch {
	case !w.ExternalID.there:
		return missing("externalId")
	case !w.Source.there:
		return missing("source")
	case !w.SourceURL.there:
		return missing("sourceUrl")
	case w.CustomFields == nil:
		return missing("customFields")
	}
	*c = Contact{
		ID: w.ID, ExternalID: w.ExternalID.text, Source: w.Source.text, SourceURL: w.SourceURL.text,
		CreatedAt: w.CreatedAt, UpdatedAt: w.UpdatedAt,
	}
	if err := c.readDefaultFields(w.DefaultFields); err != nil {
		return err
	}
	for _, f := range w.CustomFields {
		if f.Key == "" || f.Value == nil {
			return missing("key or value of a custom field")
		}
		c.CustomFields = append(c.CustomFields, CustomField(f))
	}
	c.whole = true
	return nil
}

// readDefaultFields takes the members that we know out of all and keeps the others.
func (c *Contact) readDefaultFields(all map[string]json.RawMessage) error {
	for _, known := range []struct {
		name string
		into any
	}{
		{"firstName", &c.FirstName}, {"lastName", &c.LastName}, {"company", &c.Company}, {"role", &c.Role},
		{PhoneNumbers, &c.PhoneNumbers}, {Emails, &c.Emails},
	} {
		raw, ok := all[known.name]
		if !ok {
			return missing("defaultFields." + known.name)
		}
		if err := json.Unmarshal(raw, known.into); err != nil {
			return fmt.Errorf("defaultFields.%s: %w", known.name, err)
		}
		if string(raw) == `""` {
			c.blank = append(c.blank, known.name)
		}
		delete(all, known.name)
	}
	if c.PhoneNumbers == nil || c.Emails == nil { // null: no list
		return missing("defaultFields.phoneNumbers or emails")
	}
	if len(all) > 0 {
		c.Extra = all
	}
	return nil
}

// UnmarshalJSON reads a phone number or an e-mail and keeps the members that we do not know.
func (i *Item) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	*i = Item{}
	for name, into := range map[string]*string{"id": &i.ID, "name": &i.Name, "value": &i.Value} {
		if raw, ok := members[name]; ok && string(raw) != "null" { // a null stays in Extra, as it came
			if err := json.Unmarshal(raw, into); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			delete(members, name)
		}
	}
	delete(members, "id") // a null: an id that is none is not to be sent back
	if len(members) > 0 {
		i.Extra = members
	}
	return nil
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
	custom := []wireCustomField{}
	for _, f := range c.CustomFields {
		custom = append(custom, wireCustomField(f))
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

// Hash is the identity of some content: 128 bits of its SHA-256. The zero Hash is that of nothing.
type Hash [16]byte

// HashOf returns the hash of data.
func HashOf(data []byte) Hash {
	sum := sha256.Sum256(data)
	return Hash(sum[:16])
}

// ContentHash identifies the content of the contact: all that people see, whether mapped or not, and none of
// what Quo assigns (ids, times). The order of phone numbers, e-mails and custom fields does not count.
func (c Contact) ContentHash() Hash {
	var b bytes.Buffer
	put := func(parts ...string) {
		for _, p := range parts {
			fmt.Fprintf(&b, "%d:", len(p))
			b.WriteString(p)
		}
		b.WriteByte('\n')
	}
	put(c.ExternalID, c.Source, c.SourceURL, c.FirstName, c.LastName, c.Company, c.Role)
	for _, items := range [][]Item{c.PhoneNumbers, c.Emails} {
		lines := make([]string, len(items))
		for i, it := range items {
			lines[i] = it.Name + "\x00" + it.Value + "\x00" + members(it.Extra)
		}
		sort.Strings(lines)
		put(lines...)
	}
	custom := make([]string, 0, len(c.CustomFields))
	for _, f := range c.CustomFields {
		if !f.Null() {
			custom = append(custom, f.Key+"\x00"+canonical(f.Value))
		}
	}
	sort.Strings(custom)
	put(custom...)
	put(members(c.Extra))
	return HashOf(b.Bytes())
}

// Null reports whether the custom field holds nothing: null, an empty text or an empty list. Whether Quo
// keeps an emptied field or drops it is not documented, so both mean the same.
func (f CustomField) Null() bool {
	switch strings.TrimSpace(string(f.Value)) {
	case "", "null", `""`, "[]":
		return true
	}
	return false
}

func members(m map[string]json.RawMessage) string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "%s\x00%s\x00", name, canonical(m[name]))
	}
	return b.String()
}

// canonical spells JSON in one way, whatever its white space, escapes, numbers (7.0) and order of members.
func canonical(raw json.RawMessage) string {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // a float64 would lose digits
	var v any
	if err := decoder.Decode(&v); err != nil {
		return string(raw)
	}
	b, err := json.Marshal(canonicalNumbers(v))
	if err != nil {
		return string(raw)
	}
	return string(b)
}

// canonicalNumbers brings the numbers in a JSON value into their normal form.
func canonicalNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, ok := NormalizeNumber(v.String()); ok {
			return json.Number(n)
		}
	case []any:
		for i := range v {
			v[i] = canonicalNumbers(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = canonicalNumbers(v[name])
		}
	}
	return v
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}
