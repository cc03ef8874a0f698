package config

import "errors"

// Match says what to do about twins, contacts of other people with the phone number or e-mail of a new row. The
// zero Match is "none".
type Match struct {
	Ask   bool // report the row
	Phone bool // adopt the contact with its phone number
	Email bool // adopt the contact with its e-mail
}

var errMatch = errors.New("match must be one of ask, none, [phone] and [phone, email]")

// UnmarshalText reads "ask" or "none".
func (m *Match) UnmarshalText(text []byte) error {
	switch string(text) {
	case "ask":
		*m = Match{Ask: true}
	case "none":
		*m = Match{}
	default:
		return errMatch
	}
	return nil
}

func (m *Match) setList(words []string) error {
	var list Match
	for _, word := range words {
		switch word {
		case "phone":
			list.Phone = true
		case "email":
			list.Email = true
		default:
			return errMatch
		}
	}
	if !list.Phone {
		return errMatch
	}
	*m = list
	return nil
}
