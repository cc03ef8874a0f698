package contact

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// The layouts that mean one date and no other. Month names are read without case.
var (
	dayLayouts = []string{
		"2006-01-02", "2006-1-2", "2006/01/02", "2006/1/2", "2006.01.02", "2006.1.2",
		"2 Jan 2006", "2 January 2006", "Jan 2, 2006", "January 2, 2006", "Monday, January 2, 2006",
	}
	timeLayouts = []string{
		time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z07",
		"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04",
	}
	dateLayouts = append(dayLayouts[:len(dayLayouts):len(dayLayouts)], timeLayouts...)
)

// The years that a date may have; others are slips of the pen.
const minYear, maxYear = 1800, 2200

// isoDay is the normal form of a date, as a Go layout.
const isoDay = time.DateOnly

// ParseDate reads a cell as a calendar date. A typed date is one, an instant gives its day in loc. Text is read
// by formats, which are Go layouts, and then by those layouts that mean one date and no other; 03/04/2026 needs
// a format. loc must not be nil.
func ParseDate(cell Cell, formats []string, loc *time.Location) (Value, error) {
	s, err := cellText(cell)
	if err != nil || s == "" {
		return Value{}, err
	}
	switch cell.Type {
	case CellText:
	case CellDate, CellTime:
		formats = nil
	default:
		return Value{}, errors.New("this is not a date: format the column as a date")
	}
	t, layout, err := parseDate(s, formats)
	if err != nil {
		return Value{}, err
	}
	if hasOffset(layout) {
		t = t.In(loc)
	}
	if t.Year() < minYear || t.Year() > maxYear {
		return Value{}, fmt.Errorf("the year is not between %d and %d", minYear, maxYear)
	}
	day := t.Format(isoDay)
	return Value{Norm: day, Text: day}, nil
}

// DateLayout returns the layout in which ParseDate reads a text, so that another date can be written like it.
func DateLayout(text string, formats []string) (layout string, ok bool) {
	_, layout, err := parseDate(NormalizeText(text), formats)
	return layout, err == nil
}

// ParseTime reads a cell as an instant. Text without an offset is a time of day in loc; without a loc, and
// without a time of day, it is an error.
func ParseTime(cell Cell, loc *time.Location) (time.Time, error) {
	s, err := cellText(cell)
	if err != nil {
		return time.Time{}, err
	}
	if s == "" {
		return time.Time{}, errors.New("the cell is empty")
	}
	for _, layout := range timeLayouts {
		if hasOffset(layout) {
			if t, err := time.Parse(layout, s); err == nil {
				return t, nil
			}
			continue
		}
		if _, err := time.Parse(layout, s); err != nil {
			continue
		}
		if loc == nil {
			return time.Time{}, errors.New("the time has no offset from UTC: set timezone:")
		}
		return time.ParseInLocation(layout, s, loc)
	}
	return time.Time{}, errors.New("this is not a date with a time of day, such as 2026-03-04 15:04:05")
}

var (
	errNoDate       = errors.New("this is not a date that syncd can read: write it like 2026-03-04, or set formats:")
	errNoSuchDay    = errors.New("there is no such day")
	errNotMonth     = errors.New("there is no such day when the month comes first, as formats: says")
	errNotDay       = errors.New("there is no such day when the day comes first, as formats: says")
	errDayOrMonth   = errors.New("which comes first, day or month? Set formats:, such as 01/02/2006 for month first")
	errWrongWeekday = errors.New("the date is not that day of the week")

	dayOrMonth = regexp.MustCompile(`^\d{1,2}[/.-]\d{1,2}[/.-](\d{2}|\d{4})$`)
)

// parseDate returns the date in s, in its own offset or else in UTC, and the layout that read it.
func parseDate(s string, formats []string) (t time.Time, layout string, err error) {
	failure := errNoDate
	for _, layouts := range [][]string{formats, dateLayouts} {
		for _, layout := range layouts {
			t, err := time.Parse(layout, s)
			if err == nil {
				return t, layout, checkWeekday(t, layout, s)
			}
			if e := (*time.ParseError)(nil); errors.As(err, &e) && strings.Contains(e.Message, "out of range") {
				failure = noSuchDay(layout)
			}
		}
	}
	if failure == errNoDate && dayOrMonth.MatchString(s) {
		failure = errDayOrMonth
	}
	return time.Time{}, "", failure
}

// noSuchDay is why a text that has the form of a layout is no date.
func noSuchDay(layout string) error {
	switch first, _, _ := strings.Cut(strings.NewReplacer(".", "/", "-", "/").Replace(layout), "/"); first {
	case "1", "01":
		return errNotMonth
	case "2", "02":
		return errNotDay
	}
	return errNoSuchDay
}

// checkWeekday looks at the day of the week, which time.Parse reads and forgets.
func checkWeekday(t time.Time, layout, s string) error {
	if strings.HasPrefix(layout, "Monday") && !strings.HasPrefix(strings.ToLower(s), strings.ToLower(t.Weekday().String())) {
		return errWrongWeekday
	}
	return nil
}

// hasOffset reports whether a layout reads an offset from UTC, so that it gives an instant.
func hasOffset(layout string) bool {
	return strings.Contains(layout, "Z07") || strings.Contains(layout, "-07")
}
