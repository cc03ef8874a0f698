package sheetssim

import (
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
)

// mask is a field mask, "sheets(properties,data.rowData)", as a tree; a leaf is all that is below it.
//
// https://developers.google.com/workspace/sheets/api/guides/field-masks
type mask map[string]mask

// parseMask reads a mask; nil for one that is wrong.
func parseMask(s string) mask {
	m, rest := parseMaskList(s)
	if rest != "" {
		return nil
	}
	return m
}

// parseMaskList reads up to the end or a ")". It returns nil, and not a mask without entries, for what is wrong.
func parseMaskList(s string) (m mask, rest string) {
	m = mask{}
	for {
		var ok bool
		if s, ok = m.parsePath(s); !ok {
			return nil, s
		}
		if s == "" || s[0] != ',' {
			return m, s
		}
		s = s[1:]
	}
}

// parsePath adds one path, with what stands in parentheses behind it.
func (m mask) parsePath(s string) (rest string, ok bool) {
	end := strings.IndexAny(s+",", ",()")
	at := m
	names := strings.FieldsFunc(s[:end], func(c rune) bool { return c == '.' || c == '/' })
	if len(names) == 0 {
		return s, false
	}
	for i, name := range names {
		below, there := at[name]
		last := i == len(names)-1 && !strings.HasPrefix(s[end:], "(")
		switch {
		case last:
			at[name] = nil
		case there && below == nil: // all of it is wanted already
			below = mask{}
		case !there:
			below = mask{}
			at[name] = below
		}
		at = below
	}
	s = s[end:]
	if !strings.HasPrefix(s, "(") {
		return s, true
	}
	below, s := parseMaskList(s[1:])
	if below == nil || !strings.HasPrefix(s, ")") {
		return s, false
	}
	for name, m := range below {
		at[name] = m
	}
	return s[1:], true
}

// has reports whether the mask wants something of a path.
func (m mask) has(path ...string) bool {
	for _, name := range path {
		if m == nil {
			return true
		}
		below, there := m[name]
		if !there {
			if below, there = m["*"]; !there {
				return false
			}
		}
		m = below
	}
	return true
}

// masked returns what the mask wants of an answer.
func masked(v any, fields string) (any, error) {
	if fields == "" || fields == "*" {
		return v, nil
	}
	m := parseMask(fields)
	if m == nil {
		return nil, invalid("Invalid field selection %s", fields)
	}
	if unknown := m.unknown(reflect.TypeOf(v)); unknown != "" {
		return nil, invalid("Request contains an invalid argument: invalid field selection %s", unknown)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var whole any
	if err := json.Unmarshal(raw, &whole); err != nil {
		return nil, err
	}
	return m.cut(whole), nil
}

// unknown returns a name that the type does not have, "" if there is none.
func (m mask) unknown(typ reflect.Type) string {
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	for name, below := range m {
		if name == "*" {
			continue
		}
		field, ok := fieldNamed(typ, name)
		if !ok {
			return name
		}
		if unknown := below.unknown(field); unknown != "" {
			return unknown
		}
	}
	return ""
}

func fieldNamed(typ reflect.Type, name string) (reflect.Type, bool) {
	if typ.Kind() != reflect.Struct {
		return nil, false
	}
	for i := range typ.NumField() {
		tag, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if tag == name {
			return typ.Field(i).Type, true
		}
	}
	return nil, false
}

// cut keeps what the mask wants.
func (m mask) cut(v any) any {
	if m == nil {
		return v
	}
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = m.cut(v[i])
		}
		return v
	case map[string]any:
		kept := map[string]any{}
		for name, value := range v {
			if m.has(name) {
				below, named := m[name]
				if !named {
					below = m["*"]
				}
				kept[name] = below.cut(value)
			}
		}
		return kept
	default:
		return v
	}
}
