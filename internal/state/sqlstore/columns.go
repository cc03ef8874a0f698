package sqlstore

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"syncd/internal/contact"
)

// How Go values stand in the tables: a time, a hash, a text and a document each as the dialect has it; the zero time,
// the zero hash and a nil document as null. Each has a form for arguments and one for Scan.

// document is an argument that is written as JSON.
type document struct{ value any }

// texts is the argument for {in}.
type texts []string

// arguments returns parameters as the database takes them.
func (s *Store) arguments(args []any) []any {
	converted := make([]any, len(args))
	for i, arg := range args {
		converted[i] = s.argument(arg)
	}
	return converted
}

func (s *Store) argument(arg any) any {
	switch v := arg.(type) {
	case string:
		return s.text(v)
	case time.Time:
		if v.IsZero() {
			return nil
		}
		return s.Dialect.Time(v)
	case contact.Hash:
		if v == (contact.Hash{}) {
			return nil
		}
		return v[:]
	case json.RawMessage:
		if v == nil {
			return nil
		}
		return s.Dialect.JSON(string(v))
	case document:
		return s.document(v)
	case texts:
		return s.Dialect.Set(v)
	}
	if v := reflect.ValueOf(arg); v.Kind() == reflect.String { // a contact.Side, a state.RunStatus
		return s.text(v.String())
	}
	return arg
}

func (s *Store) text(v string) any {
	if s.Dialect.Text != nil {
		return s.Dialect.Text(v)
	}
	return v
}

// document returns the JSON of a value, null for a nil one.
func (s *Store) document(d document) any {
	text, err := json.Marshal(d.value)
	if err != nil {
		panic(fmt.Sprintf("state: a document that is no JSON: %v", err)) // maps and structs of texts
	}
	if string(text) == "null" {
		return nil
	}
	return s.Dialect.JSON(string(text))
}

type scanTime struct{ into *time.Time }

// Scan takes microseconds since 1970 or a time.
func (c scanTime) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*c.into = time.Time{}
	case int64:
		*c.into = time.UnixMicro(v).UTC()
	case time.Time:
		*c.into = v.UTC()
	default:
		return fmt.Errorf("a time is stored as %T", value)
	}
	return nil
}

type scanHash struct{ into *contact.Hash }

// Scan takes 16 bytes.
func (c scanHash) Scan(value any) error {
	b, _ := value.([]byte)
	*c.into = contact.Hash{}
	copy(c.into[:], b)
	return nil
}

type scanDocument struct{ into any }

// Scan takes JSON.
func (c scanDocument) Scan(value any) error {
	switch v := value.(type) {
	case string:
		return json.Unmarshal([]byte(v), c.into)
	case []byte:
		return json.Unmarshal(v, c.into)
	}
	return nil // null; what is scanned into is empty
}

// row is what a row of a result and the row of a one-row query have in common.
type row interface{ Scan(into ...any) error }

// row returns r with the texts as they were written.
func (s *Store) row(r row) row {
	if s.Dialect.Plain == nil {
		return r
	}
	return plainRow{r, s.Dialect.Plain}
}

type plainRow struct {
	row
	plain func(string) string
}

func (r plainRow) Scan(into ...any) error {
	if err := r.row.Scan(into...); err != nil {
		return err
	}
	for _, target := range into {
		switch text := target.(type) {
		case *string:
			*text = r.plain(*text)
		case *contact.Field:
			*text = contact.Field(r.plain(string(*text)))
		}
	}
	return nil
}
