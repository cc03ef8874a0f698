package contact

import (
	"errors"
	"strings"
)

// booleanWords are the pairs of words that people write for true and false. An empty cell is not set, which
// also is how a column of x says false.
var booleanWords = []struct{ yes, no string }{
	{"true", "false"}, {"yes", "no"}, {"y", "n"}, {"on", "off"}, {"1", "0"}, {"x", ""},
}

// ParseBoolean reads a cell as true or false: the words above without case, a checkbox, the number 1 or 0. An
// empty cell is the zero Value; false is an empty Value too, with the Text "false".
func ParseBoolean(cell Cell) (Value, error) {
	s, err := cellText(cell)
	if err != nil || s == "" {
		return Value{}, err
	}
	if cell.Type == CellNumber {
		s, _ = NormalizeNumber(s)
	}
	for _, words := range booleanWords {
		switch {
		case strings.EqualFold(s, words.yes):
			return Value{Norm: "true", Text: "true"}, nil
		case strings.EqualFold(s, words.no):
			return Value{Text: "false"}, nil
		}
	}
	return Value{}, errors.New("this is neither true nor false: write true or false, yes or no, y or n, on or off, " +
		"1 or 0, x or nothing")
}

// BooleanWords returns the words for true and false of a person who wrote one of them: "No" gives "Yes" and
// "No". What is no such word is not ok.
func BooleanWords(text string) (yes, no string, ok bool) {
	s := NormalizeText(text)
	for _, words := range booleanWords {
		if s != "" && (strings.EqualFold(s, words.yes) || strings.EqualFold(s, words.no)) {
			return likeCase(words.yes, s), likeCase(words.no, s), true
		}
	}
	return "", "", false
}

// likeCase spells word, which is in lower case, as example is spelled: in capitals, with a capital, or neither.
func likeCase(word, example string) string {
	switch {
	case word == "" || example == strings.ToLower(example):
		return word
	case len(example) > 1 && example[1:] == strings.ToLower(example[1:]):
		return strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.ToUpper(word)
}
