package quo

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"syncd/internal/quo/quosim"
)

// table is what processes share: the slots of a limit, by a common clock, behind calls that take their time.
type table struct {
	mu       sync.Mutex
	next     time.Time
	before   time.Duration // how long a call takes before the slots are counted out
	after    time.Duration // and after that
	reserved int           // calls
}

func (s *table) Reserve(_ context.Context, _ string, n int, every time.Duration) (time.Duration, error) {
	time.Sleep(s.before)
	s.mu.Lock()
	s.reserved++
	now := time.Now()
	if s.next.Before(now) {
		s.next = now
	}
	first := s.next.Sub(now)
	s.next = s.next.Add(time.Duration(n) * every)
	s.mu.Unlock()
	time.Sleep(s.after)
	return first, nil
}

// work has workers wait for the limiters in turn, each at the times that it is idle before a request, and returns when
// they were let through.
func work(t *testing.T, limiters []*Limiter, idle [][]time.Duration) (sent []time.Time) {
	var mu sync.Mutex
	var workers sync.WaitGroup
	for i, pauses := range idle {
		workers.Go(func() {
			for _, pause := range pauses {
				time.Sleep(pause)
				if err := limiters[i%len(limiters)].Wait(t.Context()); err != nil {
					t.Error(err)
				}
				mu.Lock()
				sent = append(sent, time.Now())
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return sent
}

// most returns how many of the arrivals the fullest sliding second holds.
func most(arrivals []time.Time) (n int) {
	slices.SortFunc(arrivals, time.Time.Compare)
	from := 0
	for i, at := range arrivals {
		for at.Sub(arrivals[from]) >= time.Second {
			from++
		}
		n = max(n, i-from+1)
	}
	return n
}

// TestSlidingSecond: whatever the work, the number of processes and the jitter of the network, no sliding second holds
// more arrivals than the limit.
func TestSlidingSecond(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		perSecond := rapid.IntRange(1, 60).Draw(rt, "perSecond")
		processes := rapid.IntRange(0, 3).Draw(rt, "processes") // 0: one, that shares the limit with none
		idle := rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) time.Duration {
			if rapid.Bool().Draw(rt, "busy") {
				return 0
			}
			return time.Duration(rapid.Int64Range(0, int64(2*time.Second)).Draw(rt, "idle"))
		}), 1, 40), 1, 6).Draw(rt, "idle")
		jitters := rapid.SliceOfN(rapid.Int64Range(-int64(jitter), int64(jitter)), 240, 240).Draw(rt, "jitter")

		var arrivals []time.Time
		synctest.Test(t, func(t *testing.T) { // nothing may be drawn or fail in here, where rapid cannot catch it
			slots := &table{}
			var limiters []*Limiter
			for range processes {
				limiters = append(limiters, NewLimiter(perSecond, slots, "hash"))
			}
			if processes == 0 {
				limiters = append(limiters, NewLimiter(perSecond, nil, ""))
			}
			arrivals = work(t, limiters, idle)
		})
		for i := range arrivals {
			arrivals[i] = arrivals[i].Add(time.Duration(jitters[i]))
		}
		if got := most(arrivals); got > perSecond {
			rt.Errorf("a second holds %d arrivals, want at most %d", got, perSecond)
		}
	})
}

// busy are workers that always want to send.
func busy(workers, requests int) [][]time.Duration {
	idle := make([][]time.Duration, workers)
	for i := range idle {
		idle[i] = make([]time.Duration, requests)
	}
	return idle
}

