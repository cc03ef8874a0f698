// Package daemon puts the parts together that run syncs: state, Quo clients, sources and one engine per sync.
package daemon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/mapping"
	"syncd/internal/quo"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
	"syncd/internal/sources"
	"syncd/internal/sources/csvfile"
	"syncd/internal/sources/postgres"
	"syncd/internal/sources/sheets"
	"syncd/internal/state"
)

// Options say how an App is put together.
type Options struct {
	Config   *config.Config
	Log      *slog.Logger
	Version  string
	ReadOnly bool // the state is only read: for plan
	Progress func(sync string, p engine.Progress)
	Warn     func(sync, text string) // hears what a person ought to know of a source; nil logs it
	Observe  func(quo.Exchange)      // is told of every request to Quo; nil for nobody
}

// App is the configured syncs, ready to run.
type App struct {
	Store    state.Store
	Options  Options
	limiters map[string]*quo.Limiter
	clients  map[string]*quo.Client   // by sync
	quotas   map[string]*sheets.Quota // of Google, by credentials
	bases    map[string]string        // the URLs of the built-in workspaces that run, by what base_url says
	closers  []func() error

	databases map[string]*postgres.Database // of tables, by URL
}

// Open opens the state. Close must follow.
func Open(ctx context.Context, o Options) (*App, error) {
	store, err := OpenStore(ctx, o.Config, o.ReadOnly)
	if err != nil {
		return nil, err
	}
	a := newApp(o)
	a.Store, a.closers = store, []func() error{store.Close}
	return a, nil
}

func newApp(o Options) *App {
	return &App{Options: o, limiters: map[string]*quo.Limiter{}, clients: map[string]*quo.Client{}, quotas: map[string]*sheets.Quota{},
		bases: map[string]string{}, databases: map[string]*postgres.Database{}}
}

// Configure makes the engines to come follow another configuration; its state is that of the App.
func (a *App) Configure(c *config.Config) {
	a.Options.Config = c
	a.closeClients()
	a.limiters = map[string]*quo.Limiter{} // their limits may be others
}

// Probe returns an App without state, to look at sources and workspaces one by one. Close must follow.
func Probe(o Options) *App {
	o.ReadOnly = true
	return newApp(o)
}

// Source returns the source of a sync.
func (a *App) Source(s *config.Sync) (sources.Source, error) {
	return a.source(s, func(text string) { a.Options.Log.Warn(text, "sync", s.Name) })
}

// Mapping returns how a sync maps its columns.
func (a *App) Mapping(s *config.Sync) mapping.Options { return a.sync(s).Mapping }

// Policy returns how a sync decides.
func (a *App) Policy(s *config.Sync) reconcile.Policy { return a.sync(s).Policy }

// CustomFields returns the custom fields of the workspace of a sync. It asks Quo.
func (a *App) CustomFields(ctx context.Context, s *config.Sync) ([]contact.Definition, error) {
	client, err := a.client(s)
	if err != nil {
		return nil, err
	}
	return client.CustomFields(ctx)
}

func (a *App) closeClients() {
	for _, client := range a.clients {
		client.Close()
	}
	a.clients = map[string]*quo.Client{}
}

// Close stops the built-in workspaces and closes the databases and the state.
func (a *App) Close() error {
	a.closeClients()
	var first error
	for i := len(a.closers) - 1; i >= 0; i-- {
		if err := a.closers[i](); err != nil && first == nil {
			first = err
		}
	}
	a.closers = nil
	return first
}

// Engine returns the engine of a configured sync.
func (a *App) Engine(s *config.Sync) (*engine.Engine, error) {
	client, err := a.client(s)
	if err != nil {
		return nil, err
	}
	e := &engine.Engine{
		Sync: a.sync(s), Quo: client, Store: a.Store,
		Log: a.Options.Log, Holder: holder(), Lease: a.Options.Config.Lease,
		Workers: min(max(4, s.Quo.RequestsPerSecond), 32),
	}
	if e.Source, err = a.source(s, e.Warn); err != nil {
		return nil, err
	}
	if a.Options.Progress != nil {
		e.Progress = func(p engine.Progress) { a.Options.Progress(s.Name, p) }
	}
	return e, nil
}

