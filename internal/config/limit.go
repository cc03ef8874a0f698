package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Limit is how many operations pass: a share of the linked rows or a count. The zero Limit holds all.
type Limit struct {
	Percent   float64 // 10 for "10%"
	Count     int
	IsPercent bool
}

var errLimit = errors.New(`write a share such as 10%, or a count such as 25; 0 holds all`)

// UnmarshalText reads "10%" or "25".
func (l *Limit) UnmarshalText(text []byte) error {
	share, percent := strings.CutSuffix(string(text), "%")
	if !percent {
		count, err := strconv.Atoi(share)
		if err != nil || count < 0 {
			return errLimit
		}
		*l = Limit{Count: count}
		return nil
	}
	value, err := strconv.ParseFloat(strings.TrimSpace(share), 64)
	if err != nil || !(value >= 0) || math.IsInf(value, 0) {
		return errLimit
	}
	*l = Limit{Percent: value, IsPercent: true}
	return nil
}

func (l Limit) String() string {
	if l.IsPercent {
		return strconv.FormatFloat(l.Percent, 'f', -1, 64) + "%"
	}
	return strconv.Itoa(l.Count)
}
