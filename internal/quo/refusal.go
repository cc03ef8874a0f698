package quo

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"unicode"
)

// refusal makes the error of an answer that is no success. The status decides what it means; the body, of whatever
// shape, only explains it.
func (c *Client) refusal(r request, a answer) *Error {
	e := r.failed(nil)
	e.Status, e.Message = a.status, http.StatusText(a.status)
	switch members, spoken := errorMembers(a.body); {
	case spoken:
		e.spoken = true
		c.explain(e, members)
	case a.status < 500 && a.html():
		e.Err = errNotQuo
	case a.status/100 == 3:
		e.Err = errRedirect
	}
	return e
}

var errRedirect = errors.New("redirects are not followed, as they would get the key: check quo.base_url")

// errorMembers returns the members of an error body. They stand at the top or under "error", and neither shape is
// documented for all errors. ok is false when the body is neither.
func errorMembers(body []byte) (members map[string]json.RawMessage, ok bool) {
	if json.Unmarshal(body, &members) != nil || members == nil {
		return nil, false
	}
	var inner map[string]json.RawMessage
	if json.Unmarshal(members["error"], &inner) == nil && inner != nil {
		return inner, true
	}
	return members, true
}

const maxFieldErrors = 20

func (c *Client) explain(e *Error, members map[string]json.RawMessage) {
	first := func(names ...string) string {
		for _, name := range names {
			if s := c.clean(text(members[name])); s != "" {
				return s
			}
		}
		return ""
	}
	if message := first("message", "error", "title"); message != "" {
		e.Message = message
	}
	e.Code, e.Trace = first("code", "key"), first("trace")
	var fields []map[string]json.RawMessage // of which "value" is left where it is: it is personal data
	if json.Unmarshal(members["errors"], &fields) != nil {
		return
	}
	for _, f := range fields[:min(len(fields), maxFieldErrors)] {
		e.Fields = append(e.Fields, FieldError{Path: c.clean(text(f["path"])), Message: c.clean(text(f["message"]))})
	}
}

// text returns what a JSON string or number says, "" for everything else.
func text(raw json.RawMessage) string {
	var s string
	var n json.Number
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}

const maxText = 500 // runes

// clean makes a server's text fit for a message on one line: without the key, control characters and excess.
func (c *Client) clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, c.redact(s))
	if runes := []rune(s); len(runes) > maxText {
		s = string(runes[:maxText]) + "…"
	}
	return strings.TrimSpace(s)
}

func (c *Client) redact(s string) string {
	if c.options.APIKey == "" {
		return s
	}
	return strings.ReplaceAll(s, c.options.APIKey, "[key]")
}

// redactError returns err, or only its text where that holds the key.
func (c *Client) redactError(err error) error {
	if s := c.redact(err.Error()); s != err.Error() {
		return errors.New(s)
	}
	return err
}
