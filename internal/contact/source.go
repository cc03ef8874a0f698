package contact

import (
	"slices"
	"strings"
)

// LabelPrefix starts every label that syncd chooses itself.
const LabelPrefix = "syncd-"

// reserved are the values of source that Quo keeps for itself, together with all that start with one of
// reservedPrefixes: a create or an update that sends one is refused.
//
// https://www.quo.com/docs/mdx/api-reference/contacts/create-a-contact
var (
	reserved         = []string{"openphone", "device", "csv", "zapier", "google-people", "other"}
	reservedPrefixes = []string{"openphone", "csv"}
)

// ReservedSource reports whether Quo refuses source in a body, compared without case.
func ReservedSource(source string) bool {
	s := strings.ToLower(source)
	return slices.Contains(reserved, s) ||
		slices.ContainsFunc(reservedPrefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

func readOnlySource(source string) bool {
	s := strings.ToLower(source)
	return strings.HasPrefix(s, "openphone") || s == "google-people" || s == "device"
}
