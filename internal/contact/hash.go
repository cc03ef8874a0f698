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
	for _, items := range [...][]Item{c.PhoneNumbers, c.Emails} {
		b = appendSet(b, items, func(b []byte, i *Item) []byte {
			return appendMembers(appendText(appendText(b, i.Name), i.Value), i.Extra)
		})
	}
	b = appendSet(b, c.CustomFields, func(b []byte, f *CustomField) []byte {
		if f.Null() {
			return b
		}
		return appendRaw(appendText(b, f.Key), f.Value)
	})
	return HashOf(appendMembers(b, c.Extra))
}

// appendText appends a text and where it ends, so that nothing can be taken for the end of one and the start of another.
func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendSet appends what one appends for each item, in an order that does not depend on theirs. Items for which it
// appends nothing do not count.
func appendSet[T any](b []byte, items []T, one func(b []byte, item *T) []byte) []byte {
	var room [8]string
	set, start := room[:0], len(b)
	for i := range items {
		if b = one(b[:start], &items[i]); len(b) > start {
			set = append(set, string(b[start:]))
		}
	}
	slices.Sort(set)
	b = binary.AppendUvarint(b[:start], uint64(len(set)))
	for _, s := range set {
		b = appendText(b, s)
	}
	return b
}

func appendMembers(b []byte, members map[string]json.RawMessage) []byte {
	b = binary.AppendUvarint(b, uint64(len(members)))
	for _, name := range slices.Sorted(maps.Keys(members)) {
		b = appendRaw(appendText(b, name), members[name])
	}
	return b
}

// appendRaw appends a JSON value in one spelling, whatever its white space, escapes, numbers (7.0) and order of members.
func appendRaw(b []byte, raw json.RawMessage) []byte {
	r := jsonread.New(string(raw))
	start := len(b)
	if b = appendValue(b, r); r.End() != nil { // no JSON
		return appendText(append(b[:start], '?'), string(raw))
	}
	return b
}

func appendValue(b []byte, r *jsonread.Reader) []byte {
	switch kind := r.Kind(); kind {
	case '"':
		return appendText(append(b, kind), r.Text())
	case '[':
		b = append(b, kind)
		r.Array(func() { b = appendValue(b, r) })
		return append(b, ']')
	case '{':
		members := map[string]json.RawMessage{}
		r.Object(func(name string) { members[name] = json.RawMessage(r.Raw()) })
		return appendMembers(append(b, kind), members)
	}
	raw := r.Raw()
	if n, ok := NormalizeNumber(raw); ok {
		raw = n
	}
	return appendText(append(b, '0'), raw)
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
