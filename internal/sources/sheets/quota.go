package sheets

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// PerMinute is how many reads, and how many writes, syncd makes in a minute with one credential. Google's limit is 60
// of each for every user of a project, and a service account is one user.
//
// https://developers.google.com/workspace/sheets/api/limits
const PerMinute = 50

// burst is how many requests may come at once. Together with PerMinute they stay within the limit in any minute, and
// those of one run need not wait.
const burst = 10

// Google asks for no more than about one request a second for one spreadsheet.
const (
	perSpreadsheet      = time.Second
	burstPerSpreadsheet = 8
)

// Quota keeps the limits of one credential. All sheets that use the credential share one; it is safe for concurrent
// use.
type Quota struct {
	perMinute int
	reads     counter
	writes    counter

	mu           sync.Mutex
	spreadsheets map[string]*rate.Limiter
}

// counter is one of Google's counts.
type counter struct {
	*rate.Limiter

	mu          sync.Mutex
	pausedUntil time.Time
}

// NewQuota returns a quota of so many reads and as many writes a minute; 0 or less means no limit.
func NewQuota(perMinute int) *Quota {
	limit, room := rate.Limit(float64(perMinute)/time.Minute.Seconds()), burst
	if perMinute <= 0 {
		limit, room = rate.Inf, 0
	}
	return &Quota{
		perMinute:    perMinute,
		reads:        counter{Limiter: rate.NewLimiter(limit, room)},
		writes:       counter{Limiter: rate.NewLimiter(limit, room)},
		spreadsheets: map[string]*rate.Limiter{},
	}
}

// wait returns when a request for the spreadsheet may be sent.
func (q *Quota) wait(ctx context.Context, c *counter, spreadsheet string) error {
	if err := c.Wait(ctx); err != nil {
		return err
	}
	if err := q.spreadsheet(spreadsheet).Wait(ctx); err != nil {
		return err
	}
	return sleep(ctx, time.Until(c.resumesAt()))
}

func (q *Quota) spreadsheet(id string) *rate.Limiter {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.spreadsheets[id]
	if l == nil {
		l = rate.NewLimiter(rate.Every(perSpreadsheet), burstPerSpreadsheet)
		if q.perMinute <= 0 {
			l = rate.NewLimiter(rate.Inf, 0)
		}
		q.spreadsheets[id] = l
	}
	return l
}

// exceeded tells that Google counted too many requests, as it can when somebody else uses the credential: nothing more
// is sent until the next minute, when it counts anew. Google's minute need not begin when ours does.
func (c *counter) exceeded() {
	now := time.Now()
	rest := time.Minute - now.Sub(now.Truncate(time.Minute))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pausedUntil = now.Add(rest + time.Duration(rand.Int64N(int64(5*time.Second)))) // by the monotonic clock
}

func (c *counter) resumesAt() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pausedUntil
}

func sleep(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
