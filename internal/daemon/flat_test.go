package daemon

import (
	"context"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"go.uber.org/goleak"

	"syncd/internal/config"
	"syncd/internal/engine"
	"syncd/internal/state"
)

var flatRuns = flag.Int("runs", 150, "how many runs TestRunsLeaveNothingBehind makes")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestRunsLeaveNothingBehind makes many runs in one process, with reloads in between, and compares what the process holds
// early on and at the end.
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
	early := *flatRuns/5 - 1 // as long after a reload as the end
	var goroutines int
	var heap uint64
	for i := range *flatRuns {
		app.RunOnce(context.Background(), []*config.Sync{&c.Syncs[0]}, engine.Request{}, func(r engine.Report) {
			if r.Status != state.RunDone {
				t.Fatalf("run %d: %v", i, r.Err())
			}
		})
		if i%10 == 0 {
			app.Configure(c)
		}
		if i == early {
			goroutines, heap = holds()
		}
	}
	g, h := holds()
	t.Logf("after %d runs: %d goroutines, %d KB; after %d: %d and %d", early, goroutines, heap>>10, *flatRuns, g, h>>10)
	if g > goroutines+10 { // connections that were given up close in their own time
		t.Errorf("%d goroutines, %d after the first runs", g, goroutines)
	}
	if h > heap+heap/4+2<<20 {
		t.Errorf("%d KB, %d after the first runs", h>>10, heap>>10)
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
