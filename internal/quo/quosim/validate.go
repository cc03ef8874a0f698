package quosim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// validator collects what is wrong with a request. Member names are compared exactly and types are not coerced.
type validator struct {
	problems []fieldProblem
	// fields are the problems within customFields, which have a code of their own.
	fields []fieldProblem
}

func (v *validator) refuse(path, typ string, value json.RawMessage, format string, args ...any) {
	p := fieldProblem{Path: path, Message: fmt.Sprintf(format, args...), Value: value}
	p.Schema.Type = typ
	if strings.HasPrefix(path, "/body/customFields/") {
		v.fields = append(v.fields, p)
	} else {
		v.problems = append(v.problems, p)
	}
}

// problem returns the answer to give, nil when nothing is wrong.
func (v *validator) problem() *problem {
	switch {
	case len(v.problems) > 0:
		p := newProblem(http.StatusBadRequest, "Validation failed: "+v.problems[0].Path+": "+v.problems[0].Message)
		p.Errors = v.problems
		return p
	case len(v.fields) > 0:
		p := newProblem(http.StatusBadRequest, "Invalid Custom Field Item: "+v.fields[0].Path+": "+v.fields[0].Message)
		p.Code, p.Title, p.Description = "0801400", "Invalid Custom Field Item", "Invalid Custom Field Item"
		p.Errors = v.fields
		return p
	default:
		return nil
	}
}

type object map[string]json.RawMessage

// object decodes an object; other members than the known ones are refused, unless none is named.
func (v *validator) object(path string, raw json.RawMessage, known ...string) (o object, ok bool) {
	if json.Unmarshal(raw, &o) != nil || o == nil {
		v.refuse(path, "object", raw, "Expected object")
		return nil, false
	}
	for name, value := range o {
		if len(known) > 0 && !slices.Contains(known, name) {
			v.refuse(path+"/"+name, "never", value, "Unexpected property")
		}
	}
	return o, true
}

func (v *validator) array(path string, raw json.RawMessage) (items []json.RawMessage) {
	if json.Unmarshal(raw, &items) != nil || items == nil {
		v.refuse(path, "array", raw, "Expected array")
	}
	return items
}

// stringRule says what a string member must be like.
type stringRule struct {
	required, nullable bool
	max                int // characters, at least 1 when set; 0: any length
	check              func(string) error
}

// string returns the member's value, nil when it is null, absent or refused.
func (v *validator) string(path string, o object, name string, rule stringRule) *string {
	path += "/" + name
	raw, there := o[name]
	switch {
	case !there:
		if rule.required {
			v.refuse(path, "string", nil, "Required property")
		}
		return nil
	case string(raw) == "null" && rule.nullable:
		return nil
	}
	var s *string
	if json.Unmarshal(raw, &s) != nil || s == nil {
		v.refuse(path, "string", raw, "Expected string")
		return nil
	}
	if n := utf8.RuneCountInString(*s); rule.max > 0 && (n < 1 || n > rule.max) {
		v.refuse(path, "string", raw, "Expected string length between 1 and %d", rule.max)
		return nil
	}
	if rule.check != nil {
		if err := rule.check(*s); err != nil {
			v.refuse(path, "string", raw, "%v", err)
			return nil
		}
	}
	return s
}

func checkURI(s string) error {
	if u, err := url.Parse(s); err != nil || u.Scheme == "" {
		return errors.New("expected a URI")
	}
	return nil
}

func checkSource(s string) error {
	if reserved(s) {
		return fmt.Errorf("source %q is reserved", s)
	}
	return nil
}

func checkUser(s string) error {
	if !strings.HasPrefix(s, "US") {
		return errors.New("expected a user id")
	}
	return nil
}

// checkJSON refuses a body that is not one JSON value in UTF-8, declared as such.
func checkJSON(r *http.Request, body []byte) *problem {
	mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	switch {
	case !strings.EqualFold(strings.TrimSpace(mediaType), "application/json"):
		return newProblem(http.StatusBadRequest, "Expected Content-Type application/json")
	case !json.Valid(body) || !utf8.Valid(bytes.TrimSpace(body)):
		return newProblem(http.StatusBadRequest, "Malformed JSON")
	}
	return nil
}
