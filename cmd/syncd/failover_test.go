package main

import (
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestFailover kills a process in the middle of a write, and logs how long another one takes to go on. What the dead one
// sent is not made twice.
func TestFailover(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	s.configure("", "")
	saveRows(t, s.dir, map[string]string{"C-001": "Ada", "C-002": "Grace"})
	var posts atomic.Int32
	dead := make(chan struct{})
	s.workspace.AfterRequest(func(_ int, r *http.Request, _ int) {
		if r.Method == http.MethodPost && posts.Add(1) == 1 {
			<-dead // it acted, and the answer does not come in time
		}
	})
	s.start()
	second := *s
	s.until("a contact is sent", func() bool { return posts.Load() > 0 })
	second.start()
	s.signal(syscall.SIGKILL)
	killed := time.Now()
	close(dead)
	second.until("another one runs the sync", func() bool { return strings.Contains(second.stderr.String(), "run started") })
	t.Logf("another process went on after %s; the lease is 1s", time.Since(killed).Round(time.Millisecond))
	second.has("C-001")
	second.has("C-002")
	checkContacts(t, s.workspace, map[string]string{"C-001": "Ada", "C-002": "Grace"})
	second.signal(syscall.SIGTERM)
	second.stops(exitDone)
}
