package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// TestNotifyOnce has runs that end, as those of a CronJob, tell people once.
func TestNotifyOnce(t *testing.T) {
	t.Parallel()
	var messages atomic.Int32
	var last atomic.Value
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		last.Store(string(body))
		messages.Add(1)
	}))
	t.Cleanup(hook.Close)
	s := newServed(t)
	s.configure(fmt.Sprintf("notify: %s/services/a-secret-path", hook.URL), "")
	saveRows(t, s.dir, map[string]string{"C-001": "Ada", "C-00x": "Ada"})
	for range 2 {
		s.once()
		if n := messages.Load(); n != 1 {
			t.Fatalf("%d messages, want 1\n%s", n, s.stderr)
		}
		if strings.Contains(s.stderr.String(), "a-secret-path") {
			t.Errorf("the log has the address:\n%s", s.stderr)
		}
	}
	if text := last.Load().(string); !strings.Contains(text, `{"text":"syncd, customers: problems: 1; `) {
		t.Errorf("got %s", text)
	}
	saveRows(t, s.dir, map[string]string{"C-001": "Ada"})
	s.once()
	if text := last.Load().(string); messages.Load() != 2 || !strings.Contains(text, "no problem is left") {
		t.Errorf("got %s, message %d", text, messages.Load())
	}
}
