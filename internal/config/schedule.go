package config

import (
	"errors"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// someTime stands for now where only the existence of a next time matters, so that a file is right or wrong
// whenever it is read.
var someTime = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// ParseSchedule reads a schedule: five cron fields, a descriptor such as "@hourly", or "@every 15m". Its times are
// in the location of the time that Next is given, unless the schedule starts with CRON_TZ=ZONE.
//
// It refuses what the library lets through: an interval below one second or a negative one (which would fire
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
		return nil, err
	}
	if _, interval, ok := strings.Cut(spec, "@every "); ok {
		if d, err := time.ParseDuration(interval); err != nil || d < time.Second {
			return nil, errors.New("an interval is at least 1s")
		}
	}
	if schedule.Next(someTime).IsZero() {
		return nil, errors.New("that day never comes")
	}
	return schedule, nil
}
