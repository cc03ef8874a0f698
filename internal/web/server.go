// Package web answers on the daemon's address: /healthz whether the process works, /readyz whether the syncs do, /metrics for
// Prometheus, and Go's profiles when they are asked for. Nothing there changes anything, and nothing there is a value of
// a record or a secret.
//
// Start with [NewHandler]; the metrics are those of [Metrics].
package web

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Daemon is what the answers are about.
type Daemon interface {
	// Alive returns an error when the process stands still.
	Alive() error
	// Healthy returns an error for what keeps the syncs from being done.
	Healthy(ctx context.Context) error
}

// Options say what a handler answers with.
type Options struct {
	Daemon  Daemon
	Metrics prometheus.Gatherer
	Pprof   bool
}

// patience is how long the state may take to answer, which is less than the second that Kubernetes gives a probe by
// default times the ten that the chart gives it.
const patience = 5 * time.Second

// NewHandler returns what answers the requests.
func NewHandler(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, o.Daemon.Alive()) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		answer(w, o.Daemon.Healthy(ctx))
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(o.Metrics, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	if o.Pprof {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return mux
}

// answer is 200 and "ok", or 503 and what is wrong, a line each.
func answer(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, err)
		return
	}
	fmt.Fprintln(w, "ok")
}

// Server serves a handler on an address until it is stopped.
type Server struct {
	server   *http.Server
	listener net.Listener
	done     chan struct{}
}

// Start listens on an address, as host:port, and serves the handler there. Stop must follow.
func Start(ctx context.Context, address string, handler http.Handler, log *slog.Logger) (*Server, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s := &Server{listener: listener, done: make(chan struct{}), server: &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}
	go func() {
		defer close(s.done)
		if err := s.server.Serve(listener); err != http.ErrServerClosed {
			log.Error("health and metrics stopped", "err", err)
		}
	}()
	return s, nil
}

// Address is where it listens, as host:port.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Stop ends the serving, within a second. Stopping twice does no harm.
func (s *Server) Stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.server.Shutdown(ctx) != nil {
		_ = s.server.Close() // those who still wait get no answer
	}
	<-s.done
}
