package quosim

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// limiter counts each key's arrivals of the last second. Refused requests count too: that is the stricter reading of
// "excess gets 429 until the next second".
//
// https://www.quo.com/docs/mdx/api-reference/rate-limits
type limiter struct {
	perSecond int // negative: no limit
	arrivals  map[string][]time.Time
}

// arrive counts an arrival. It returns how many more the key may have in this second, and whether this one may pass.
func (l *limiter) arrive(key string, at time.Time) (remaining int, ok bool) {
	if l.perSecond < 0 {
		return 0, true
	}
	window := slices.DeleteFunc(l.arrivals[key], func(t time.Time) bool { return at.Sub(t) >= time.Second })
	window = append(window, at)
	l.arrivals[key] = window
	return max(l.perSecond-len(window), 0), len(window) <= l.perSecond
}

// headers sets what was observed on live answers, of all kinds.
func (l *limiter) headers(h http.Header, remaining int) {
	if l.perSecond < 0 {
		return
	}
	h.Set("ratelimit", fmt.Sprintf(`"per-second";r=%d;t=1`, remaining))
	h.Set("ratelimit-policy", fmt.Sprintf(`"per-second";q=%d;w=1`, l.perSecond))
}
