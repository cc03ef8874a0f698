package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"syncd/internal/quo/quosim"
)

// contactOptions are what a person types into a contact.
type contactOptions struct {
	firstName, lastName, company, role string
	phones, emails, customFields       []string
}

func (o *contactOptions) flags(flags *pflag.FlagSet) {
	flags.StringVar(&o.firstName, "first-name", "", "the first `NAME`")
	flags.StringVar(&o.lastName, "last-name", "", "the last `NAME`")
	flags.StringVar(&o.company, "company", "", "the `NAME` of the company")
	flags.StringVar(&o.role, "role", "", "the `ROLE`")
	flags.StringArrayVar(&o.phones, "phone", nil, "a phone number, as `LABEL=NUMBER`; may be repeated")
	flags.StringArrayVar(&o.emails, "email", nil, "an e-mail address, as `LABEL=ADDRESS`; may be repeated")
	flags.StringArrayVar(&o.customFields, "field", nil, "a custom field, as `NAME=VALUE`; may be repeated")
}

// apply changes in a contact what the flags name. An empty value clears.
func (o *contactOptions) apply(k *quosim.Contact, flags *pflag.FlagSet, definitions []quosim.Definition) error {
	for _, member := range []struct {
		flag, text string
		into       **string
	}{
		{"first-name", o.firstName, &k.FirstName}, {"last-name", o.lastName, &k.LastName},
		{"company", o.company, &k.Company}, {"role", o.role, &k.Role},
	} {
		if !flags.Changed(member.flag) {
			continue
		}
		*member.into = nil
		if member.text != "" {
			*member.into = &member.text
		}
	}
	setField := func(name, text string) error { return setCustomField(k, definitions, name, text) }
	for _, group := range []struct {
		flag  string
		words []string
		set   func(name, text string) error
	}{
		{"phone", o.phones, setItem(&k.PhoneNumbers)}, {"email", o.emails, setItem(&k.Emails)}, {"field", o.customFields, setField},
	} {
		for _, word := range group.words {
			name, text, ok := strings.Cut(word, "=")
			if !ok {
				return usage(fmt.Errorf("--%s %q: an = is missing", group.flag, word), "write it as NAME=VALUE")
			}
			if err := group.set(name, text); err != nil {
				return usage(fmt.Errorf("--%s %q: %w", group.flag, word, err), "")
			}
		}
	}
	return nil
}

// setItem gives the first item under a label another value, adds one, or removes it.
func setItem(items *[]quosim.Item) func(label, text string) error {
	return func(label, text string) error {
		i := slices.IndexFunc(*items, func(item quosim.Item) bool { return item.Name == label })
		switch {
		case i >= 0 && text == "":
			*items = slices.Delete(*items, i, i+1)
		case i >= 0:
			(*items)[i].Value = text
		case text != "":
			*items = append(*items, quosim.Item{Name: label, Value: text})
		}
		return nil
	}
}

// setCustomField sets the custom field of that name.
func setCustomField(k *quosim.Contact, definitions []quosim.Definition, name, text string) error {
	i := slices.IndexFunc(definitions, func(d quosim.Definition) bool { return d.Name == name })
	if i < 0 {
		return fmt.Errorf("the workspace has no custom field %q", name)
	}
	d := definitions[i]
	k.CustomFields = slices.DeleteFunc(k.CustomFields, func(f quosim.CustomField) bool { return f.Key == d.Key })
	if text != "" {
		k.CustomFields = append(k.CustomFields, quosim.CustomField{Key: d.Key, Value: customValue(d.Type, text)})
	}
	return nil
}

// customValue is text as a custom field of a type holds it; what does not fit is for the workspace to refuse.
func customValue(kind, text string) any {
	switch kind {
	case "date": // Quo keeps a time; at noon it is the same day in nearly every time zone
		if _, err := time.Parse(time.DateOnly, text); err == nil {
			return text + "T12:00:00Z"
		}
	case "multi-select":
		return strings.Split(text, ",")
	case "boolean", "number":
		if json.Valid([]byte(text)) {
			return json.RawMessage(text)
		}
	}
	return text
}

// definitionOf returns the custom field with a key; one that is not there is called by the key.
func definitionOf(definitions []quosim.Definition, key string) quosim.Definition {
	if i := slices.IndexFunc(definitions, func(d quosim.Definition) bool { return d.Key == key }); i >= 0 {
		return definitions[i]
	}
	return quosim.Definition{Key: key, Name: key}
}
