package web

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"syncd/internal/daemon"
	"syncd/internal/state"
)

// StateCollector collects what the state knows of the configured syncs, whichever process ran them: every process tells
// the same. It reads the state when it is asked, and at most every few seconds.
type StateCollector struct {
	health func(context.Context) ([]daemon.SyncHealth, error)
	totals func(ctx context.Context, sync string) (state.Totals, error)

	mu     sync.Mutex
	read   time.Time
	cached []prometheus.Metric
}

// NewStateCollector returns a collector for the syncs of a scheduler.
func NewStateCollector(s *daemon.Scheduler, store state.Store) *StateCollector {
	return &StateCollector{health: s.Health, totals: store.Totals}
}

// cacheFor is how long what was read is told again.
const cacheFor = 10 * time.Second

var (
	stateUp     = describe("syncd_state_up", "1 when the state answered, 0 when it did not and its metrics are missing.")
	lastSuccess = describe("syncd_last_success_timestamp_seconds",
		"When the last run over all records ended that did not fail; 0 when there is none.", "sync")
	nextRun   = describe("syncd_next_run_timestamp_seconds", "When the sync is due next, or has been since.", "sync")
	missed    = describe("syncd_missed_runs_total", "Times of the schedule at which the sync still ran or no process was there.", "sync")
	stale     = describe("syncd_stale", "1 when the sync has not succeeded for longer than its stale_after.", "sync")
	links     = describe("syncd_links", "Records that are linked with a contact.", "sync")
	problems  = describe("syncd_problems", "Records with a problem.", "sync")
	conflicts = describe("syncd_conflicts", "Conflicts that wait for a person.", "sync")
	held      = describe("syncd_held", "Operations that the brake holds until a person approves them.", "sync")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe implements [prometheus.Collector].
func (c *StateCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{stateUp, lastSuccess, nextRun, missed, stale, links, problems, conflicts, held} {
		out <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *StateCollector) Collect(out chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.read) > cacheFor {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		metrics, err := c.fresh(ctx)
		if err != nil {
			out <- gauge(stateUp, 0)
			return
		}
		c.cached, c.read = append(metrics, gauge(stateUp, 1)), time.Now()
	}
	for _, m := range c.cached {
		out <- m
	}
}

func (c *StateCollector) fresh(ctx context.Context) (metrics []prometheus.Metric, err error) {
	syncs, err := c.health(ctx)
	for i := 0; err == nil && i < len(syncs); i++ {
		s := syncs[i]
		var t state.Totals
		if t, err = c.totals(ctx, s.Sync); err != nil {
			break
		}
		metrics = append(metrics,
			gauge(lastSuccess, seconds(s.SucceededAt), s.Sync), gauge(nextRun, seconds(s.DueAt), s.Sync),
			gauge(stale, one(s.Stale != ""), s.Sync), gauge(links, float64(t.Links), s.Sync),
			gauge(problems, float64(t.Problems), s.Sync), gauge(conflicts, float64(t.Conflicts), s.Sync),
			gauge(held, float64(t.Held), s.Sync),
			prometheus.MustNewConstMetric(missed, prometheus.CounterValue, float64(s.Missed), s.Sync))
	}
	return metrics, err
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
