package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"syncd/internal/pgtest"
)

// stopsInTime stops a pass in which something hangs, and returns what it printed.
func (s *served) stopsInTime() string {
	s.Helper()
	asked := time.Now()
	s.signal(syscall.SIGTERM)
	s.stops(exitFailed)
	if took := time.Since(asked); took > 30*time.Second {
		s.Errorf("it took %s to stop, and would have been killed after 30s", took)
	}
	return s.stdout.String()
}

// TestOnceStopsWhileQuoHangs stops a pass that waits for answers to creates, which never come although Quo made the
// contacts. The next pass finds them and makes the others.
func TestOnceStopsWhileQuoHangs(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	s.configure("", "")
	rows := map[string]string{}
	for i := range 100 {
		rows[fmt.Sprintf("C-%03d", i)] = "Ada"
	}
	saveRows(t, s.dir, rows)
	hang, end := s.hang()
	s.begin("--once", "-o", "json")
	s.until("creates are under way", func() bool { return hang.Load() > 5 })
	var out struct {
		Syncs []struct{ Status, Error string }
	}
	if text := s.stopsInTime(); json.Unmarshal([]byte(text), &out) != nil || len(out.Syncs) != 1 || out.Syncs[0].Status != "failed" {
		t.Errorf("it printed %s\n%s", text, s.stderr)
	}
	end()
	time.Sleep(pastLease) // for that long a request may be on its way
	s.once()
	checkContacts(t, s.workspace, rows)
}

// TestOnceStopsWhileStateHangs stops a pass whose database takes what it is sent and does not answer any more.
func TestOnceStopsWhileStateHangs(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	relay := newRelay(t, pgtest.Database(t))
	s.configure("state: "+relay.url, "")
	saveRows(t, s.dir, map[string]string{"C-001": "Ada"})
	hang, end := s.hang()
	s.begin("--once")
	s.until("a create is under way", func() bool { return hang.Load() > 0 })
	relay.stall(true)
	s.stopsInTime()
	relay.stall(false)
	end()
	time.Sleep(pastLease)
	s.until("the next pass finds the contact", func() bool { s.command("--once"); return s.cmd.Run() == nil })
	s.once()
	checkContacts(t, s.workspace, map[string]string{"C-001": "Ada"})
}

// hang makes Quo act on creates and not answer them until end. It returns how many of them wait.
func (s *served) hang() (waiting *atomic.Int32, end func()) {
	s.Helper()
	waiting = new(atomic.Int32)
	ended := make(chan struct{})
	end = sync.OnceFunc(func() { close(ended) })
	s.Cleanup(end) // before the server waits for them
	s.workspace.AfterRequest(func(_ int, r *http.Request, _ int) {
		if r.Method == http.MethodPost {
			waiting.Add(1)
			<-ended
		}
	})
	return waiting, end
}
