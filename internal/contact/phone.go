package contact

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// ParsePhone reads a cell as one phone number and gives it in E.164. Numbers without a country code are those
// of region, an ISO 3166 code such as "US", and errors when it is "". Spellings of all kinds are fine:
// "(415) 555-0100", "tel:", 00 for +, words on the keypad, the apostrophe with which spreadsheets mark text, 4155550100.0.
// What would have to be guessed is an error: two numbers, scientific notation, a digit too few. A number must be
// valid and not only possible, for 555-0123 in the US is possible; numbers for examples, such as +14155550100,
// are valid.
func ParsePhone(cell Cell, region string) (Value, error) {
	s, err := cellText(cell)
	if err != nil || s == "" {
		return Value{}, err
	}
	switch cell.Type {
	case CellText:
	case CellNumber:
		if n, ok := NormalizeNumber(s); ok {
			s = n
		}
	default:
		return Value{}, errNoPhone
	}
	e164, err := phones.parse(s, region)
	if err != nil && cell.Type == CellNumber {
		err = fmt.Errorf("%w (the cell is typed as a number, which loses + and leading zeros: "+
			"format the column as plain text)", err)
	}
	return Value{Norm: e164, Text: e164}, err
}

// NormalizePhone returns the normal form of a phone number that Quo holds: E.164 if it is one, else the text.
func NormalizePhone(s, region string) string {
	s = NormalizeText(s)
	if e164, err := phones.parse(s, region); err == nil {
		return e164
	}
	return s
}

// phones remembers results, for the same numbers are parsed again and again: as cell, in Quo, after a write.
var phones = phoneCache{size: 1 << 15}

var (
	errNoPhone    = errors.New("this is not a phone number")
	errTwoPhones  = errors.New("there is more than one phone number: put each in a column of its own")
	errExtension  = errors.New("Quo's phone numbers have no extensions: put it in a column of its own")
	errNoRegion   = errors.New("the number has no country code: set region:, or write it with + and the country code")
	errWrongPhone = errors.New("this phone number cannot exist: a digit is wrong, missing or extra")
	errScientific = errors.New("the number is in scientific notation, which may have lost digits: " +
		"format the column as plain text and type it again")
)

const (
	maxPhone  = 250 // bytes; longer text is no phone number
	maxDigits = 18  // 15 of E.164 behind an international prefix such as 011
)

var (
	phoneStart  = regexp.MustCompile(`^[+＋(\p{Nd}]`)
	phoneAsReal = regexp.MustCompile(`^(\+?\d{7,})\.0$`)
	phoneBreaks = regexp.MustCompile(`[+＋,;&|/\r\n]|\s(?:or|and)\s`)
)

// parsePhone returns the phone number in s, which is in normal form and not empty, in E.164.
func parsePhone(s, region string) (string, error) {
	s = bare(s)
	switch {
	case scientificNumber.MatchString(s):
		return "", errScientific
	case len(s) > maxPhone || !phoneStart.MatchString(s):
		return "", errNoPhone
	case hasTwoPhones(s):
		return "", errTwoPhones
	}
	if rest, ok := strings.CutPrefix(s, "00"); ok {
		s = "+" + rest
	}
	n, err := phonenumbers.Parse(s, region)
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode) && region == "":
		return "", errNoRegion
	case err != nil:
		return "", errNoPhone
	case n.GetExtension() != "":
		return "", errExtension
	case strings.ContainsFunc(s, unicode.IsLetter) && !phonenumbers.IsAlphaNumber(s): // "415-555-0100 (m)"
		return "", errNoPhone
	case !phonenumbers.IsValidNumber(n):
		return "", errWrongPhone
	}
	return phonenumbers.Format(n, phonenumbers.E164), nil
}

// bare takes off what spreadsheets, links and address books put around a number: an apostrophe, tel:, invisible marks, and
// the .0 of an export that took the number for one with decimals.
func bare(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
	s = strings.TrimLeft(s, "'’")
	if len(s) > 4 && strings.EqualFold(s[:4], "tel:") {
		s = s[4:]
	}
	return phoneAsReal.ReplaceAllString(NormalizeText(s), "$1")
}

// hasTwoPhones reports whether two parts of s have the seven digits of a local number, or whether there are too
// many digits for one.
func hasTwoPhones(s string) bool {
	if countDigits(s) > maxDigits {
		return true
	}
	n := 0
	for _, part := range phoneBreaks.Split(s, -1) {
		if countDigits(part) >= 7 {
			n++
		}
	}
	return n > 1
}

func countDigits(s string) (n int) {
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}
