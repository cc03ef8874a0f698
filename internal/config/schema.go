package config

import (
	_ "embed"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
	"time"

	"github.com/invopop/jsonschema"

	"syncd/internal/contact"
)

// configSource is where the descriptions of the schema come from: the doc comments of the types.
//
//go:embed config.go
var configSource string

// structs are the types that are mappings in the file.
var structs = []any{
	Config{}, Quo{}, Sync{}, Deletes{}, Brake{}, Field{}, Source{}, CSVSource{}, GoogleSheetSource{}, PostgresSource{},
}

// referenceSchema is a reference to a variable or file, which may stand for any one value.
var referenceSchema = &jsonschema.Schema{Type: "string", Pattern: `\$\{`}

// Schema returns the JSON Schema (draft 2020-12) of the configuration file, for editors. It knows names, words,
// defaults and types; what Load checks beyond that, it does not.
func Schema() ([]byte, error) {
	comments, err := docComments()
	if err != nil {
		return nil, err
	}
	r := jsonschema.Reflector{
		Anonymous:                  true,
		FieldNameTag:               "yaml",
		RequiredFromJSONSchemaTags: true,
		Mapper:                     schemaOf,
		LookupComment:              func(t reflect.Type, field string) string { return comments[t.Name()+"."+field] },
	}
	s := r.Reflect(&Config{})
	s.Title = "syncd"
	for name, definition := range r.Reflect(&Field{}).Definitions {
		s.Definitions[name] = definition
	}
	for _, v := range structs {
		annotate(s.Definitions[reflect.TypeOf(v).Name()], reflect.ValueOf(v))
	}
	return json.MarshalIndent(s, "", "  ")
}

// schemaOf returns the schema of the types that are written otherwise than reflection would guess, else nil.
func schemaOf(t reflect.Type) *jsonschema.Schema {
	text := &jsonschema.Schema{Type: "string"}
	anyOf := func(schemas ...*jsonschema.Schema) *jsonschema.Schema { return &jsonschema.Schema{AnyOf: schemas} }
	switch t {
	case reflect.TypeFor[time.Duration]():
		return anyOf(&jsonschema.Schema{Type: "string", Pattern: `^[0-9].*[a-zµ]$|^0$|\$\{`}, &jsonschema.Schema{Const: 0})
	case reflect.TypeFor[Limit]():
		return anyOf(&jsonschema.Schema{Type: "integer", Minimum: "0"}, &jsonschema.Schema{Type: "string", Pattern: `^[0-9.]+%?$|\$\{`})
	case reflect.TypeFor[Match]():
		list := &jsonschema.Schema{Type: "array", Items: &jsonschema.Schema{Enum: []any{"phone", "email"}},
			Contains: &jsonschema.Schema{Const: "phone"}}
		return anyOf(&jsonschema.Schema{Enum: []any{"ask", "none"}}, referenceSchema, list)
	case reflect.TypeFor[Key]():
		return anyOf(text, &jsonschema.Schema{Type: "array", Items: text})
	case reflect.TypeFor[map[string][]string]():
		value := anyOf(text, &jsonschema.Schema{Type: "number"}, &jsonschema.Schema{Type: "boolean"})
		return &jsonschema.Schema{Type: "object", AdditionalProperties: &jsonschema.Schema{Type: "array", Items: value}}
	case reflect.TypeFor[[]Field]():
		return fieldsSchema()
	case reflect.TypeFor[int]():
		return anyOf(&jsonschema.Schema{Type: "integer"}, referenceSchema)
	case reflect.TypeFor[bool]():
		return anyOf(&jsonschema.Schema{Type: "boolean"}, referenceSchema)
	}
	return nil
}

func fieldsSchema() *jsonschema.Schema {
	field := &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "string"}, {Ref: "#/$defs/Field"}}}
	fields := &jsonschema.Schema{Type: "object", AdditionalProperties: jsonschema.FalseSchema, Properties: jsonschema.NewProperties()}
	for _, name := range singleFields {
		fields.Properties.Set(name, field)
	}
	groups := []struct{ name, description string }{ // in this order, so that equal code gives an equal schema
		{contact.PhoneNumbers, "Phone numbers by their label in Quo."},
		{contact.Emails, "E-mails by their label in Quo."},
		{contact.CustomFields, "Custom fields by their name or key in Quo."},
	}
	for _, g := range groups {
		fields.Properties.Set(g.name, &jsonschema.Schema{Type: "object", Description: g.description, AdditionalProperties: field})
	}
	return fields
}

// annotate adds words and defaults, which the tags of a struct say, to its schema.
func annotate(s *jsonschema.Schema, v reflect.Value) {
	for _, o := range optionsOf(v) {
		property, _ := s.Properties.Get(o.name)
		if words := strings.Fields(o.tag.Get("enum")); len(words) > 0 {
			enum := &jsonschema.Schema{}
			for _, w := range words {
				enum.Enum = append(enum.Enum, w)
			}
			if o.tag.Get("default") == "" {
				enum.Enum = append(enum.Enum, "")
			}
			property.Type, property.AnyOf = "", []*jsonschema.Schema{enum, referenceSchema}
		}
		if text, ok := o.tag.Lookup("default"); ok {
			property.Default = defaultOf(o.value.Kind(), text)
		}
	}
}

func defaultOf(kind reflect.Kind, text string) any {
	if kind == reflect.Int || kind == reflect.Bool {
		return json.RawMessage(text)
	}
	return text
}

// docComments returns the comments of the fields in config.go, by "Type.Field".
func docComments() (map[string]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", configSource, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	comments := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		structure, ok := spec.Type.(*ast.StructType)
		if !ok {
			return false
		}
		for _, f := range structure.Fields.List {
			for _, name := range f.Names {
				comments[spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
			}
		}
		return false
	})
	return comments, nil
}
