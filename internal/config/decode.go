package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// value reads a node into v, remembers where v comes from and notes what is wrong. A null leaves the default. name
// is what messages call the value.
//
// It stands here instead of the library's own decoding for the messages: they name the option, say what would be
// right, and never show what a variable was replaced by.
func (l *loader) value(n *yaml.Node, name string, tag reflect.StructTag, v reflect.Value) {
	n = target(n)
	l.nodes[v.Addr().Interface()] = n
	if l.exhausted() {
		return
	}
	switch into := v.Addr().Interface().(type) {
	case *Sync:
		l.sync(n, into)
		return
	case *[]Field:
		l.fields(n, into)
		return
	case *Match:
		if n.Kind == yaml.SequenceNode {
			l.matchList(n, name, into)
		} else {
			l.scalar(n, name, tag, v)
		}
		return
	case *Key:
		if n.Kind == yaml.ScalarNode && !isNull(n) {
			*into = make(Key, 1)
			l.scalar(n, name, "", reflect.ValueOf(&(*into)[0]).Elem())
			return
		}
	case encoding.TextUnmarshaler: // of the kind struct, yet one word in the file
		l.scalar(n, name, tag, v)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		setDefaults(v.Elem())
		l.value(n, name, tag, v.Elem())
	case reflect.Struct:
		l.structure(n, name, v)
	case reflect.Slice:
		l.list(n, name, v)
	case reflect.Map:
		l.mapOfLists(n, name, v)
	default:
		l.scalar(n, name, tag, v)
	}
}

// exhausted counts a step, and reports whether the aliases of the file have made too much of it.
func (l *loader) exhausted() bool {
	l.steps++
	return l.steps >= maxSteps
}

// option is one field of a struct that the file can set.
type option struct {
	name  string
	tag   reflect.StructTag
	value reflect.Value
}

// optionsOf returns the options of a struct in the order of their declaration, those of embedded structs included.
func optionsOf(v reflect.Value) []option {
	var options []option
	for i := range v.NumField() {
		field := v.Type().Field(i)
		switch name := field.Tag.Get("yaml"); {
		case field.Anonymous:
			options = append(options, optionsOf(v.Field(i))...)
		case name != "-":
			options = append(options, option{name, field.Tag, v.Field(i)})
		}
	}
	return options
}

// setDefaults gives every option of a struct, and of the structs in it, the value of its tag. A wrong one is a mistake in config.go.
func setDefaults(v reflect.Value) {
	for _, o := range optionsOf(v) {
		if text, ok := o.tag.Lookup("default"); ok {
			if err := setText(o.value, o.tag, text); err != nil {
				panic(fmt.Sprintf("config: default of %s: %v", o.name, err))
			}
		} else if o.value.Kind() == reflect.Struct {
			setDefaults(o.value)
		}
	}
}

// structure reads a mapping into the options of a struct, in the order in which the struct declares them: what a
// sync inherits is then known before the sync is read, wherever it stands in the file.
func (l *loader) structure(n *yaml.Node, name string, v reflect.Value) {
	options := optionsOf(v)
	names := make([]string, len(options))
	for i, o := range options {
		names[i] = o.name
	}
	pairs, ok := l.mapping(n, name, "its keys are "+strings.Join(names, ", "))
	if !ok {
		return
	}
	for _, p := range pairs {
		if !slices.Contains(names, p.key.Value) {
			l.problem(p.key, "unknown key %s: %s", show(p.key), suggest(p.key.Value, names))
		}
	}
	for _, o := range options {
		if i := slices.IndexFunc(pairs, func(p pair) bool { return p.key.Value == o.name }); i >= 0 {
			l.value(pairs[i].value, o.name, o.tag, o.value)
		}
	}
}

func (l *loader) list(n *yaml.Node, name string, v reflect.Value) {
	if isNull(n) {
		return
	}
	if n.Kind != yaml.SequenceNode {
		l.fail(n, "%s must be a list, not %s", name, kindOf(n))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		l.value(item, name, "", v.Index(i))
	}
}

func (l *loader) mapOfLists(n *yaml.Node, name string, v reflect.Value) {
	pairs, _ := l.mapping(n, name, "such as {Column: [one, another]}")
	v.Set(reflect.MakeMapWithSize(v.Type(), len(pairs)))
	for _, p := range pairs {
		item := reflect.New(v.Type().Elem()).Elem()
		l.value(p.value, name+"."+p.key.Value, "", item)
		v.SetMapIndex(reflect.ValueOf(p.key.Value), item)
	}
}

func (l *loader) matchList(n *yaml.Node, name string, into *Match) {
	var words []string
	l.list(n, name, reflect.ValueOf(&words).Elem())
	if err := into.setList(words); err != nil {
		l.fail(n, "%s", err)
	}
}

func (l *loader) scalar(n *yaml.Node, name string, tag reflect.StructTag, v reflect.Value) {
	if isNull(n) {
		return
	}
	text, ok := l.text(n, name)
	if !ok {
		return
	}
	if err := setText(v, tag, text); err != nil {
		l.fail(n, "%s %s: %s", name, show(n), err)
	}
}

// text returns the text of a scalar with its references replaced.
func (l *loader) text(n *yaml.Node, name string) (string, bool) {
	switch {
	case n.Kind != yaml.ScalarNode:
		l.fail(n, "%s must be one value, not %s", name, kindOf(n))
		return "", false
	case n.Style&yaml.TaggedStyle != 0 && n.Tag != "!!str":
		l.fail(n, "%s: tags are not known here: put text that starts with ! in quotes", name)
		return "", false
	}
	text, err := l.expand(n.Value)
	if err != nil {
		l.unset[n] = name + ": " + strings.ReplaceAll(err.Error(), "\n", "; ")
		return "", false
	}
	return text, true
}

// setText reads text into v as the file writes it.
func setText(v reflect.Value, tag reflect.StructTag, text string) error {
	words := strings.Fields(tag.Get("enum"))
	if len(words) > 0 && text != tag.Get("default") && !slices.Contains(words, text) {
		return errors.New(suggest(text, words))
	}
	var err error
	switch into := v.Addr().Interface().(type) {
	case encoding.TextUnmarshaler:
		return into.UnmarshalText([]byte(text))
	case *time.Duration:
		*into, err = parseDuration(text)
		return err
	case *int:
		if *into, err = strconv.Atoi(text); err != nil {
			return errors.New("write a whole number")
		}
	case *bool:
		switch {
		case len(words) > 0: // an option that is one word or nothing
			*into = text != ""
		case text != "true" && text != "false":
			return errors.New("write true or false")
		default:
			*into = text == "true"
		}
	default:
		v.SetString(text)
	}
	return nil
}