// TestLimitIsUsed: while there is work, at least 95% of the limit is used.
func TestLimitIsUsed(t *testing.T) {
	for _, test := range []struct {
		name      string
		perSecond int
		slots     Slots
		processes int
	}{
		{"alone", 10, nil, 1},
		{"alone, slowly", 1, nil, 1},
		{"alone, fast", 200, nil, 1},
		{"one of many", 10, &table{}, 1},
		{"three processes", 10, &table{}, 3},
		{"a slow table", 10, &table{before: 3 * time.Millisecond, after: 3 * time.Millisecond}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var limiters []*Limiter
				for range test.processes {
					limiters = append(limiters, NewLimiter(test.perSecond, test.slots, "hash"))
				}
				sent := work(t, limiters, busy(6, 10*test.perSecond))
				last := slices.MaxFunc(sent, time.Time.Compare)
				used := float64(len(sent)-1) / (last.Sub(sent[0]).Seconds() * float64(test.perSecond))
				if used < 0.95 || most(sent) > test.perSecond {
					t.Errorf("used %.1f%% of the limit, at most %d a second", 100*used, most(sent))
				}
			})
		})
	}
}

// TestStalledTable: slots that now and then arrive late do not run into those of another process.
func TestStalledTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		prompt := &table{}
		limiters := []*Limiter{NewLimiter(10, prompt, "hash"), NewLimiter(10, &stalling{table: prompt}, "hash")}
		if got := most(work(t, limiters, busy(4, 100))); got > 10 {
			t.Errorf("a second holds %d requests", got)
		}
	})
}

// stalling is the same table over a line that stalls at every second call.
type stalling struct {
	*table
	calls int
}

func (s *stalling) Reserve(ctx context.Context, limit string, n int, every time.Duration) (time.Duration, error) {
	first, err := s.table.Reserve(ctx, limit, n, every)
	if s.calls++; s.calls%2 == 1 {
		time.Sleep(150 * time.Millisecond)
	}
	return first, err
}

func TestSlotsAreReservedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slots := &table{}
		l := NewLimiter(10, slots, "hash")
		work(t, []*Limiter{l}, busy(1, 20))
		if slots.reserved != 4 {
			t.Errorf("20 requests took %d reservations, want 4", slots.reserved)
		}
		time.Sleep(time.Minute)
		start := time.Now()
		work(t, []*Limiter{l}, busy(1, 2))
		if waited := time.Since(start); waited != interval(10) {
			t.Errorf("after a pause, two requests took %s, want %s", waited, interval(10))
		}
	})
}

func TestWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("the table is gone")
		if err := NewLimiter(10, failing{broken}, "hash").Wait(t.Context()); !errors.Is(err, broken) {
			t.Errorf("got %v, want %v", err, broken)
		}
		l := NewLimiter(1, nil, "")
		if err := l.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		short, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		if err := l.Wait(short); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 0 {
			t.Errorf("got %v after %s, want the deadline at once", err, time.Since(start))
		}
		first, cancelFirst := context.WithCancel(t.Context())
		second, cancelSecond := context.WithCancel(t.Context())
		ended := make(chan error, 2)
		for _, ctx := range []context.Context{first, second} {
			go func() { ended <- l.Wait(ctx) }()
			synctest.Wait()
		}
		cancelSecond() // it queues behind the first
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		cancelFirst()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		if err := l.Wait(t.Context()); err != nil || time.Since(start) != interval(1) {
			t.Errorf("got %v after %s: the slot that was given up is lost", err, time.Since(start))
		}
		ended2, cancel2 := context.WithCancel(t.Context())
		cancel2()
		if err := NewLimiter(0, nil, "").Wait(ended2); !errors.Is(err, context.Canceled) {
			t.Errorf("without a limit: got %v, want context.Canceled", err)
		}
	})
}

type failing struct{ err error }

func (f failing) Reserve(context.Context, string, int, time.Duration) (time.Duration, error) {
	return 0, f.err
}

func TestThrottledSlowsAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(10, nil, "")
		spacing := func() time.Duration {
			work(t, []*Limiter{l}, busy(1, 1))
			start := time.Now()
			work(t, []*Limiter{l}, busy(1, 1))
			return time.Since(start)
		}
		check := func(when string, rate float64) {
			t.Helper()
			if got := spacing(); got != interval(rate) {
				t.Errorf("%s: one request every %s, want every %s", when, got, interval(rate))
			}
		}
		check("at first", 10)
		for range 4 {
			l.Throttled() // those in flight together have one cause
		}
		check("after some 429s at once", 5)
		for range 4 {
			time.Sleep(oneThrottling)
			l.Throttled()
		}
		check("after many", 1)
		time.Sleep(quiet)
		check("a little later", 2)
		time.Sleep(time.Minute)
		check("after a quiet minute", 10)
	})
}

func TestRateLimitHeader(t *testing.T) {
	header := http.Header{"Ratelimit": {`"per-second";r=0;t=3`}}
	waits := func(t *testing.T, l *Limiter) time.Duration {
		start := time.Now()
		if err := l.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		return time.Since(start)
	}
	for _, test := range []struct {
		name string
		used int // requests of our own before
		l    func() *Limiter
		want time.Duration
	}{
		{"used up by somebody else", 3, func() *Limiter { return NewLimiter(10, nil, "") }, 3 * time.Second},
		{"used up by ourselves", 10, func() *Limiter { return NewLimiter(10, nil, "") }, interval(10)},
		{"used up by whomever", 3, func() *Limiter { return NewLimiter(10, &table{}, "hash") }, interval(10)},
		{"no limit", 3, func() *Limiter { return NewLimiter(0, nil, "") }, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := test.l()
				work(t, []*Limiter{l}, busy(1, test.used))
				l.heard(header)
				if got := waits(t, l); got != test.want {
					t.Errorf("waited %s, want %s", got, test.want)
				}
			})
		})
	}
	t.Run("while one waits", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := NewLimiter(10, nil, "")
			work(t, []*Limiter{l}, busy(1, 1))
			time.AfterFunc(50*time.Millisecond, func() { l.heard(header) })
			if got := waits(t, l); got < 3*time.Second {
				t.Errorf("waited %s, want more than 3s", got)
			}
		})
	})
}

func TestReadRateLimit(t *testing.T) {
	for header, want := range map[string]struct {
		reset     time.Duration
		exhausted bool
	}{
		``:                        {},
		`"per-second";r=9;t=1`:    {},
		`"per-second";r=0;t=1`:    {time.Second, true},
		`"per-second"; r=0; t=2`:  {2 * time.Second, true},
		`"per-second";t=2;r=0`:    {2 * time.Second, true},
		`"per-second";r=0`:        {time.Second, true},
		`"per-second";r=0;t=0`:    {0, true},
		`"per-second";r=0;t=3600`: {maxReset, true},
		`"per-second";r=3;t=1, "per-day";r=0;t=5`:      {5 * time.Second, true},
		`"per-second";r=-1;t=1`:                        {},
		`"per-second";r=zero;t=1`:                      {},
		`"per-second";remaining=0;t=1`:                 {},
		`"per-second";r=99999999999999999999999999999`: {},
	} {
		if reset, exhausted := readRateLimit([]string{header}); reset != want.reset || exhausted != want.exhausted {
			t.Errorf("%s: got %s, %v, want %s, %v", header, reset, exhausted, want.reset, want.exhausted)
		}
	}
}

func FuzzReadRateLimit(f *testing.F) {
	f.Add(`"per-second";r=0;t=1, "per-day";r=5`)
	f.Fuzz(func(t *testing.T, header string) {
		reset, exhausted := readRateLimit([]string{header})
		if reset < 0 || reset > maxReset || reset > 0 && !exhausted {
			t.Errorf("got %s, %v", reset, exhausted)
		}
	})
}

func TestInterval(t *testing.T) {
	for n := 1; n <= 1000; n++ {
		all := time.Duration(n) * interval(float64(n))
		if all < time.Second+2*jitter || all > time.Second*100/95 {
			t.Errorf("%d a second: %d intervals are %s", n, n, all)
		}
	}
}

