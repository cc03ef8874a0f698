package web

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"syncd/internal/daemon"
	"syncd/internal/engine"
	"syncd/internal/quo"
	"syncd/internal/state"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type fakeDaemon struct{ alive, healthy error }

func (f fakeDaemon) Alive() error                  { return f.alive }
func (f fakeDaemon) Healthy(context.Context) error { return f.healthy }

func get(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestHealth(t *testing.T) {
	for _, c := range []struct {
		name, path string
		daemon     fakeDaemon
		code       int
		body       string
	}{
		{"alive", "/healthz", fakeDaemon{healthy: errors.New("stale")}, 200, "ok\n"},
		{"stands still", "/healthz", fakeDaemon{alive: errors.New("nothing was looked at for 2m0s")}, 503, "nothing was looked at for 2m0s\n"},
		{"ready", "/readyz", fakeDaemon{}, 200, "ok\n"},
		{"not ready", "/readyz", fakeDaemon{healthy: errors.Join(errors.New("sync a: stale"), errors.New("sync b: stale"))}, 503,
			"sync a: stale\nsync b: stale\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, body := get(t, NewHandler(Options{Daemon: c.daemon, Metrics: NewMetrics("1").Registry}), c.path)
			if code != c.code || body != c.body {
				t.Errorf("got %d %q, want %d %q", code, body, c.code, c.body)
			}
		})
	}
}

func TestPprofOnlyWhenAsked(t *testing.T) {
	for _, on := range []bool{false, true} {
		code, _ := get(t, NewHandler(Options{Daemon: fakeDaemon{}, Metrics: NewMetrics("1").Registry, Pprof: on}), "/debug/pprof/goroutine?debug=1")
		if (code == http.StatusOK) != on {
			t.Errorf("pprof %v: got %d", on, code)
		}
	}
}

func TestOnlyGet(t *testing.T) {
	w := httptest.NewRecorder()
	h := NewHandler(Options{Daemon: fakeDaemon{}, Metrics: NewMetrics("1").Registry})
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/readyz", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("got %d", w.Code)
	}
}

// used are metrics in which everything was counted once.
func used(t *testing.T, stateErr error) *Metrics {
	t.Helper()
	m := NewMetrics("1.2.3")
	began := time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC)
	m.Ran(engine.Report{Sync: "customers", Status: state.RunDone, StartedAt: began, FinishedAt: began.Add(time.Second),
		Created: 1, Updated: 2, Deleted: 3, SourceCreated: 4, SourceUpdated: 5, SourceDeleted: 6, Unlinked: 7})
	m.Exchanged(quo.Exchange{Method: http.MethodGet, Status: 200, Took: time.Second})
	m.Exchanged(quo.Exchange{Method: http.MethodPost, Repeat: true, Waited: time.Second})
	m.Reloaded(nil)
	m.Reloaded(errors.New("wrong"))
	m.Registry.MustRegister(&StateCollector{
		health: func(context.Context) ([]daemon.SyncHealth, error) {
			return []daemon.SyncHealth{{Schedule: state.Schedule{Sync: "customers", DueAt: began.Add(time.Hour), Missed: 8, SucceededAt: began},
				Stale: "it is"}}, stateErr
		},
		totals: func(context.Context, string) (state.Totals, error) {
			return state.Totals{Links: 9, Problems: 10, Conflicts: 11, Held: 12}, nil
		},
	})
	return m
}

func TestMetrics(t *testing.T) {
	m := used(t, nil)
	_, body := get(t, NewHandler(Options{Daemon: fakeDaemon{}, Metrics: m.Registry}), "/metrics")
	for _, want := range []string{
		`syncd_build_info{goversion="go`, `version="1.2.3"} 1`,
		`syncd_runs_total{status="done",sync="customers"} 1`,
		`syncd_run_duration_seconds_sum{status="done"} 1`,
		`syncd_operations_total{kind="create",side="quo",sync="customers"} 1`,
		`syncd_operations_total{kind="update",side="quo",sync="customers"} 2`,
		`syncd_operations_total{kind="delete",side="quo",sync="customers"} 3`,
		`syncd_operations_total{kind="create",side="source",sync="customers"} 4`,
		`syncd_operations_total{kind="update",side="source",sync="customers"} 5`,
		`syncd_operations_total{kind="delete",side="source",sync="customers"} 6`,
		`syncd_operations_total{kind="unlink",side="both",sync="customers"} 7`,
		`syncd_api_requests_total{method="get",status="200"} 1`,
		`syncd_api_requests_total{method="post",status="none"} 1`,
		`syncd_api_request_duration_seconds_sum{method="get"} 1`,
		`syncd_api_retries_total 1`,
		`syncd_limiter_wait_seconds_sum 1`,
		`syncd_config_reloads_total{result="ok"} 1`,
		`syncd_config_reloads_total{result="refused"} 1`,
		`syncd_state_up 1`,
		`syncd_last_success_timestamp_seconds{sync="customers"} 1.795662e+09`,
		`syncd_next_run_timestamp_seconds{sync="customers"} 1.7956656e+09`,
		`syncd_missed_runs_total{sync="customers"} 8`,
		`syncd_stale{sync="customers"} 1`,
		`syncd_links{sync="customers"} 9`,
		`syncd_problems{sync="customers"} 10`,
		`syncd_conflicts{sync="customers"} 11`,
		`syncd_held{sync="customers"} 12`,
		`process_resident_memory_bytes`, `go_goroutines`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("there is no %s", want)
		}
	}
	if t.Failed() {
		t.Log(body)
	}
}

// TestMetricNames checks the conventions of Prometheus: units, suffixes, help texts.
func TestMetricNames(t *testing.T) {
	faults, err := testutil.GatherAndLint(used(t, nil).Registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Errorf("%s: %s", f.Metric, f.Text)
	}
}

func TestMetricsWithoutState(t *testing.T) {
	m := used(t, errors.New("connection refused"))
	code, body := get(t, NewHandler(Options{Daemon: fakeDaemon{}, Metrics: m.Registry}), "/metrics")
	if code != http.StatusOK || !strings.Contains(body, "syncd_state_up 0") || strings.Contains(body, "syncd_links{") ||
		!strings.Contains(body, "syncd_runs_total{") {
		t.Errorf("got %d\n%s", code, body)
	}
}

func TestServer(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	s, err := Start(t.Context(), "127.0.0.1:0", NewHandler(Options{Daemon: fakeDaemon{}, Metrics: NewMetrics("1").Registry}), log)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), s.Address(), nil, log); err == nil {
		t.Error("two servers have one address")
	}
	res, err := http.Get("http://" + s.Address() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	if string(body) != "ok\n" {
		t.Errorf("got %q", body)
	}
	s.Stop()
	s.Stop()
}
