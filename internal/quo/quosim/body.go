package quosim

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// body is the body of a create or an update: the contact that it asks for, without the ids that are yet to be given.
type body struct {
	Contact
	sourceGiven bool // the member is there, if only as null
}

// bodyParser says how strict the workspace is with one body.
type bodyParser struct {
	validator
	create          bool
	defs            definitions
	normalizePhones bool
}

// parse returns the body, or the problem to answer with. Create and update differ in what they require, in the length
// of source, in whether source and sourceUrl may be null, and in item ids.
func (p *bodyParser) parse(raw []byte) (*body, *problem) {
	b := new(body)
	known := []string{"defaultFields", "customFields", "source", "sourceUrl", "externalId"}
	if p.create {
		known = append(known, "createdByUserId")
	}
	if o, ok := p.object("/body", raw, known...); ok {
		p.topLevel(b, o)
	}
	return b, p.problem()
}

func (p *bodyParser) topLevel(b *body, o object) {
	const path = "/body"
	source := stringRule{nullable: true, max: 75, check: checkSource}
	if p.create {
		source = stringRule{max: 72, check: checkSource}
	}
	b.Source = p.string(path, o, "source", source)
	_, b.sourceGiven = o["source"]
	b.SourceURL = p.string(path, o, "sourceUrl", stringRule{nullable: !p.create, max: 200, check: checkURI})
	b.ExternalID = p.string(path, o, "externalId", stringRule{nullable: true, max: 75})
	b.CreatedByUserID = text(p.string(path, o, "createdByUserId", stringRule{check: checkUser}))
	if raw, ok := o["defaultFields"]; ok {
		p.defaultFields(b, raw)
	} else if p.create {
		p.refuse(path+"/defaultFields", "object", nil, "Required property")
	}
	if raw, ok := o["customFields"]; ok {
		b.CustomFields = p.customFields(raw)
	}
}

func (p *bodyParser) defaultFields(b *body, raw json.RawMessage) {
	const path = "/body/defaultFields"
	o, ok := p.object(path, raw)
	if !ok {
		return
	}
	name := stringRule{nullable: true}
	b.FirstName = p.string(path, o, "firstName", stringRule{nullable: true, required: p.create})
	b.LastName = p.string(path, o, "lastName", name)
	b.Company = p.string(path, o, "company", name)
	b.Role = p.string(path, o, "role", name)
	b.Emails = p.items(path, o, "emails", nil)
	b.PhoneNumbers = p.items(path, o, "phoneNumbers", p.phone)
	for member, value := range o {
		if slices.Contains([]string{"firstName", "lastName", "company", "role", "emails", "phoneNumbers"}, member) {
			continue
		}
		if b.Extra == nil {
			b.Extra = object{}
		}
		b.Extra[member] = value
	}
	if err := b.compactExtra(); err != nil {
		p.refuse(path, "object", nil, "%v", err)
	}
}

// items returns the phones or e-mails; one whose value is null is to be removed, and so is not there.
func (p *bodyParser) items(path string, o object, name string, normalize func(string) (string, error)) []Item {
	raw, ok := o[name]
	if !ok {
		return nil
	}
	known := []string{"name", "value"}
	if !p.create {
		known = append(known, "id")
	}
	var items []Item
	path += "/" + name
	for i, raw := range p.array(path, raw) {
		itemPath := elementPath(path, i)
		o, ok := p.object(itemPath, raw, known...)
		if !ok {
			continue
		}
		item := Item{
			Name: text(p.string(itemPath, o, "name", stringRule{required: true})),
			ID:   text(p.string(itemPath, o, "id", stringRule{max: 75})),
		}
		value := p.string(itemPath, o, "value", stringRule{required: true, nullable: true})
		if value == nil {
			continue
		}
		item.Value = *value
		if normalize != nil {
			var err error
			if item.Value, err = normalize(*value); err != nil {
				p.refuse(itemPath+"/value", "string", o["value"], "%v", err)
			}
		}
		items = append(items, item)
	}
	return items
}

var (
	e164      = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	phoneText = strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "")
)

// phone demands E.164 or, with the option, makes it of a number that is international or North American.
func (p *bodyParser) phone(s string) (string, error) {
	if p.normalizePhones {
		s = phoneText.Replace(s)
		switch {
		case len(s) == 10 && s[0] != '+':
			s = "+1" + s
		case len(s) == 11 && s[0] == '1':
			s = "+" + s
		}
	}
	if !e164.MatchString(s) {
		return "", errors.New("expected a phone number in E.164 format")
	}
	return s, nil
}

// customFields returns the values; one that is null, or an empty list, clears its field and is not there.
func (p *bodyParser) customFields(raw json.RawMessage) []CustomField {
	const path = "/body/customFields"
	known := []string{"key", "value"}
	if !p.create {
		known = append(known, "id")
	}
	var fields []CustomField
	seen := map[string]bool{}
	for i, raw := range p.array(path, raw) {
		fieldPath := elementPath(path, i)
		o, ok := p.object(fieldPath, raw, known...)
		if !ok {
			continue
		}
		key := p.string(fieldPath, o, "key", stringRule{required: true})
		if key == nil {
			continue
		}
		if seen[*key] {
			p.refuse(fieldPath+"/key", "string", o["key"], "The key is there twice")
		}
		seen[*key] = true
		id := text(p.string(fieldPath, o, "id", stringRule{}))
		if value := p.customValue(fieldPath, *key, o); value != nil {
			fields = append(fields, CustomField{ID: id, Key: *key, Value: value})
		}
	}
	return fields
}

func (p *bodyParser) customValue(path, key string, o object) any {
	d, ok := p.defs.find(key)
	if !ok {
		p.refuse(path+"/key", "string", o["key"], "No custom field has this key")
		return nil
	}
	raw, ok := o["value"]
	if !ok {
		p.refuse(path+"/value", d.Type, nil, "Required property")
		return nil
	}
	value, err := d.parse(raw)
	if err != nil {
		p.refuse(path+"/value", d.Type, raw, "%v", err)
		return nil
	}
	return value
}

func elementPath(path string, i int) string { return path + "/" + strconv.Itoa(i) }