func (a *App) sync(s *config.Sync) engine.Sync {
	columns := s.Source.Columns()
	out := engine.Sync{
		Name: s.Name,
		Mapping: mapping.Options{Key: columns.Key, UpdatedAt: columns.UpdatedAt, ContactID: columns.ContactID,
			Status: columns.Status, Only: s.Only, Region: s.Region, Location: s.Location},
		Policy: reconcile.Policy{
			Sync: s.Name, Label: s.Label, Direction: s.Direction, Match: reconcile.Match(s.Match),
			CreateInSource: reconcile.CreateInSource(s.CreateInSource),
			RowGone:        reconcile.RowGone(s.Deletes.RowGone), ContactGone: reconcile.ContactGone(s.Deletes.ContactGone),
			DeleteAdopted: s.Deletes.Adopted, Grace: s.Deletes.Grace,
		},
		Deletes: reconcile.Limit(s.Brake.Deletes), Updates: reconcile.Limit(s.Brake.Updates), Creates: reconcile.Limit(s.Brake.Creates),
		RefreshAfter: s.RefreshAfter,
	}
	for i := range a.Options.Config.Syncs {
		out.Labels = append(out.Labels, a.Options.Config.Syncs[i].Label)
	}
	for _, f := range s.Fields {
		out.Mapping.Fields = append(out.Mapping.Fields, mapping.Field{Name: f.Name, Column: f.Column, Direction: f.Direction,
			Conflicts: f.Conflicts, KeepEmpty: f.KeepEmpty, Default: f.Default, Separator: f.Separator, Formats: f.Formats})
	}
	return out
}

func (a *App) source(s *config.Sync, log func(string)) (sources.Source, error) {
	warn := log
	if a.Options.Warn != nil {
		warn = func(text string) { a.Options.Warn(s.Name, text) }
	}
	switch {
	case s.Source.GoogleSheet != nil:
		return a.sheet(s, warn), nil
	case s.Source.Postgres != nil:
		return a.table(s)
	}
	csv := s.Source.CSV
	return csvfile.New(csvfile.Options{Path: csv.Path, Delimiter: csv.Delimiter, Encoding: csv.Encoding, Key: csv.Key, Warn: warn}), nil
}

// client returns the client of a sync, which counts the sync's calls, with the limiter that all syncs of the key share.
func (a *App) client(s *config.Sync) (*quo.Client, error) {
	if client := a.clients[s.Name]; client != nil {
		return client, nil
	}
	q := s.Quo
	base, key := q.BaseURL, string(q.APIKey)
	if file, ok := q.Sandbox(); ok {
		var err error
		if base, err = a.sandbox(q, file); err != nil {
			return nil, err
		}
		key = sandboxKey
	}
	sum := sha256.Sum256([]byte(base + "\x00" + key))
	name := hex.EncodeToString(sum[:8])
	if a.limiters[name] == nil {
		var slots quo.Slots = a.Store
		if a.Options.ReadOnly {
			slots = nil
		}
		a.limiters[name] = quo.NewLimiter(a.requestsPerSecond(q), slots, name)
	}
	a.clients[s.Name] = quo.New(quo.Options{BaseURL: base, APIKey: key, Timeout: q.Timeout, KeepItemIDs: q.KeepItemIDs,
		Limiter: a.limiters[name], UserAgent: "syncd/" + a.Options.Version,
		Observe: a.Options.Observe})
	return a.clients[s.Name], nil
}

// requestsPerSecond is the limit of a key: the least that a sync with this key sets.
func (a *App) requestsPerSecond(q config.Quo) int {
	least := q.RequestsPerSecond
	for i := range a.Options.Config.Syncs {
		if other := a.Options.Config.Syncs[i].Quo; other.BaseURL == q.BaseURL && other.APIKey == q.APIKey {
			least = min(least, other.RequestsPerSecond)
		}
	}
	return least
}

