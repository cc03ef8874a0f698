package contact

import (
	"errors"
	"net/mail"
	"strings"
)

// ParseEmail reads a cell as one bare e-mail address, which keeps its case in Text.
func ParseEmail(cell Cell) (Value, error) {
	s, err := cellText(cell)
	if err != nil || s == "" {
		return Value{}, err
	}
	if strings.Count(s, "@") > 1 {
		return Value{}, errors.New("there is more than one e-mail address: put each in a column of its own")
	}
	address, err := mail.ParseAddress(s)
	if err != nil || address.Address != s || !dotted(s[strings.LastIndex(s, "@")+1:]) {
		return Value{}, errors.New("this is not an e-mail address, such as name@example.com")
	}
	return Value{Norm: NormalizeEmail(s), Text: s}, nil
}

// NormalizeEmail returns the normal form of an e-mail address, and of whatever else stands in its place:
// e-mail addresses are compared without case.
func NormalizeEmail(s string) string { return Fold(s) }

// dotted reports whether a domain has a dot with something on both sides; mail.ParseAddress takes a@b.
func dotted(domain string) bool {
	dot := strings.LastIndex(domain, ".")
	return dot > 0 && dot < len(domain)-1
}
