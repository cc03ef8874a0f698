package quo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// request is one call of the API: what to send, and what to make of the answer.
type request struct {
	op      string // for errors: "update contact"
	contact string // for errors: an id or an externalId
	method  string
	url     string
	body    []byte
	limit   int64                   // of the answer's body, in bytes
	calls   *atomic.Int64           // counts the attempts that are sent
	gate    *Gate                   // nil for reads
	read    func(body []byte) error // reads the answer to a request that succeeded
}

// writes reports whether the request may change something.
func (r request) writes() bool { return r.method != http.MethodGet }

// repeatable reports whether a second request does no harm when the first may have been carried out.
func (r request) repeatable() bool { return r.method != http.MethodPost }

func (r request) failed(err error) *Error {
	return &Error{Op: r.op, Contact: r.contact, Err: err}
}

// failure is an attempt that did not succeed.
type failure struct {
	err   *Error
	again bool          // another attempt does no harm and may help
	after time.Duration // how long Quo asks to wait before it; 0 when it does not say
}

// maxRetryAfter is the longest wait that Quo may ask for before a call gives up, for a run should not sit that long.
const maxRetryAfter = 2 * time.Minute

// do makes a call, with as many attempts as it may have. The error is an *Error. Once one attempt went unheard, the
// call has, unless a later one succeeds: a refusal of the second request says nothing about the first.
func (c *Client) do(ctx context.Context, r request) error {
	waits := c.backoff()
	unheard := false
	for attempt := 1; ; attempt++ {
		f := c.attempt(ctx, r, attempt > 1)
		if f == nil {
			return nil
		}
		unheard = unheard || f.err.unheard
		f.err.unheard = unheard
		if !f.again || attempt >= c.options.MaxAttempts {
			return f.err
		}
		if f.after > maxRetryAfter {
			f.err.because(fmt.Errorf("asks to wait %s", f.after))
			return f.err
		}
		if err := sleep(ctx, max(f.after, waits.NextBackOff())); err != nil {
			f.err.because(err)
			return f.err
		}
	}
}

// attempt sends one request when it is its turn, and judges the answer. It returns nil when the call succeeded.
func (c *Client) attempt(ctx context.Context, r request, repeat bool) *failure {
	asked := time.Now()
	if err := c.options.Limiter.wait(ctx, r.gate.record()); err != nil {
		return &failure{err: r.failed(throttled(err))}
	}
	if err := r.gate.allow(); err != nil {
		return &failure{err: r.failed(err)}
	}
	r.calls.Add(1)
	if repeat {
		c.calls.retries.Add(1)
	}
	sent := time.Now()
	a, left, err := c.send(ctx, r)
	c.observe(Exchange{Method: r.method, Status: a.status, Repeat: repeat, Waited: sent.Sub(asked), Took: time.Since(sent)})
	if err != nil {
		e := r.failed(c.redactError(err))
		e.unheard = left && r.writes()
		return &failure{err: e, again: !left || r.repeatable()}
	}
	if !r.writes() { // what a read makes of its answer shares no memory with it
		defer c.bodies.Put(&a.body)
	}
	return c.judge(r, a)
}

// throttled says that a wait for the limiter ended, unless the gate ended it.
func throttled(err error) error {
	if refused := new(recordError); errors.As(err, &refused) {
		return refused.error
	}
	return fmt.Errorf("throttle: %w", err)
}

// judge says what an answer means.
func (c *Client) judge(r request, a answer) *failure {
	c.options.Limiter.heard(a.header)
	if a.status == http.StatusTooManyRequests {
		c.calls.throttled.Add(1)
		c.options.Limiter.Throttled()
	}
	if !a.succeeded() {
		e := c.refusal(r, a)
		e.unheard = r.writes() && a.status/100 != 4
		again := a.status == http.StatusTooManyRequests || a.status >= 500 && r.repeatable()
		return &failure{err: e, again: again, after: retryAfter(a.header)}
	}
	if err := c.accept(r, a); err != nil {
		e := r.failed(err)
		e.Status, e.unheard = a.status, r.writes()
		return &failure{err: e, again: !r.writes() && !a.html()}
	}
	return nil
}

// accept reads the answer to a request that succeeded.
func (c *Client) accept(r request, a answer) error {
	switch {
	case a.html():
		return errNotQuo
	case a.cut != nil && !r.writes(): // what was written can be read back
		return c.redactError(a.cut)
	default:
		return r.read(a.body)
	}
}
