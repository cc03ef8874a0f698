package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"syncd/internal/contact"
)

// someTime stands for now where only the existence of a next time matters, so that a file is right or wrong
// whenever it is read.
var someTime = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// ParseSchedule reads a schedule: five cron fields, a descriptor such as "@hourly", or "@every 15m". Its times are
// in the location of the time that Next is given, unless the schedule starts with CRON_TZ=ZONE.
//
// The error says which part is wrong and what it may be. It refuses what the library lets through: an interval below one second or a negative one (which would fire
// every second), a day that never comes, and a zone without a schedule (which makes it panic).
//
// https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format
func ParseSchedule(spec string) (schedule cron.Schedule, err error) {
	defer func() {
		if recover() != nil {
			schedule, err = nil, errors.New("a time zone without a schedule")
		}
	}()
	schedule, err = cron.ParseStandard(spec)
	if err != nil {
		return nil, wrongSchedule(spec)
	}
	if _, interval, ok := strings.Cut(spec, "@every "); ok {
		if d, err := time.ParseDuration(interval); err != nil || d < time.Second {
			return nil, errInterval
		}
	}
	if schedule.Next(someTime).IsZero() {
		return nil, errors.New("that day never comes")
	}
	return schedule, nil
}

var errInterval = errors.New("an interval needs a unit and must be at least 1s")

// descriptors are the schedules that have a name.
var descriptors = []string{"@hourly", "@daily", "@weekly", "@monthly", "@yearly", "@annually", "@midnight"}

// cronFields are the fields of a schedule, and what may stand there.
var cronFields = []struct{ name, takes string }{
	{"minute", "0 to 59"}, {"hour", "0 to 23"}, {"day of the month", "1 to 31"},
	{"month", "1 to 12 or JAN to DEC"}, {"day of the week", "0 to 6 or SUN to SAT"},
}

// wrongSchedule says what is wrong with a schedule that the library refuses: the library's words are about its parser.
func wrongSchedule(spec string) error {
	fields := strings.Fields(spec)
	if len(fields) == 0 {
		return errors.New("it is empty")
	}
	if _, zone, ok := strings.Cut(fields[0], "TZ="); ok {
		if _, err := time.LoadLocation(zone); err != nil {
			return fmt.Errorf("there is no time zone %q", zone)
		}
		fields = fields[1:]
	}
	switch word := strings.Join(fields, " "); {
	case strings.HasPrefix(word, "@every"):
		return errInterval
	case strings.HasPrefix(word, "@"):
		if near := contact.Nearest(word, descriptors); near != "" {
			return fmt.Errorf("it may mean %s", near)
		}
		return fmt.Errorf("there are %s", strings.Join(descriptors, ", "))
	case len(fields) < len(cronFields):
		return errors.New("it lacks some of the five fields: minute, hour, day of the month, month, day of the week")
	case len(fields) > len(cronFields):
		return errors.New("it has more than the five fields: minute, hour, day of the month, month, day of the week")
	}
	for i, f := range cronFields {
		alone := slices.Repeat([]string{"*"}, len(cronFields))
		alone[i] = fields[i]
		if _, err := cron.ParseStandard(strings.Join(alone, " ")); err != nil {
			return fmt.Errorf("the %s is %s, not %q", f.name, f.takes, fields[i])
		}
	}
	return errors.New("it cannot be read")
}