// sandboxKey is the key of the built-in workspace.
const sandboxKey = "sandbox"

// sandbox starts the built-in workspace of a file, once, on a port of the loopback interface.
func (a *App) sandbox(q config.Quo, file string) (string, error) {
	if base := a.bases[q.BaseURL]; base != "" {
		return base, nil
	}
	workspace, err := quosim.New(quosim.Options{Keys: []string{sandboxKey}, File: file, RequestsPerSecond: q.RequestsPerSecond, KeepRequests: -1})
	if err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("sandbox: %w", err)
	}
	server := &http.Server{Handler: workspace, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener) //nolint:errcheck // it ends with Close
	a.closers = append(a.closers, workspace.Close, server.Close)
	a.bases[q.BaseURL] = "http://" + listener.Addr().String()
	return a.bases[q.BaseURL], nil
}

// RunOnce runs the given syncs one after another and hands each report to done.
func (a *App) RunOnce(ctx context.Context, syncs []*config.Sync, request engine.Request, done func(engine.Report)) {
	var reports []engine.Report
	for _, s := range syncs {
		var report engine.Report
		if e, err := a.Engine(s); err != nil {
			report = engine.FailedReport(s.Name, err)
		} else {
			report = e.Run(ctx, request)
		}
		a.Options.Log.LogAttrs(ctx, slog.LevelInfo, "run ended", runAttrs(ctx, &report)...) // people read the report
		done(report)
		reports = append(reports, report)
	}
	if len(request.Only) == 0 && ctx.Err() == nil {
		if err := a.notifyOnce(ctx, reports); err != nil {
			a.Options.Log.Warn("notification not sent: tried again later", "err", err)
		}
	}
	prune(ctx, a.Store, a.Options.Config.Retention, a.Options.Log)
}

// Plan decides for one sync and writes nothing.
func (a *App) Plan(ctx context.Context, s *config.Sync, request engine.Request) (reconcile.Plan, engine.Report) {
	e, err := a.Engine(s)
	if err != nil {
		return reconcile.Plan{}, engine.FailedReport(s.Name, err)
	}
	return e.Plan(ctx, request)
}

// Titles returns how people call the custom fields of a sync's workspace, "customFields.Lead Source" for the field
// "customFields.66d0d87d534de8fd1c433c01". It asks Quo.
func (a *App) Titles(ctx context.Context, s *config.Sync) (map[contact.Field]string, error) {
	definitions, err := a.CustomFields(ctx, s)
	titles := make(map[contact.Field]string, len(definitions))
	for _, d := range definitions {
		titles[contact.FieldOf(contact.CustomFields, d.Key)] = string(contact.FieldOf(contact.CustomFields, d.Name))
	}
	return titles, err
}

// WithLease runs do while no run of the sync may happen.
func (a *App) WithLease(ctx context.Context, sync string, do func(state.Lease) error) error {
	lease, err := a.Store.Acquire(ctx, sync, holder(), a.Options.Config.Lease)
	if err != nil {
		return err
	}
	defer a.Store.Release(context.WithoutCancel(ctx), lease) //nolint:errcheck // it ends by itself
	return do(lease)
}

// Rekey moves a link to another key, while no run of the sync may happen. A record with an operation whose outcome is not
// known yet keeps its key: the journal would look for it under the old one.
func (a *App) Rekey(ctx context.Context, sync, old, key string) error {
	return a.WithLease(ctx, sync, func(lease state.Lease) error {
		open, err := a.Store.Open(ctx, sync)
		if err != nil {
			return err
		}
		for _, entry := range open {
			if entry.State != state.Intended && (entry.Key == old || entry.Key == key) {
				return fmt.Errorf("run %d sent a %s of %s and got no answer: run the sync first, then rekey",
					entry.Run, entry.Action, entry.Key)
			}
		}
		return a.Store.Rekey(ctx, lease, old, key)
	})
}

// holder names this process to people who find a lease taken.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "this host"
	}
	return fmt.Sprintf("%s, process %d", host, os.Getpid())
}
