package mapping

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"syncd/internal/contact"
)

// customIndex returns the index of the custom field with a key, -1 when there is none. Should there be several, the
// first one that holds something counts.
func customIndex(fields []contact.CustomField, key string) int {
	found := -1
	for i, f := range fields {
		if f.Key == key && (found < 0 || fields[found].Null()) {
			found = i
		}
	}
	return found
}

// customValue reads the JSON of a custom field. JSON of another type than the definition's is read all the same where
// it means something, and else is text: an object, for instance, is its compact JSON.
//
// https://www.quo.com/docs/mdx/api-reference/contacts/get-a-contact-by-id
func (m *Mapping) customValue(kind contact.Kind, field contact.CustomField) contact.Value {
	if field.Null() {
		return contact.Value{}
	}
	if kind == contact.List {
		var items []string
		if json.Unmarshal(field.Value, &items) == nil {
			return contact.ListOf(items)
		}
	}
	s := scalarText(field.Value)
	cell := contact.Cell{Text: s}
	var v contact.Value
	var err error
	switch kind {
	case contact.Number:
		cell.Type = contact.CellNumber
		v, err = contact.ParseNumber(cell)
	case contact.Boolean:
		v, err = contact.ParseBoolean(cell)
	case contact.Date:
		v, err = contact.ParseDate(cell, nil, m.options.Location)
		v.Text = contact.NormalizeText(s) // keeps the time of day
	case contact.List:
		return contact.ListOf([]string{s})
	default:
		return textValue(s)
	}
	if err != nil {
		return textValue(s)
	}
	return v
}

// scalarText returns a JSON string's text and the compact JSON of anything else.
func scalarText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}

// customJSON writes a value as Quo's custom fields hold it: a number as a JSON number with all its digits, a date as
// the instant at which its day begins. Blank is null, which clears the field.
//
// https://www.quo.com/docs/mdx/api-reference/contacts/update-a-contact-by-id
func (m *Mapping) customJSON(kind contact.Kind, v contact.Value) json.RawMessage {
	if v.Blank() {
		return json.RawMessage("null")
	}
	text := cmp.Or(v.Text, v.Norm)
	switch kind {
	case contact.Number:
		if n, ok := contact.NormalizeNumber(v.Norm); ok {
			return json.RawMessage(n)
		}
	case contact.Boolean:
		if text == "true" || text == "false" {
			return json.RawMessage(text)
		}
	case contact.List:
		if v.Items() != nil {
			return json.RawMessage(text)
		}
	case contact.Date:
		if t, ok := m.instant(v); ok {
			return jsonText(t.UTC().Format("2006-01-02T15:04:05.000Z"))
		}
	}
	return jsonText(text)
}

// instant returns the instant that a date stands for in Quo: the one that its text names, else the first one of its
// day.
func (m *Mapping) instant(v contact.Value) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339, v.Text); err == nil {
		return t, true
	}
	day, err := time.Parse(time.DateOnly, v.Norm)
	if err != nil {
		return time.Time{}, false
	}
	return midnight(day, m.options.Location), true
}

// midnight returns the first instant of a day in a zone. It is not 00:00 where the clock goes forward at midnight.
func midnight(day time.Time, loc *time.Location) time.Time {
	t := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, loc)
	if t.Day() != day.Day() { // 23:00 of the day before
		_, t = t.ZoneBounds()
	}
	return t
}

func jsonText(s string) json.RawMessage {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string cannot fail
	return json.RawMessage(strings.TrimSuffix(b.String(), "\n"))
}
