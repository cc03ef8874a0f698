package config

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("syncd.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("syncd.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// validate checks a YAML text the way an editor does.
func validate(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	var value any
	if err := yaml.Load([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(instance)
}

func TestSchemaAcceptsExample(t *testing.T) {
	s := compiled(t)
	for name, v := range variants(t) {
		if err := validate(t, s, v.full); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := validate(t, s, v.short); err != nil {
			t.Errorf("%s, short: %v", name, err)
		}
	}
}

func TestSchema(t *testing.T) {
	s := compiled(t)
	for _, c := range []struct {
		name, options string // of a sync
		accepts       bool
	}{
		{"nothing more", "", true},
		{"match list", "match: [phone, email]", true},
		{"match without phone", "match: [email]", false},
		{"match word", "match: maybe", false},
		{"brake counts", "brake: {deletes: 0, updates: 25}", true},
		{"brake below zero", "brake: {deletes: -1}", false},
		{"no duration at all", "refresh_after: soon", false},
		{"duration zero", "deletes: {grace: 0}", true},
		{"variables", "paused: '${P}', direction: '${D}', quo: {requests_per_second: '${R:-5}', timeout: '${T}'}", true},
		{"wrong word", "direction: both", false},
		{"wrong type", "paused: maybe", false},
		{"unknown key", "shedule: '@hourly'", false},
		{"unknown key in a group of options", "deletes: {rows: keep}", false},
		{"unknown field", "fields: {phone: Phone}", false},
		{"unknown option of a field", "fields: {company: {colum: C}}", false},
		{"values of other types", "only: {Active: [true, 1, x]}", true},
		{"several key columns", "source: {postgres: {key: [tenant, id]}}", true},
	} {
		text := "syncs: [{" + c.options + "}]"
		if err := validate(t, s, text); (err == nil) != c.accepts {
			t.Errorf("%s: got %v, accepted: want %v", c.name, err, c.accepts)
		}
	}
}

// Every option has a description, and the defaults that Load uses.
func TestSchemaDescribes(t *testing.T) {
	data, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Schema string `json:"$schema"`
		Defs   map[string]struct {
			AdditionalProperties *bool
			Properties           map[string]struct {
				Description string
				Default     any
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	if want := "https://json-schema.org/draft/2020-12/schema"; schema.Schema != want {
		t.Errorf("$schema: got %s, want %s", schema.Schema, want)
	}
	for name, def := range schema.Defs {
		if def.AdditionalProperties == nil || *def.AdditionalProperties {
			t.Errorf("%s allows unknown keys", name)
		}
		for option, p := range def.Properties {
			if p.Description == "" {
				t.Errorf("%s.%s has no description", name, option)
			}
		}
	}
	quo, deletes := schema.Defs["Quo"].Properties, schema.Defs["Deletes"].Properties
	for option, want := range map[string]any{"requests_per_second": 10.0, "timeout": "30s", "keep_item_ids": false} {
		if got := quo[option].Default; got != want {
			t.Errorf("default of %s: got %v, want %v", option, got, want)
		}
	}
	if got := deletes["row_gone"].Default; got != "delete" {
		t.Errorf("default of row_gone: got %v", got)
	}
}
