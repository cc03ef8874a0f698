package quo

import (
	"strconv"
	"strings"
	"time"
)

// jitter is how much earlier or later than sent a request may arrive without the limit being exceeded.
const jitter = 20 * time.Millisecond

// interval returns the time between two requests. The n-th request after one is sent 1s + 2*jitter after it, so that it
// arrives at least 1s after it even when the one arrives late and the other early: no sliding second holds n+1 of them.
// That uses 1/1.04 of the limit, 96%. It is rounded up to a whole microsecond, to be safe from rounding elsewhere.
func interval(perSecond float64) time.Duration {
	exact := float64(time.Second+2*jitter) / perSecond
	return time.Duration(exact/float64(time.Microsecond)+1) * time.Microsecond
}

const (
	oneThrottling = time.Second     // 429s that come this close together have one cause
	quiet         = 2 * time.Second // without a 429: the time for one step up, a tenth of the limit
)

// pace is the rate that a limiter keeps: the limit, or less after a 429. It halves, down to one a second, and recovers
// by steps.
type pace struct {
	limit, rate float64 // requests per second
	slowedAt    time.Time
	quietSince  time.Time // or since the last step up
}

func newPace(perSecond int) pace {
	return pace{limit: float64(perSecond), rate: float64(perSecond)}
}

// every returns the time between two requests.
func (p *pace) every(now time.Time) time.Duration {
	p.recover(now)
	return interval(p.rate)
}

func (p *pace) slow(now time.Time) {
	p.recover(now)
	if now.Sub(p.slowedAt) >= oneThrottling {
		p.rate = max(1, p.rate/2)
		p.slowedAt = now
	}
	p.quietSince = now
}

func (p *pace) recover(now time.Time) {
	steps := now.Sub(p.quietSince) / quiet
	p.rate = min(p.limit, p.rate+float64(steps)*p.limit/10)
	p.quietSince = p.quietSince.Add(steps * quiet)
}

// maxReset bounds what a ratelimit header can do.
const maxReset = 10 * time.Second

// readRateLimit reads ratelimit headers, such as `"per-second";r=9;t=1`: r requests are left for t seconds. It returns
// whether none is left, and for how long.
//
// https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers
func readRateLimit(headers []string) (reset time.Duration, exhausted bool) {
	for policy := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		left, seconds := -1, 1
		for parameter := range strings.SplitSeq(policy, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
			n, err := strconv.ParseUint(value, 10, 16)
			switch {
			case err != nil:
			case name == "r":
				left = int(n)
			case name == "t":
				seconds = int(n)
			}
		}
		if left == 0 {
			reset, exhausted = max(reset, time.Duration(seconds)*time.Second), true
		}
	}
	return min(reset, maxReset), exhausted
}
