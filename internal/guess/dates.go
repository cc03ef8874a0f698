package guess

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// someZone is where days begin while nothing but the form of a date matters.
var someZone = time.UTC

// numericDate is a date in numbers, year last: it may begin with the day or with the month.
var numericDate = regexp.MustCompile(`^(\d{1,2})([-./])(\d{1,2})[-./](\d{4}|\d{2})$`)

// dateFormats returns the formats that dates need to be read, nil when they need none or when nothing tells them: one for
// each separator and length of the year that the column has.
func dateFormats(texts []string) []string {
	var formats []string
	for _, text := range texts {
		m := numericDate.FindStringSubmatch(text)
		if m == nil || ambiguous(texts)(text) {
			continue
		}
		if format := dateFormat(texts, m[2], len(m[4])); !slices.Contains(formats, format) {
			formats = append(formats, format)
		}
	}
	return formats
}

// dateFormat is the format of the dates with a separator and so many digits of the year.
func dateFormat(texts []string, separator string, yearDigits int) string {
	padded := true
	for _, text := range texts {
		if m := numericDate.FindStringSubmatch(text); len(m) > 2 && m[2] == separator {
			padded = padded && len(m[1]) == 2 && len(m[3]) == 2
		}
	}
	day, month, year := "02", "01", "2006"
	if !padded {
		day, month = "2", "1"
	}
	if yearDigits == 2 {
		year = "06"
	}
	if dayFirst(texts) == no {
		day, month = month, day
	}
	return strings.Join([]string{day, month, year}, separator)
}

type answer int8

const (
	unknown answer = iota
	yes
	no
)

// dayFirst tells by the numbers above 12 whether the day comes first.
func dayFirst(texts []string) answer {
	for _, text := range texts {
		m := numericDate.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		first, _ := strconv.Atoi(m[1])
		second, _ := strconv.Atoi(m[3])
		switch {
		case first > 12:
			return yes
		case second > 12:
			return no
		}
	}
	return unknown
}

// ambiguous returns what reports whether a date among others may begin with the day or with the month. Those with dots
// begin with the day.
func ambiguous(texts []string) func(text string) bool {
	if dayFirst(texts) != unknown {
		return func(string) bool { return false }
	}
	return func(text string) bool {
		m := numericDate.FindStringSubmatch(text)
		return len(m) > 2 && m[2] != "."
	}
}
