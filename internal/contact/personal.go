package contact

import (
	"fmt"
	"strings"
)

// Personal is an error that names a record or a contact to a person. A log does not: it says what Anonymous returns.
type Personal interface {
	error
	Anonymous() string
}

// Anonymous is what an error says without the names of records and contacts.
func Anonymous(err error) string {
	said := err.Error()
	for _, p := range personal(err) {
		said = strings.ReplaceAll(said, p.Error(), p.Anonymous())
	}
	return said
}

// personal returns the errors in a tree of errors that name somebody, the outer ones first.
func personal(err error) (all []Personal) {
	if p, ok := err.(Personal); ok { //nolint:errorlint // the tree is walked here
		all = append(all, p)
	}
	switch e := err.(type) { //nolint:errorlint // the tree is walked here
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			all = append(all, personal(inner)...)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			all = append(all, personal(inner)...)
		}
	}
	return all
}

// RecordError is why a record ends a run.
type RecordError struct {
	Key  string
	What string // a text with %s in place of the key
	Err  error  // the cause; nil when What says all
}

func (e *RecordError) Error() string { return e.with(e.Key) }

// Anonymous is Error without the key.
func (e *RecordError) Anonymous() string {
	anonymous := e.with("…")
	if e.Err != nil {
		anonymous = strings.TrimSuffix(anonymous, e.Err.Error()) + Anonymous(e.Err)
	}
	return anonymous
}

func (e *RecordError) Unwrap() error { return e.Err }

func (e *RecordError) with(key string) string {
	text := fmt.Sprintf(e.What, key)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}
