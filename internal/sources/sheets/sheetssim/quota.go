package sheetssim

import (
	"slices"
	"time"
)

// perProject is the quota of all users of the project together.
const perProject = 300

// quota counts what was let through in the last minute, of each class and for each user: in no sixty seconds are there
// more than the quota, which is the strictest reading of "refilled every minute".
//
// https://developers.google.com/workspace/sheets/api/limits
type quota struct{ passed []passage }

type passage struct {
	at    time.Time
	class Class
	user  string
}

// pass returns the refusal of a request that is one too many.
func (q *quota) pass(p passage, perUser int) *apiError {
	q.passed = slices.DeleteFunc(q.passed, func(old passage) bool { return p.at.Sub(old.at) >= time.Minute })
	var all, own int
	for _, old := range q.passed {
		if old.class == p.class {
			all++
			own += btoi(old.user == p.user)
		}
	}
	switch {
	case perUser < 0:
		return nil
	case own >= perUser:
		return exhausted(p.class, "per minute per user", "PerMinutePerUser", perUser)
	case all >= perProject:
		return exhausted(p.class, "per minute", "PerMinutePerProject", perProject)
	}
	q.passed = append(q.passed, p)
	return nil
}
