package openapitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// document is an OpenAPI document, made ready to check.
type document struct {
	mux        *http.ServeMux        // finds an operation's pattern
	operations map[string]*operation // by pattern
}

type operation struct {
	query     []parameter
	body      *jsonschema.Schema         // nil: none
	responses map[int]*jsonschema.Schema // by status; nil: no body
}

type parameter struct {
	name     string
	required bool
	typ      string
	schema   *jsonschema.Schema
}

// The members of the document that are used; schemas are compiled by their place in it.
type (
	rawOperation struct {
		Parameters []struct {
			Name, In string
			Required bool
			Schema   struct{ Type string }
		}
		RequestBody *struct{ Content map[string]any }
		Responses   map[string]rawResponse
	}
	rawResponse struct {
		Ref     string `json:"$ref"`
		Content map[string]any
	}
)

// resource is the name under which the compiler knows the document.
const resource = "openapi.json"

func load(file string) (*document, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var raw struct {
		Paths map[string]map[string]rawOperation
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(resource, whole); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	doc := &document{mux: http.NewServeMux(), operations: map[string]*operation{}}
	for path, operations := range raw.Paths {
		for method, o := range operations {
			place := pointer("paths", path, method)
			op, err := compile(compiler, place, o)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", file, place, err)
			}
			pattern := strings.ToUpper(method) + " " + path
			doc.mux.Handle(pattern, http.NotFoundHandler())
			doc.operations[pattern] = op
		}
	}
	return doc, nil
}

func compile(c *jsonschema.Compiler, place string, raw rawOperation) (*operation, error) {
	op := &operation{responses: map[int]*jsonschema.Schema{}}
	const content = "/content/application~1json/schema"
	for i, p := range raw.Parameters {
		if p.In != "query" {
			continue
		}
		schema, err := c.Compile(resource + place + "/parameters/" + strconv.Itoa(i) + "/schema")
		if err != nil {
			return nil, err
		}
		op.query = append(op.query, parameter{p.Name, p.Required, p.Schema.Type, schema})
	}
	if raw.RequestBody != nil {
		var err error
		if op.body, err = c.Compile(resource + place + "/requestBody" + content); err != nil {
			return nil, err
		}
	}
	for status, r := range raw.Responses {
		code, err := strconv.Atoi(status)
		if err != nil {
			return nil, fmt.Errorf("response %q: %w", status, err)
		}
		at := place + "/responses/" + status
		switch {
		case r.Ref != "":
			at = r.Ref
		case r.Content == nil:
			op.responses[code] = nil
			continue
		}
		if op.responses[code], err = c.Compile(resource + at + content); err != nil {
			return nil, err
		}
	}
	return op, nil
}

func pointer(tokens ...string) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	p := "#"
	for _, t := range tokens {
		p += "/" + escape.Replace(t)
	}
	return p
}

// operation returns the one that the request is for, nil when there is none.
func (d *document) operation(r *http.Request) *operation {
	_, pattern := d.mux.Handler(&http.Request{Method: r.Method, URL: &url.URL{Path: base(r.URL.Path)}})
	return d.operations[pattern]
}

func (op *operation) checkExchange(r *http.Request, body []byte, answer *http.Response, answerBody []byte) error {
	var refusal error
	if answer.StatusCode < 400 {
		refusal = op.checkRequest(r.URL.Query(), body)
	}
	return errors.Join(refusal, op.checkAnswer(answer, answerBody))
}

// checkRequest returns what is wrong with a request that was accepted.
func (op *operation) checkRequest(query url.Values, body []byte) error {
	for _, p := range op.query {
		values, there := query[p.name]
		switch {
		case !there && p.required:
			return fmt.Errorf("accepted without %s", p.name)
		case there:
			if err := p.schema.Validate(p.instance(values)); err != nil {
				return fmt.Errorf("accepted parameter %s: %w", p.name, err)
			}
		}
	}
	if op.body == nil {
		return nil
	}
	if err := validateJSON(op.body, body); err != nil {
		return fmt.Errorf("accepted body: %w", err)
	}
	return nil
}

// instance is the JSON value that the parameter's values stand for.
func (p parameter) instance(values []string) any {
	if p.typ == "array" {
		list := make([]any, len(values))
		for i, v := range values {
			list[i] = v
		}
		return list
	}
	if n, err := strconv.Atoi(values[0]); err == nil && p.typ == "integer" {
		return n
	}
	return values[0]
}

func (op *operation) checkAnswer(answer *http.Response, body []byte) error {
	schema, known := op.responses[answer.StatusCode]
	switch {
	case !known && answer.StatusCode >= 400:
		return nil
	case !known:
		return fmt.Errorf("answer %d is not documented", answer.StatusCode)
	case schema == nil && len(body) > 0:
		return fmt.Errorf("answer %d has a body", answer.StatusCode)
	case schema == nil:
		return nil
	}
	if err := validateJSON(schema, body); err != nil {
		return fmt.Errorf("answer %d: %w", answer.StatusCode, err)
	}
	return nil
}

func validateJSON(schema *jsonschema.Schema, body []byte) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(v)
}
