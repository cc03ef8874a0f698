package quosim

import (
	"math/rand/v2"
	"time"
)

// wireContact is a contact as the API answers it.
type wireContact struct {
	ID            string         `json:"id"`
	ExternalID    *string        `json:"externalId"`
	Source        *string        `json:"source"`
	SourceURL     *string        `json:"sourceUrl"`
	DefaultFields map[string]any `json:"defaultFields"`
	CustomFields  []wireField    `json:"customFields"`
	CreatedAt     string         `json:"createdAt"`
	UpdatedAt     string         `json:"updatedAt"`
	CreatedBy     string         `json:"createdByUserId"`
}

type wireItem struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	ID    string `json:"id"`
}

type wireField struct {
	Name  string `json:"name"`
	Key   string `json:"key"`
	ID    string `json:"id,omitempty"`
	Type  string `json:"type"`
	Value any    `json:"value"`
}

type wireDefinition struct {
	Name string `json:"name"`
	Key  string `json:"key"`
	Type string `json:"type"`
}

// milliseconds is the precision that was observed live.
const milliseconds = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(milliseconds) }

// wire returns c as the API answers it. Custom values whose definition is gone, or has another type now, went with it.
func (c *Contact) wire(defs definitions) wireContact {
	fields := make(map[string]any, 6+len(c.Extra))
	for name, value := range c.Extra {
		fields[name] = value
	}
	fields["firstName"], fields["lastName"] = c.FirstName, c.LastName
	fields["company"], fields["role"] = c.Company, c.Role
	fields["phoneNumbers"], fields["emails"] = wireItems(c.PhoneNumbers), wireItems(c.Emails)
	return wireContact{
		ID: c.ID, ExternalID: c.ExternalID, Source: c.Source, SourceURL: c.SourceURL,
		DefaultFields: fields,
		CustomFields:  wireFields(c.CustomFields, defs),
		CreatedAt:     stamp(c.CreatedAt), UpdatedAt: stamp(c.UpdatedAt), CreatedBy: c.CreatedByUserID,
	}
}

func wireItems(items []Item) []wireItem {
	wired := make([]wireItem, len(items))
	for i, item := range items {
		wired[i] = wireItem{item.Name, item.Value, item.ID}
	}
	return wired
}

func wireFields(fields []CustomField, defs definitions) []wireField {
	wired := []wireField{}
	for _, f := range fields {
		if d, ok := defs.find(f.Key); ok && d.holds(f.Value) {
			wired = append(wired, wireField{d.Name, f.Key, f.ID, d.Type, f.Value})
		}
	}
	return wired
}

// wire returns c as the API answers it; with ShuffleItems, in a new order each time.
func (w *Workspace) wire(c *Contact) wireContact {
	if w.options.ShuffleItems {
		c = c.clone()
		shuffle(w.random, c.PhoneNumbers)
		shuffle(w.random, c.Emails)
		shuffle(w.random, c.CustomFields)
	}
	return c.wire(w.store.defs)
}

func shuffle[T any](r *rand.Rand, items []T) {
	r.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
}

// withoutFieldIDs is the form of a PATCH's answer, where the API's document has no id on custom fields.
func (c wireContact) withoutFieldIDs() wireContact {
	for i := range c.CustomFields {
		c.CustomFields[i].ID = ""
	}
	return c
}
