package daemon

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"syncd/internal/config"
	"syncd/internal/engine"
	"syncd/internal/state"
)

var flatRuns = flag.Int("runs", 150, "how many runs TestRunsLeaveNothingBehind and TestScheduledRunsLeaveNothingBehind make")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestRunsLeaveNothingBehind makes many runs in one process, with reloads in between, and compares what the process holds
// early on and later.
func TestRunsLeaveNothingBehind(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "syncd.yaml")
	for path, text := range map[string]string{
		filepath.Join(dir, "rows.csv"): "id,First\nC-1,Ada\nC-2,Grace\nC-3,Barbara\n",
		file: `quo: {base_url: sandbox, requests_per_second: 100000}
syncs:
  - {name: customers, source: {csv: {path: rows.csv, key: id}}, fields: {firstName: First}}
`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Load(file, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	app, err := Open(t.Context(), Options{Config: c, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	looks := looks{T: t}
	for i := range *flatRuns {
		app.RunOnce(context.Background(), []*config.Sync{&c.Syncs[0]}, engine.Request{}, func(r engine.Report) {
			if r.Status != state.RunDone {
				t.Fatalf("run %d: %v", i, r.Err())
			}
		})
		if i%10 == 0 {
			app.Configure(c)
		}
		if (i+1)%max(*flatRuns/5, 1) == 0 { // each time as long after a reload
			looks.look(i + 1)
		}
	}
}

// TestScheduledRunsLeaveNothingBehind has a scheduler start many runs, which do nothing, and reload in between.
func TestScheduledRunsLeaveNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var syncs []config.Sync
		for i := range 10 {
			syncs = append(syncs, config.Sync{Name: fmt.Sprintf("sync-%d", i), Schedule: "@every 1m"})
		}
		b := newBench(t, syncs...)
		b.run = takes(2 * time.Second)
		s := b.scheduler()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()
		time.Sleep(30 * time.Second) // runs begin in the first six seconds of each minute
		looks := looks{T: t}
		for minute := range max(*flatRuns/len(syncs), 5) {
			if err := s.Reload(ctx, b.config); err != nil {
				t.Fatal(err)
			}
			if (minute+1)%max(*flatRuns/len(syncs)/5, 1) == 0 {
				b.forget()
				synctest.Wait()
				looks.look(minute * len(syncs))
			}
			time.Sleep(time.Minute)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// looks compares what the process holds with what it held at the first look.
type looks struct {
	*testing.T
	goroutines int
	heap       uint64
}

func (l *looks) look(runs int) {
	l.Helper()
	g, h := holds()
	l.Logf("after %d runs: %d goroutines, %d KB", runs, g, h>>10)
	if l.goroutines == 0 {
		l.goroutines, l.heap = g, h
	}
	if g > l.goroutines+10 { // connections that were given up close in their own time
		l.Errorf("%d goroutines, %d at first", g, l.goroutines)
	}
	if h > l.heap+l.heap/4+2<<20 {
		l.Errorf("%d KB, %d at first", h>>10, l.heap>>10)
	}
}

// holds returns how many goroutines there are and how much memory is in use.
func holds() (goroutines int, heap uint64) {
	runtime.GC()
	runtime.GC() // pools let go at the second one
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return runtime.NumGoroutine(), m.HeapAlloc
}
