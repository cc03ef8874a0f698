package sheets

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// epoch is the day 0 of a sheet's dates.
var epoch = time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC)

// maxExamples is how many dates of a column are looked at.
const maxExamples = 1000

// The forms in which sheets show dates and times of day, as Go layouts. Which of them a column has follows from its dates,
// for which the number is known too.
var (
	dayForms = []string{
		"2006-01-02", "2006-1-2", "2006/01/02", "2006/1/2", "2006.01.02", "2006.1.2",
		"1/2/2006", "01/02/2006", "2/1/2006", "02/01/2006", "1/2/06", "01/02/06", "2/1/06", "02/01/06",
		"1-2-2006", "01-02-2006", "2-1-2006", "02-01-2006", "2.1.2006", "02.01.2006", "2.1.06", "02.01.06",
		"2 Jan 2006", "02 Jan 2006", "2-Jan-2006", "02-Jan-2006", "2-Jan-06", "2 January 2006", "02 January 2006",
		"Jan 2, 2006", "January 2, 2006", "Mon, Jan 2, 2006", "Monday, January 2, 2006",
	}
	timeForms = []string{"", " 15:04:05", " 15:04", " 3:04:05 PM", " 3:04 PM", "T15:04:05", "T15:04:05Z07:00"}
)

// dateStyle is how one column shows its dates.
type dateStyle struct {
	layouts []string // all that fit
	example string
	dates   int // how many of its cells are dates
	others  int // how many are filled with something else
}

// style finds out how a column shows dates; it has none when the cells are not known as they are shown.
func (s *survey) style(column int) *dateStyle {
	if d := s.styles[column]; d != nil {
		return d
	}
	d := &dateStyle{}
	s.styles[column] = d
	if s.shown == nil {
		return d
	}
	for _, day := range dayForms {
		for _, clock := range timeForms {
			d.layouts = append(d.layouts, day+clock)
		}
	}
	for row := 1; row < len(s.entered) && d.dates < maxExamples; row++ {
		if !s.isDate(row, column) {
			if !s.cell(row, column).Empty() {
				d.others++
			}
			continue
		}
		days, text := at(s.entered, row, column).(float64), textOf(at(s.shown, row, column))
		d.dates, d.example = d.dates+1, text
		d.layouts = slices.DeleteFunc(d.layouts, func(layout string) bool { return dateOf(days).Format(layout) != text })
	}
	return d
}

// isDate reports whether a cell holds a number and shows something else. A formula is none.
func (s *survey) isDate(row, column int) bool {
	_, number := at(s.entered, row, column).(float64)
	_, text := at(s.shown, row, column).(string)
	return number && text
}

// dated returns the value for a text that goes into a cell: a number of days where the cell, or the column of one that is
// empty, holds dates.
func (s *survey) dated(row, column int, text string) (value, error) {
	d := s.style(column)
	empty := row >= len(s.entered) || s.cell(row, column).Empty()
	if d.dates == 0 || empty && d.dates <= d.others || !empty && !s.isDate(row, column) {
		return text, nil
	}
	return d.days(text)
}

// days is the number of days that a text stands for, in one of the forms that fit, or else as year-month-day.
func (d *dateStyle) days(text string) (float64, error) {
	var found []float64
	for _, layout := range d.layouts {
		if t, err := time.Parse(layout, text); err == nil && !slices.Contains(found, daysOf(t)) {
			found = append(found, daysOf(t))
		}
	}
	switch len(found) {
	case 0:
		if t, err := time.Parse(time.DateOnly, text); err == nil {
			return daysOf(t), nil
		}
		return 0, fmt.Errorf("the column shows dates like %q, in which syncd cannot write this one: "+
			"give the column the format yyyy-mm-dd", d.example)
	case 1:
		return found[0], nil
	}
	return 0, errors.New("the column's dates do not tell which comes first, day or month: " +
		"give the column the format yyyy-mm-dd")
}

func dateOf(days float64) time.Time {
	whole, part := math.Modf(days)
	return epoch.AddDate(0, 0, int(whole)).Add(time.Duration(math.Round(part*24*60*60)) * time.Second)
}

func daysOf(t time.Time) float64 {
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	clock := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
	return math.Round(day.Sub(epoch).Hours()/24) + clock.Hours()/24
}
