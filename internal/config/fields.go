package config

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"syncd/internal/contact"
)

var (
	singleFields = []string{
		string(contact.FirstName), string(contact.LastName), string(contact.Company), string(contact.Role), string(FullName),
	}
	fieldGroups = []string{contact.PhoneNumbers, contact.Emails, contact.CustomFields}
)

// sync reads one sync over its defaults and over what it inherits.
func (l *loader) sync(n *yaml.Node, s *Sync) {
	setDefaults(reflect.ValueOf(s).Elem())
	s.Quo, s.Region, s.Timezone, s.Notify = l.cfg.Quo, l.cfg.Region, l.cfg.Timezone, l.cfg.Notify
	l.structure(n, "a sync", reflect.ValueOf(s).Elem())
	if s.Label == "" {
		s.Label = contact.LabelPrefix + s.Name
	}
	for i := range s.Fields {
		f := &s.Fields[i]
		if f.Direction == "" {
			f.Direction = s.Direction
		}
		if f.Conflicts == "" {
			f.Conflicts = s.Conflicts
		}
	}
}

// fieldNode is where a field stands in the file.
type fieldNode struct {
	name contact.Field
	pair
}

// fields reads the mapping of fields in the order of the file.
func (l *loader) fields(n *yaml.Node, into *[]Field) {
	const example = "such as {firstName: First Name, phoneNumbers: {mobile: Phone}}"
	var found []fieldNode
	pairs, _ := l.mapping(n, "fields", example)
	for _, p := range pairs {
		switch name := p.key.Value; {
		case slices.Contains(fieldGroups, name):
			found = append(found, l.group(name, p.value)...)
		case slices.Contains(singleFields, name):
			found = append(found, fieldNode{contact.Field(name), p})
		default:
			l.problem(p.key, "unknown field %s: %s", show(p.key), suggest(name, slices.Concat(singleFields, fieldGroups)))
		}
	}
	*into = make([]Field, len(found))
	for i, f := range found {
		l.field(f, &(*into)[i])
	}
}

// group reads what stands under phoneNumbers, emails or customFields.
func (l *loader) group(group string, n *yaml.Node) []fieldNode {
	hint := "such as {mobile: Column}, by the label in Quo"
	if group == contact.CustomFields {
		hint = "such as {Lead Source: Column}, by the name in Quo"
	}
	n = target(n)
	var found []fieldNode
	pairs, _ := l.mapping(n, group, hint)
	for _, p := range pairs {
		name := strings.TrimSpace(p.key.Value)
		if name == "" {
			l.problem(p.key, "%s has a key without a name: %s", group, hint)
			continue
		}
		found = append(found, fieldNode{contact.FieldOf(group, name), p})
	}
	return found
}

// field reads the column of a field, or its options.
func (l *loader) field(f fieldNode, into *Field) {
	v := reflect.ValueOf(into).Elem()
	setDefaults(v)
	into.Name, into.Line, into.Col = f.name, f.key.Line, f.key.Column
	n := target(f.value)
	l.nodes[into] = n
	if n.Kind != yaml.ScalarNode {
		l.structure(n, string(f.name), v)
		return
	}
	l.value(n, string(f.name), "", reflect.ValueOf(&into.Column).Elem())
}