// TestLimitAgainstTheServer runs a client at full speed against a workspace that counts as Quo does.
func TestLimitAgainstTheServer(t *testing.T) {
	w, c := newWorkspace(t, func(at *quosim.Options, o *Options) {
		at.RequestsPerSecond = 10
		o.Limiter = NewLimiter(10, nil, "")
	})
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for range 5 {
				if _, err := c.CustomFields(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	workers.Wait()
	if got := c.Calls(); got.CustomFields-got.Retries != 20 || got.Throttled > 5 { // a busy machine may cause one or two
		t.Errorf("counted %+v, want 20 calls and hardly a 429", got)
	}
	count(t, w, int(c.Calls().CustomFields))
}

// TestTooFastForTheServer sets a limit that is twice that of the server: the client must slow down and get through.
func TestTooFastForTheServer(t *testing.T) {
	w, c := newWorkspace(t, func(at *quosim.Options, o *Options) {
		at.RequestsPerSecond = 10
		o.Limiter, o.FirstWait = NewLimiter(40, nil, ""), 500*time.Millisecond
	})
	fill(t, w, label, 20*50)
	if got, err := list(t.Context(), c, label); err != nil || len(got) != 1000 {
		t.Errorf("got %d contacts, %v, want 1000", len(got), err)
	}
}

// TestSlowRecord writes down each request for longer than the jitter lasts, now and then or always: the limit holds all
// the same, requests go on, and what is written is about now.
func TestSlowRecord(t *testing.T) {
	for _, c := range []struct {
		name      string
		perSecond int
		every     int // how many requests have one slow record
		takes     time.Duration
	}{
		{"now and then", 10, 7, 200 * time.Millisecond},
		{"always", 10, 1, 200 * time.Millisecond},
		{"always, longer than any interval", 10, 1, 3 * time.Second},
		{"always, at the slowest pace", 1, 1, 60 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := NewLimiter(c.perSecond, nil, "")
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				var sent []time.Time
				for i := range 60 {
					rec := &record{do: func(context.Context) error {
						if i%c.every == 0 {
							time.Sleep(c.takes)
						}
						return nil
					}}
					if err := l.wait(ctx, rec); err != nil {
						t.Fatalf("request %d: %v", i, err)
					}
					if age := time.Since(rec.at); age > RecordedAhead {
						t.Errorf("request %d was recorded %v before it was sent", i, age)
					}
					sent = append(sent, time.Now())
					if n := c.perSecond; i >= n && sent[i].Sub(sent[i-n]) < time.Second+2*jitter-lateness {
						t.Errorf("%d requests within %v", n+1, sent[i].Sub(sent[i-n]))
					}
				}
			})
		})
	}
}

// TestRecordsOfSeveral: those who queue up are recorded at the same time, so that a slow journal does not lower the rate,
// and no request goes before its record or long after it.
func TestRecordsOfSeveral(t *testing.T) {
	const perSecond, workers, takes = 10, 10, 500 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(perSecond, &table{}, "hash")
		var mu sync.Mutex
		var sent []time.Time
		var group sync.WaitGroup
		for range workers {
			group.Go(func() {
				for range 20 {
					rec := &record{do: func(context.Context) error { time.Sleep(takes); return nil }}
					if err := l.wait(t.Context(), rec); err != nil {
						t.Error(err)
					}
					if age := time.Since(rec.at); rec.at.IsZero() || age > RecordedAhead {
						t.Errorf("sent %v after it was recorded", age)
					}
					mu.Lock()
					sent = append(sent, time.Now())
					mu.Unlock()
				}
			})
		}
		group.Wait()
		used := float64(len(sent)-1) / (slices.MaxFunc(sent, time.Time.Compare).Sub(sent[0]).Seconds() * perSecond)
		if used < 0.95 || most(sent) > perSecond {
			t.Errorf("used %.1f%% of the limit, at most %d a second", 100*used, most(sent))
		}
	})
}
