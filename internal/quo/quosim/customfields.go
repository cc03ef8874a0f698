package quosim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Definition is a custom field of the workspace. Definitions are made and changed in the app only.
type Definition struct {
	Name string `json:"name"`
	// Key identifies the field: 24 hex digits, of old fields a millisecond number.
	Key string `json:"key"`
	// Type is address, boolean, date, multi-select, number, string or url.
	Type string `json:"type"`
	// Options are the values that a multi-select takes; empty: any. The API does not tell them.
	Options []string `json:"options,omitempty"`
}

// DefaultCustomFields returns the definitions that a new workspace starts with, one of each type.
func DefaultCustomFields() []Definition {
	return []Definition{
		{Name: "Lead Source", Key: "66d0d87d534de8fd1c433c01", Type: "string"},
		{Name: "VIP", Key: "66d0d87d534de8fd1c433c02", Type: "boolean"},
		{Name: "Birthday", Key: "66d0d87d534de8fd1c433c03", Type: "date"},
		{Name: "Segment", Key: "66d0d87d534de8fd1c433c04", Type: "multi-select"},
		{Name: "Score", Key: "1695829375142", Type: "number"},
		{Name: "Website", Key: "66d0d87d534de8fd1c433c06", Type: "url"},
		{Name: "Mailing Address", Key: "66d0d87d534de8fd1c433c07", Type: "address"},
	}
}

// parse turns the JSON of a value into what a CustomField holds, nil when it clears the field.
func (d Definition) parse(raw json.RawMessage) (any, error) {
	if string(raw) == "null" {
		return nil, nil
	}
	switch d.Type {
	case "boolean":
		return decodeAs[bool](raw, "boolean")
	case "number":
		return decodeAs[float64](raw, "number")
	case "multi-select":
		return d.parseOptions(raw)
	case "date":
		value, err := decodeAs[string](raw, "string")
		if err == nil && !isDateTime(value.(string)) {
			err = errors.New("expected an ISO 8601 date-time")
		}
		return value, err
	default:
		return decodeAs[string](raw, "string")
	}
}

func (d Definition) parseOptions(raw json.RawMessage) (any, error) {
	var items []*string // a null item is no string
	if err := json.Unmarshal(raw, &items); err != nil || slices.Contains(items, nil) {
		return nil, errors.New("expected array of string")
	}
	if len(items) == 0 {
		return nil, nil
	}
	options := make([]string, len(items))
	for i, item := range items {
		if len(d.Options) > 0 && !slices.Contains(d.Options, *item) {
			return nil, fmt.Errorf("unknown option %q", *item)
		}
		options[i] = *item
	}
	return options, nil
}

func decodeAs[T any](raw json.RawMessage, typ string) (any, error) {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, errors.New("expected " + typ)
	}
	return v, nil
}

// holds reports whether the value has the type of the field.
func (d Definition) holds(value any) bool {
	switch value.(type) {
	case bool:
		return d.Type == "boolean"
	case float64:
		return d.Type == "number"
	case []string:
		return d.Type == "multi-select"
	default:
		return slices.Contains([]string{"address", "date", "string", "url"}, d.Type)
	}
}

// isDateTime is as strict as RFC 3339, which time.Parse is not.
func isDateTime(s string) bool {
	var t time.Time
	return t.UnmarshalText([]byte(s)) == nil
}

type definitions []Definition

func (ds definitions) find(key string) (Definition, bool) {
	i := slices.IndexFunc(ds, func(d Definition) bool { return d.Key == key })
	if i < 0 {
		return Definition{}, false
	}
	return ds[i], true
}

// hold reports whether the field is defined with the type of its value. One that is not went with its definition.
func (ds definitions) hold(f CustomField) bool {
	d, ok := ds.find(f.Key)
	return ok && d.holds(f.Value)
}

// check refuses definitions that the app could not have made.
func (ds definitions) check() error {
	types := []string{"address", "boolean", "date", "multi-select", "number", "string", "url"}
	for i, d := range ds {
		switch {
		case d.Key == "":
			return fmt.Errorf("custom field %q has no key", d.Name)
		case !slices.Contains(types, d.Type):
			return fmt.Errorf("custom field %q has the unknown type %q", d.Name, d.Type)
		case slices.ContainsFunc(ds[:i], func(e Definition) bool { return e.Key == d.Key }):
			return fmt.Errorf("two custom fields have the key %q", d.Key)
		}
	}
	return nil
}

// normalize brings the values that Go code or FILE gave into the form of parse and drops those that clear.
func (ds definitions) normalize(fields []CustomField) ([]CustomField, error) {
	var kept []CustomField
	for _, f := range fields {
		d, ok := ds.find(f.Key)
		if !ok {
			return nil, fmt.Errorf("no custom field has the key %q", f.Key)
		}
		raw, err := json.Marshal(f.Value)
		if err != nil {
			return nil, fmt.Errorf("custom field %q: %w", d.Name, err)
		}
		if f.Value, err = d.parse(raw); err != nil {
			return nil, fmt.Errorf("custom field %q: %w", d.Name, err)
		}
		if f.Value != nil {
			kept = append(kept, f)
		}
	}
	return kept, nil
}
