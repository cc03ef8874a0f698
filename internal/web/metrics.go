package web

import (
	"runtime"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"syncd/internal/engine"
	"syncd/internal/quo"
)

// Metrics are those of one process: its runs and its requests. What the state knows of all processes comes from a
// collector, see [StateCollector]. docs/operations.md describes every one of them.
type Metrics struct {
	Registry *prometheus.Registry

	runs, operations, requests *prometheus.CounterVec
	retries                    prometheus.Counter
	runSeconds, requestSeconds *prometheus.HistogramVec
	waitSeconds                prometheus.Histogram
	reloads                    *prometheus.CounterVec
}

// NewMetrics returns the metrics of a process of this version.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		Registry: prometheus.NewRegistry(),
		runs:     counters("syncd_runs_total", "Runs that ended, by sync and status.", "sync", "status"),
		operations: counters("syncd_operations_total",
			"Creates, updates, deletes and unlinks that were done, by sync, side and kind.", "sync", "side", "kind"),
		requests: counters("syncd_api_requests_total",
			"Requests to Quo, by method and status; the status is none when no answer came.", "method", "status"),
		retries: prometheus.NewCounter(prometheus.CounterOpts{Name: "syncd_api_retries_total", Help: "Requests to Quo that repeated one that failed."}),
		runSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "syncd_run_duration_seconds",
			Help: "How long runs took, by status.", Buckets: []float64{0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000}}, []string{"status"}),
		requestSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "syncd_api_request_duration_seconds",
			Help: "How long requests to Quo took, by method."}, []string{"method"}),
		waitSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "syncd_limiter_wait_seconds",
			Help: "How long requests to Quo waited for their turn, to keep the rate limit.", Buckets: []float64{0.005, 0.02, 0.1, 0.3, 1, 3, 10, 30, 100}}),
		reloads: counters("syncd_config_reloads_total", "Reloads of the configuration, by result: ok or refused.", "result"),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "syncd_build_info", Help: "Always 1; the version is in the labels.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()}})
	build.Set(1)
	m.Registry.MustRegister(m.runs, m.operations, m.requests, m.retries, m.runSeconds, m.requestSeconds, m.waitSeconds, m.reloads, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, result := range []string{reloaded, refused} {
		m.reloads.WithLabelValues(result) // so that it is there before the first one
	}
	return m
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

// Ran counts a run that ended.
func (m *Metrics) Ran(r engine.Report) {
	m.runs.WithLabelValues(r.Sync, string(r.Status)).Inc()
	m.runSeconds.WithLabelValues(string(r.Status)).Observe(r.FinishedAt.Sub(r.StartedAt).Seconds())
	for _, o := range []struct {
		side, kind string
		n          int
	}{
		{"quo", "create", r.Created}, {"quo", "update", r.Updated}, {"quo", "delete", r.Deleted},
		{"source", "create", r.SourceCreated}, {"source", "update", r.SourceUpdated}, {"source", "delete", r.SourceDeleted},
		{"both", "unlink", r.Unlinked},
	} {
		m.operations.WithLabelValues(r.Sync, o.side, o.kind).Add(float64(o.n))
	}
}

// Exchanged counts a request to Quo.
func (m *Metrics) Exchanged(e quo.Exchange) {
	status := "none"
	if e.Status != 0 {
		status = strconv.Itoa(e.Status)
	}
	method := strings.ToLower(e.Method)
	m.requests.WithLabelValues(method, status).Inc()
	m.requestSeconds.WithLabelValues(method).Observe(e.Took.Seconds())
	m.waitSeconds.Observe(e.Waited.Seconds())
	if e.Repeat {
		m.retries.Inc()
	}
}

// The results of a reload.
const (
	reloaded = "ok"
	refused  = "refused"
)

// Reloaded counts a reload of the configuration; err is why it was refused.
func (m *Metrics) Reloaded(err error) {
	if err != nil {
		m.reloads.WithLabelValues(refused).Inc()
		return
	}
	m.reloads.WithLabelValues(reloaded).Inc()
}
