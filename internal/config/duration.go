package config

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

const (
	day         = 24 * time.Hour
	maxDuration = 36500 * day
)

var errDuration = errors.New("write a duration such as 30s, 15m, 12h or 90d")

// parseDuration reads a Go duration that may start with days: "90d", "1d12h", "10m". It is never negative and at
// most a hundred years.
func parseDuration(text string) (time.Duration, error) {
	var days, rest time.Duration
	before, after, hasDays := strings.Cut(text, "d")
	if hasDays {
		n, err := strconv.ParseUint(before, 10, 16)
		if err != nil {
			return 0, errDuration
		}
		days, text = time.Duration(n)*day, after
	}
	if text != "" || !hasDays {
		var err error
		if rest, err = time.ParseDuration(text); err != nil {
			return 0, errDuration
		}
	}
	if rest < 0 || rest > maxDuration || days+rest > maxDuration {
		return 0, errDuration
	}
	return days + rest, nil
}
