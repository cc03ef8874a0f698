package mapping

import (
	"fmt"
	"strings"

	"syncd/internal/contact"
)

// UnknownFieldError means that the workspace has no custom field of that name or key.
type UnknownFieldError struct {
	Name    string
	Nearest string   // the name in Known that was probably meant, "" when none is near
	Known   []string // the names of the workspace's custom fields
}

func (e *UnknownFieldError) Error() string {
	message := fmt.Sprintf("the workspace has no custom field %q", e.Name)
	if len(e.Known) == 0 {
		return message + ", nor any other: make it in Quo first"
	}
	if e.Nearest != "" {
		message += fmt.Sprintf("; did you mean %q?", e.Nearest)
	}
	return fmt.Sprintf("%s (it has %s)", message, strings.Join(e.Known, ", "))
}

// kinds are the types of custom fields.
var kinds = map[contact.Kind]bool{
	contact.String: true, contact.URL: true, contact.Address: true, contact.Number: true, contact.Boolean: true,
	contact.Date: true, contact.List: true,
}

// define finds the definition with a key or, failing that, with a name.
func define(name string, definitions []contact.Definition) (contact.Definition, error) {
	var found []contact.Definition
	for _, d := range definitions {
		if d.Key == name {
			found = []contact.Definition{d}
			break
		}
		if contact.Fold(d.Name) == contact.Fold(name) {
			found = append(found, d)
		}
	}
	switch {
	case len(found) == 0:
		return contact.Definition{}, unknown(name, definitions)
	case len(found) > 1:
		keys := make([]string, len(found))
		for i, d := range found {
			keys[i] = d.Key
		}
		return contact.Definition{}, fmt.Errorf("the workspace has %d custom fields %q: write the key of one instead (%s)",
			len(found), name, strings.Join(keys, ", "))
	case !kinds[found[0].Type]:
		return contact.Definition{}, fmt.Errorf("the custom field %q has the type %q, which syncd does not know",
			name, found[0].Type)
	}
	return found[0], nil
}

func unknown(name string, definitions []contact.Definition) error {
	e := &UnknownFieldError{Name: name}
	for _, d := range definitions {
		e.Known = append(e.Known, d.Name)
	}
	e.Nearest = contact.Nearest(name, e.Known)
	return e
}
