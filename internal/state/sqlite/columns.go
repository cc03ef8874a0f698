package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"syncd/internal/contact"
)

// How Go values stand in the tables: a time as microseconds since 1970, a hash as 16 bytes, a document as JSON
// text; the zero time, the zero hash and a nil document as null. Each has a form for arguments and one for Scan.

func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

type scanTime struct{ into *time.Time }

func (c scanTime) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*c.into = time.Time{}
	case int64:
		*c.into = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("a time is stored as %T", value)
	}
	return nil
}

func hash(h contact.Hash) any {
	if h == (contact.Hash{}) {
		return nil
	}
	return h[:]
}

type scanHash struct{ into *contact.Hash }

func (c scanHash) Scan(value any) error {
	b, _ := value.([]byte)
	*c.into = contact.Hash{}
	copy(c.into[:], b)
	return nil
}

func raw(m json.RawMessage) any {
	if m == nil {
		return nil
	}
	return string(m)
}

// document is an argument that is written as JSON.
type document struct{ value any }

func (d document) Value() (driver.Value, error) {
	text, err := json.Marshal(d.value)
	if err != nil || string(text) == "null" {
		return nil, err
	}
	return string(text), nil
}

type scanDocument struct{ into any }

func (c scanDocument) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return nil // null; what is scanned into is empty
	}
	return json.Unmarshal([]byte(text), c.into)
}
