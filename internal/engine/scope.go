package engine

import (
	"slices"
	"strings"
	"unicode"

	"syncd/internal/contact"
)

// UnknownKey is a key that a run was scoped to and that no row, link or contact of the sync has.
type UnknownKey struct {
	Key  string
	Near string // a key that there is and that reads alike, "" when none does
}

// unknownKeys are the keys of the scope that nothing has.
func (r *run) unknownKeys(snap *snapshot) []UnknownKey {
	var unknown []UnknownKey
	for _, key := range r.request.Only {
		if snap.entries[key] != nil || slices.ContainsFunc(unknown, func(u UnknownKey) bool { return u.Key == key }) {
			continue
		}
		u := UnknownKey{Key: key}
		for other := range snap.entries {
			if alike(key) == alike(other) && (u.Near == "" || other < u.Near) {
				u.Near = other
			}
		}
		unknown = append(unknown, u)
	}
	return unknown
}

// alike is the same for keys that people take for each other: without case, punctuation and zeros before a number. That two
// keys differ in one letter says nothing, for most neighbours do.
func alike(key string) string {
	var b strings.Builder
	digit := false
	for _, r := range contact.Fold(key) {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r), r == '0' && !digit:
			continue
		}
		digit = unicode.IsDigit(r)
		b.WriteRune(r)
	}
	return b.String()
}
