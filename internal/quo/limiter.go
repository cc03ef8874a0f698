package quo

import (
	"context"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Slots hands out the times at which requests may be sent, to one process or to many. Of state.Store this is all that
// a Limiter needs.
type Slots interface {
	// Reserve takes the next n slots of a limit, spaced every apart, none of them in the past, and returns how
	// long from now the first one is.
	Reserve(ctx context.Context, limit string, n int, every time.Duration) (time.Duration, error)
}

// lateness is how long after its slot a request may still be sent. It comes out of the jitter that the spacing allows
// for, of which the network needs the most.
const lateness = 5 * time.Millisecond

// Limiter keeps the limit of one API key. It is safe for concurrent use.
type Limiter struct {
	perSecond int
	slots     Slots
	name      string // of the limit, in slots
	ahead     int    // how many slots are reserved at once
	shared    bool   // with other processes

	turn  chan struct{} // held by the one who waits for the next slot; the others queue up
	ready slots         // reserved and not used yet; of the one whose turn it is
	// recordTook is how long the last record took; of the one whose turn it is.
	recordTook time.Duration

	mu          sync.Mutex // guards what follows
	pace        pace
	pausedUntil time.Time
	sent        []time.Time // the last perSecond requests, as a ring
	oldest      int         // in sent
}

// NewLimiter returns a limiter for perSecond requests in any sliding second; 0 or less means no limit. With slots it
// shares the limit with all processes that use the same slots and name. The name identifies the key and must not be
// the key: a hash of it.
func NewLimiter(perSecond int, slots Slots, name string) *Limiter {
	l := &Limiter{perSecond: perSecond, slots: slots, name: name, turn: make(chan struct{}, 1)}
	if perSecond <= 0 {
		return l
	}
	l.pace = newPace(perSecond)
	l.sent = make([]time.Time, perSecond)
	l.ahead, l.shared = max(1, perSecond/2), true // half a second's worth
	if slots == nil {
		l.slots = local{rate.NewLimiter(rate.Every(interval(float64(perSecond))), 1)}
		l.ahead, l.shared = 1, false
	}
	return l
}

// local are the slots of one process.
type local struct{ rate *rate.Limiter }

func (l local) Reserve(_ context.Context, _ string, n int, every time.Duration) (time.Duration, error) {
	now := time.Now()
	l.rate.SetLimitAt(now, rate.Every(every))
	return l.rate.ReserveN(now, n).DelayFrom(now), nil
}

// Wait returns when the next request may be sent, which must then happen at once. It returns an error, and gives up its
// place, when ctx ends or would end before that.
func (l *Limiter) Wait(ctx context.Context) error { return l.wait(ctx, &record{}) }

// wait is Wait, with something to record before the request. It is recorded while others have their turn, so that the
// requests that queue up are recorded together; again shortly before the slot, for one that has queued too long by then.
func (l *Limiter) wait(ctx context.Context, rec *record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := rec.write(ctx); err != nil || l.perSecond <= 0 {
		return err
	}
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		if err := sleep(ctx, time.Until(l.resumeAt())); err != nil {
			return err
		}
		slot, err := l.nextSlot(ctx)
		if err != nil {
			return err
		}
		if err := sleep(ctx, time.Until(slot)-l.recordAhead()); err != nil {
			return err // the slot stays for whoever comes next
		}
		start := time.Now()
		if err := rec.write(ctx); err != nil {
			return err
		}
		l.recordTook = time.Since(start)
		if err := sleep(ctx, time.Until(slot)); err != nil {
			return err
		}
		if time.Since(slot) <= lateness && l.use(time.Now()) {
			l.ready.pass()
			return nil
		}
	}
}

// recordAhead is how long before its slot a request is recorded: twice as long as it took last time.
func (l *Limiter) recordAhead() time.Duration {
	return min(max(50*time.Millisecond, 2*l.recordTook), time.Second)
}

// RecordedAhead is how long before it is sent, at most, a write is recorded: some intervals of the slowest pace, for a
// request that misses its slot takes the next one.
const RecordedAhead = 5 * time.Second

// record is what is written down before a request is sent.
type record struct {
	do func(context.Context) error // nil for nothing
	at time.Time
}

// write writes it down, unless it was just now.
func (r *record) write(ctx context.Context) error {
	if r.do == nil || time.Since(r.at) < RecordedAhead*4/5 {
		return nil
	}
	if err := r.do(ctx); err != nil {
		return &recordError{err}
	}
	r.at = time.Now()
	return nil
}

// recordError tells a request that could not be recorded from one whose wait ended.
type recordError struct{ error }

func (e *recordError) Unwrap() error { return e.error }

// nextSlot returns the next slot that has not passed. A slot that passed is lost, for who catches up bursts.
func (l *Limiter) nextSlot(ctx context.Context) (time.Time, error) {
	for now := time.Now(); l.ready.left > 0 && now.Sub(l.ready.next) > lateness; {
		l.ready.pass()
	}
	if l.ready.left == 0 {
		if err := l.reserve(ctx); err != nil {
			return time.Time{}, err
		}
	}
	return l.ready.next, nil
}

// slots are times at which requests may be sent.
type slots struct {
	next  time.Time
	every time.Duration
	left  int
}

func (s *slots) pass() { s.next, s.left = s.next.Add(s.every), s.left-1 }

// reserve fills ready. Our slots stand as much too late as the answer took to arrive after the slots were counted out,
// at most as long as the whole call. What of that the jitter does not cover would run into the slots of the process
// that reserved next, so our last ones are left unused for it.
func (l *Limiter) reserve(ctx context.Context) error {
	every, start := l.every(), time.Now()
	first, err := l.slots.Reserve(ctx, l.name, l.ahead, every)
	if err != nil {
		return err
	}
	now, n := time.Now(), l.ahead
	for late := now.Sub(start) - jitter; late > 0 && n > 1; late -= every {
		n--
	}
	l.ready = slots{now.Add(first), every, n}
	return nil
}

func (l *Limiter) every() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pace.every(time.Now())
}

func (l *Limiter) resumeAt() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pausedUntil
}

// use records a request, unless there is a pause.
func (l *Limiter) use(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Before(l.pausedUntil) {
		return false
	}
	l.sent[l.oldest] = now
	l.oldest = (l.oldest + 1) % len(l.sent)
	return true
}

// Throttled tells that Quo answered a request with 429: somebody else uses the key too, or the limit is lower than
// thought. The limiter slows down, and recovers step by step while no more of these come.
func (l *Limiter) Throttled() {
	if l.perSecond <= 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pace.slow(time.Now())
}

// heard reads the ratelimit header of an answer. When nothing is left although we did not use it up, somebody else
// does, and nothing is sent until there is more. Where the limit is shared, who used it up is not known, and only a
// 429 tells.
func (l *Limiter) heard(h http.Header) {
	reset, exhausted := readRateLimit(h.Values("Ratelimit"))
	if !exhausted || l.perSecond <= 0 || l.shared {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if usedUp := now.Sub(l.sent[l.oldest]) < 3*time.Second/2; usedUp { // a second, and the way of the answer
		return
	}
	l.pausedUntil = now.Add(reset)
}
