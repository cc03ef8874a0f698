package quo

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Errors that callers act on, by errors.Is.
var (
	// ErrInvalid: 400 or 422, or an id that cannot be one.
	ErrInvalid = errors.New("invalid")
	// ErrUnauthorized: 401, the key is missing or wrong.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrPayment: 402, the subscription has ended.
	ErrPayment = errors.New("payment required")
	// ErrForbidden: 403, such as a contact that belongs to an integration.
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound: 404, said by Quo and not by some web server on the way.
	ErrNotFound = errors.New("not found")
	// ErrConflict: 409, another contact has the pair of source and externalId.
	ErrConflict = errors.New("conflict")
	// ErrUnheard: a write that may have been carried out, as a timeout, a cut connection, a 5xx or an answer that
	// cannot be read leave it open. A write that fails otherwise surely did not happen.
	ErrUnheard = errors.New("the outcome is unknown")
)

// errNotQuo means that BaseURL leads to some web site.
var errNotQuo = errors.New("the answer is a web page: this is not Quo's API: check quo.base_url")

// Error is a call that failed. It never holds the key.
type Error struct {
	Op      string // "update contact"
	Contact string // the id or externalId of the contact; "" when the call is not about one
	Status  int    // HTTP; 0 when no answer came
	Code    string // Quo's, such as "0801400"; "" when it gave none
	Message string // Quo's
	Trace   string // by which Quo's support finds the request
	Fields  []FieldError
	Err     error // what else went wrong: the network, the gate, the context

	unheard bool
	spoken  bool // the body is a JSON object, so that Quo's API said it
}

// FieldError is Quo's word on one member of a body.
type FieldError struct {
	Path    string
	Message string
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("quo: " + e.Op)
	if e.Contact != "" {
		b.WriteString(" " + e.Contact)
	}
	if e.Status != 0 || e.Message != "" {
		b.WriteString(":")
	}
	if e.Status != 0 {
		b.WriteString(" " + strconv.Itoa(e.Status))
	}
	if e.Message != "" {
		b.WriteString(" " + e.Message)
	}
	for _, f := range e.Fields {
		if strings.Contains(e.Message, f.Path) && strings.Contains(e.Message, f.Message) {
			continue // Quo puts the first one into its message too
		}
		b.WriteString("; " + strings.TrimSpace(f.Path+" "+f.Message))
	}
	b.WriteString(e.reference())
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.unheard {
		b.WriteString("; " + ErrUnheard.Error())
	}
	return b.String()
}

// Anonymous is Error without the external id or id of the contact; see [contact.Anonymous].
func (e *Error) Anonymous() string {
	anonymous := *e
	anonymous.Contact = ""
	return anonymous.Error()
}

func (e *Error) reference() string {
	var parts []string
	if e.Code != "" {
		parts = append(parts, "code "+e.Code)
	}
	if e.Trace != "" {
		parts = append(parts, "trace "+e.Trace)
	}
	if parts == nil {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// Is makes errors.Is tell what kind of refusal it is, and whether it is unheard.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrUnheard:
		return e.unheard
	case ErrInvalid:
		return e.Status == http.StatusBadRequest || e.Status == http.StatusUnprocessableEntity
	case ErrUnauthorized:
		return e.Status == http.StatusUnauthorized
	case ErrPayment:
		return e.Status == http.StatusPaymentRequired
	case ErrForbidden:
		return e.Status == http.StatusForbidden
	case ErrNotFound:
		return e.Status == http.StatusNotFound && e.spoken
	case ErrConflict:
		return e.Status == http.StatusConflict
	}
	return false
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// because adds what else went wrong.
func (e *Error) because(err error) {
	if e.Err != nil {
		err = fmt.Errorf("%w; %w", e.Err, err)
	}
	e.Err = err
}
