package discoverytest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// Document is what the discovery documents of Sheets and Drive say.
//
// https://developers.google.com/discovery/v1/reference/apis
type Document struct {
	Methods map[string]*Method // by id: "spreadsheets.values.get", "drive.files.get"
	Schemas map[string]*Schema // of Sheets; those of Drive have "drive." before their name
}

// Method is a call of an API.
type Method struct {
	ID, HTTPMethod, FlatPath string
	Parameters               map[string]Parameter
	Request, Response        *Schema
	Scopes                   []string

	path *regexp.Regexp // of an escaped path
}

// Parameter is in the path or the query of a call.
type Parameter struct {
	Location, Type     string
	Required, Repeated bool
	Enum               []string
}

// Schema is the shape of a JSON value.
type Schema struct {
	Ref                  string `json:"$ref"`
	Type, Format         string
	Enum                 []string
	Items                *Schema
	Properties           map[string]*Schema
	AdditionalProperties *Schema
}

type rawDocument struct {
	Schemas   map[string]*Schema
	Resources map[string]rawResource
}

type rawResource struct {
	Methods   map[string]*Method
	Resources map[string]rawResource
}

// Load reads the documents that the vendor's client was made from, out of the module cache.
func Load(t testing.TB) *Document {
	t.Helper()
	d, err := load()
	if err != nil {
		t.Fatalf("discovery: %v", err)
	}
	return d
}

var load = sync.OnceValues(func() (*Document, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "google.golang.org/api").Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		return nil, fmt.Errorf("go list -m google.golang.org/api: %q, %w: go mod download fetches it", dir, err)
	}
	d := &Document{map[string]*Method{}, map[string]*Schema{}}
	return d, errors.Join(
		d.read(filepath.Join(dir, "sheets", "v4", "sheets-api.json"), ""),
		d.read(filepath.Join(dir, "drive", "v3", "drive-api.json"), "drive."),
	)
})

func (d *Document) read(file, prefix string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var raw rawDocument
	if err := json.Unmarshal(data, &raw); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for name, s := range raw.Schemas {
		s.qualify(prefix)
		d.Schemas[prefix+name] = s
	}
	for _, r := range raw.Resources {
		d.collect(r, prefix)
	}
	return nil
}

var placeholder = regexp.MustCompile(`\\\{[a-zA-Z]+\\\}`)

func (d *Document) collect(r rawResource, prefix string) {
	for _, m := range r.Methods {
		m.ID = strings.TrimPrefix(m.ID, "sheets.")
		for _, s := range []*Schema{m.Request, m.Response} {
			if s != nil {
				s.qualify(prefix)
			}
		}
		base := "/"
		if prefix != "" {
			base = "/drive/v3/"
		}
		// An argument has no colon, for that begins a verb: the client escapes it.
		pattern := placeholder.ReplaceAllString(regexp.QuoteMeta(base+m.FlatPath), "[^/:]+")
		m.path = regexp.MustCompile(pattern + "$")
		d.Methods[m.ID] = m
	}
	for _, below := range r.Resources {
		d.collect(below, prefix)
	}
}

// qualify gives references the prefix of their document.
func (s *Schema) qualify(prefix string) {
	if s.Ref != "" {
		s.Ref = prefix + s.Ref
	}
	for _, below := range s.Properties {
		below.qualify(prefix)
	}
	for _, below := range []*Schema{s.Items, s.AdditionalProperties} {
		if below != nil {
			below.qualify(prefix)
		}
	}
}

// Resolve follows a reference.
func (d *Document) Resolve(s *Schema) *Schema {
	if s != nil && s.Ref != "" {
		return d.Schemas[s.Ref]
	}
	return s
}

// method finds the call that a request is, nil for none.
func (d *Document) method(httpMethod, escapedPath string) *Method {
	for _, m := range d.Methods {
		if m.HTTPMethod == httpMethod && m.path.MatchString(escapedPath) {
			return m
		}
	}
	return nil
}

// Check returns what is wrong with a JSON value.
func (d *Document) Check(s *Schema, v any) error {
	s = d.Resolve(s)
	switch {
	case s == nil || s.Type == "any":
		return nil
	case s.Type == "object":
		return d.checkObject(s, v)
	case s.Type == "array":
		list, ok := v.([]any)
		if !ok {
			return fmt.Errorf("%T instead of an array", v)
		}
		for i, item := range list {
			if err := d.Check(s.Items, item); err != nil {
				return fmt.Errorf("[%d]: %w", i, err)
			}
		}
		return nil
	default:
		return s.checkScalar(v)
	}
}

func (d *Document) checkObject(s *Schema, v any) error {
	members, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("%T instead of an object", v)
	}
	for name, member := range members {
		below, known := s.Properties[name]
		if !known {
			below = s.AdditionalProperties
		}
		if below == nil {
			return fmt.Errorf("unknown member %s", name)
		}
		if err := d.Check(below, member); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (s *Schema) checkScalar(v any) error {
	switch s.Type {
	case "string":
		text, ok := v.(string)
		if !ok {
			return fmt.Errorf("%T instead of a string", v)
		}
		return checkEnum(s.Enum, text)
	case "boolean":
		if _, ok := v.(bool); !ok {
			return fmt.Errorf("%T instead of a boolean", v)
		}
	case "number", "integer":
		n, ok := v.(float64)
		if !ok || s.Type == "integer" && n != float64(int32(n)) {
			return fmt.Errorf("%v instead of a number of type %s", v, s.Type)
		}
	}
	return nil
}

func checkEnum(enum []string, v string) error {
	for _, allowed := range enum {
		if v == allowed {
			return nil
		}
	}
	if len(enum) > 0 {
		return fmt.Errorf("%q is none of %q", v, enum)
	}
	return nil
}
