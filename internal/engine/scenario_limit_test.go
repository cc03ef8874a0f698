package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"syncd/internal/engine"
	"syncd/internal/quo"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
	"syncd/internal/sources/csvfile"
)

// TestProcessesThatShareAStateKeepTheLimitTogether runs alone, for what it measures is time.
func TestProcessesThatShareAStateKeepTheLimitTogether(t *testing.T) {
	const perSecond, rows = 20, 60
	s := newScene(t, func(o *quosim.Options) { o.RequestsPerSecond = perSecond })
	s.realTime()
	s.people(rows)
	s.sync.Policy.Match = reconcile.Match{} // either would take the other's contacts for twins
	var processes sync.WaitGroup
	for i := range 2 {
		processes.Go(func() {
			name := fmt.Sprint("sync", i)
			e := s.engine()
			client := s.client
			client.Limiter = quo.NewLimiter(perSecond, s.store, "the key")
			e.Quo = quo.New(client)
			e.Sync.Name, e.Sync.Policy.Label = name, "syncd-"+name
			e.Source = csvfile.New(csvfile.Options{Path: s.path("rows.csv"), Key: []string{"id"}})
			if report := e.Run(context.Background(), engine.Request{}); report.Created != rows {
				t.Errorf("%s made %d contacts (%v), want %d", name, report.Created, report.Err(), rows)
			}
		})
	}
	processes.Wait()
	requests := s.quo.Requests()
	for i, r := range requests {
		if r.Status == 429 {
			t.Errorf("request %d was one too many", i)
		}
		if i >= perSecond && r.At.Sub(requests[i-perSecond].At) < time.Second {
			t.Errorf("%d requests within %v", perSecond+1, r.At.Sub(requests[i-perSecond].At))
		}
	}
}

// BenchmarkCreatesUseTheLimit says how much of the limit 300 creates use while each answer takes 200 ms: at least 90%.
func BenchmarkCreatesUseTheLimit(b *testing.B) {
	const perSecond, creates = 50, 300
	for b.Loop() {
		s := newScene(b, func(o *quosim.Options) { o.RequestsPerSecond = perSecond })
		s.realTime()
		s.people(creates)
		s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteCreate), Kind: quosim.SlowAfter, Delay: 200 * time.Millisecond, Times: -1})
		s.workers = 32
		s.client.Limiter = quo.NewLimiter(perSecond, s.store, "the key")
		if report := s.done(); report.Created != creates {
			b.Fatalf("created %d contacts, want %d", report.Created, creates)
		}
		requests := s.quo.Requests()
		took := requests[len(requests)-1].At.Sub(requests[2].At) // from the first create on
		b.ReportMetric(100*(creates-1)/took.Seconds()/perSecond, "%limit")
	}
}
