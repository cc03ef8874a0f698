package quo

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// backoff returns the waits before repeats: a random part of 0.5s, 1s, 2s and so on up to 30s, or of as many times
// Options.FirstWait.
func (c *Client) backoff() backoff.BackOff {
	return &backoff.ExponentialBackOff{ // around a mean, so that twice the mean is the most
		InitialInterval:     c.options.FirstWait / 2,
		RandomizationFactor: 1,
		Multiplier:          2,
		MaxInterval:         30 * c.options.FirstWait, // a mean too
	}
}

// retryAfter returns the wait that an answer asks for, in seconds or until a date, or 0. A date counts from that of the
// answer, for the server's clock need not be this machine's.
//
// https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		now, err := http.ParseTime(h.Get("Date"))
		if err != nil {
			now = time.Now()
		}
		return max(0, at.Sub(now))
	}
	return 0
}

// sleep waits. It returns at once when ctx would end before the wait does.
func sleep(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return ctx.Err()
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
		return fmt.Errorf("no time left for a wait of %s: %w", wait.Round(time.Millisecond), context.DeadlineExceeded)
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
