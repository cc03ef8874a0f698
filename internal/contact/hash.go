package contact

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"syncd/internal/jsonread"
)

// Hash is the identity of some content: 128 bits of its SHA-256. The zero Hash is that of nothing.
type Hash [16]byte

// HashOf returns the hash of data.
func HashOf(data []byte) Hash {
	sum := sha256.Sum256(data)
	return Hash(sum[:16])
}

// ContentHash identifies the content of the contact: all that people see, whether mapped or not, and none of
// what Quo assigns (ids, times). The order of phone numbers, e-mails and custom fields does not count. Every contact of a
// workspace costs one call in every run.
func (c Contact) ContentHash() Hash {
	b := make([]byte, 0, 1024) // large enough for most contacts to need no memory from the heap
	for _, s := range [...]string{c.ExternalID, c.Source, c.SourceURL, c.FirstName, c.LastName, c.Company, c.Role} {
		b = appendText(b, s)
	}
	b = appendItems(appendItems(b, c.PhoneNumbers), c.Emails)
	b = appendCustomFields(b, c.CustomFields)
	return HashOf(appendMembers(b, c.Extra))
}

// appendText appends a text and where it ends, so that nothing can be taken for the end of one and the start of another.
func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// What stands before one of a set, and after the last one.
const (
	oneMore = 1
	noMore  = 0
)

func appendItems(b []byte, items []Item) []byte {
	ends := append(make([]int, 0, 8), len(b))
	for i := range items {
		b = appendText(appendText(append(b, oneMore), items[i].Name), items[i].Value)
		b = appendMembers(b, items[i].Extra)
		ends = append(ends, len(b))
	}
	sortParts(b, ends)
	return append(b, noMore)
}

func appendCustomFields(b []byte, fields []CustomField) []byte {
	ends := append(make([]int, 0, 16), len(b))
	for i := range fields {
		if f := &fields[i]; !f.Null() {
			b = appendRaw(appendText(append(b, oneMore), f.Key), f.Value)
			ends = append(ends, len(b))
		}
	}
	sortParts(b, ends)
	return append(b, noMore)
}

// sortParts brings the parts of b that end where the next one starts into an order that depends on nothing but what they
// hold.
func sortParts(b []byte, ends []int) {
	if len(ends) < 3 {
		return
	}
	parts := make([]string, len(ends)-1)
	for i := range parts {
		parts[i] = string(b[ends[i]:ends[i+1]])
	}
	slices.Sort(parts)
	at := b[ends[0]:]
	for _, part := range parts {
		at = at[copy(at, part):]
	}
}

func appendMembers(b []byte, members map[string]json.RawMessage) []byte {
	b = binary.AppendUvarint(b, uint64(len(members)))
	if len(members) == 0 {
		return b
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		b = appendRaw(appendText(b, name), members[name])
	}
	return b
}

// appendRaw appends a JSON value in one spelling, whatever its white space, escapes, numbers (7.0) and order of members.
func appendRaw(b []byte, raw json.RawMessage) []byte {
	r := jsonread.New(raw)
	start := len(b)
	if kind := r.Kind(); kind == '[' || kind == '{' { // which are rare: b would move to the heap for every contact
		b = append(b, spelt(r)...)
	} else {
		b = appendScalar(b, r)
	}
	if r.End() != nil { // no JSON
		return appendText(append(b[:start], '?'), string(raw))
	}
	return b
}

// appendScalar appends a value that is neither an array nor an object.
func appendScalar(b []byte, r *jsonread.Reader) []byte {
	if r.Kind() == '"' {
		return appendText(append(b, '"'), r.Text())
	}
	raw := r.Raw()
	if n, ok := NormalizeNumber(raw); ok {
		raw = n
	}
	return appendText(append(b, '0'), raw)
}

// spelt returns any value in one spelling.
func spelt(r *jsonread.Reader) []byte {
	switch r.Kind() {
	case '[':
		list := []byte{'['}
		r.Array(func() { list = append(list, spelt(r)...) })
		return append(list, ']')
	case '{':
		members := map[string]string{}
		r.Object(func(name string) { members[name] = string(spelt(r)) })
		object := []byte{'{'}
		for _, name := range slices.Sorted(maps.Keys(members)) {
			object = append(appendText(object, name), members[name]...)
		}
		return append(object, '}')
	}
	return appendScalar(nil, r)
}

// Null reports whether the custom field holds nothing: null, an empty text or an empty list. Whether Quo
// keeps an emptied field or drops it is not documented, so both mean the same.
func (f CustomField) Null() bool {
	switch strings.TrimSpace(string(f.Value)) {
	case "", "null", `""`, "[]":
		return true
	}
	return false
}
