package engine_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/mapping"
	"syncd/internal/quo"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
	"syncd/internal/sources/csvfile"
	"syncd/internal/state"
	"syncd/internal/state/sqlite"
)

// scene is one sync with a file, a Quo workspace behind real HTTP and a state store, in which nothing happens by chance.
type scene struct {
	t          testing.TB
	dir        string
	clock      *clock
	quo        *quosim.Workspace
	server     *httptest.Server
	store      state.Store
	sync       engine.Sync
	client     quo.Options
	workers    int
	positional bool       // the source writes by place
	hit        func()     // not nil: the next write dies, having hit what this does
	rows       [][]string // what people hold in the file, header first
	log        lockedBuffer
}

// lockedBuffer takes what a logger writes from several goroutines.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// The columns of a scene's file.
const (
	sceneID = iota
	sceneFirst
	scenePhone
	sceneCompany
	sceneNotes // not mapped
)

// newScene makes a scene whose sync flows to Quo only, with the default policies; options may change the workspace.
func newScene(t testing.TB, options ...func(*quosim.Options)) *scene {
	t.Helper()
	s := &scene{t: t, dir: tempDir(t), clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}, workers: 4,
		rows: [][]string{{"id", "First", "Phone", "Company", "Notes"}}}
	o := quosim.Options{RequestsPerSecond: -1, Seed: 1, Now: s.clock.Now}
	for _, option := range options {
		option(&o)
	}
	var err error
	if s.quo, err = quosim.New(o); err != nil {
		t.Fatal(err)
	}
	s.server = httptest.NewServer(http.StripPrefix("/quo", s.quo))
	t.Cleanup(s.server.Close)
	s.client = quo.Options{BaseURL: s.server.URL + "/quo", APIKey: "sandbox", Timeout: 5 * time.Second,
		MaxAttempts: 2, FirstWait: time.Millisecond}
	tenPercent, half := reconcile.Limit{Percent: 10, IsPercent: true}, reconcile.Limit{Percent: 50, IsPercent: true}
	s.sync = engine.Sync{Name: "customers", RefreshAfter: 10 * time.Second, Labels: []string{label},
		Mapping: mapping.Options{Key: []string{"id"}, Region: "US", Location: time.UTC},
		Policy: reconcile.Policy{Sync: "customers", Label: label, Match: reconcile.Match{Ask: true}, CreateInSource: reconcile.CreateOff,
			RowGone: reconcile.RowGoneDelete, ContactGone: reconcile.ContactGoneKeep, Grace: grace},
		Deletes: tenPercent, Updates: half, Creates: half}
	s.fields(contact.ToQuo, contact.FirstName, "First", "phoneNumbers.mobile", "Phone", contact.Company, "Company")
	s.openStore()
	t.Cleanup(func() { s.store.Close() })
	return s
}

// fields maps fields, given in pairs of field and column, in one direction.
func (s *scene) fields(direction contact.Direction, pairs ...any) {
	s.sync.Policy.Direction = direction
	s.sync.Mapping.Fields = nil
	for pair := range slices.Chunk(pairs, 2) {
		name, isField := pair[0].(contact.Field)
		if !isField {
			name = contact.Field(pair[0].(string))
		}
		s.sync.Mapping.Fields = append(s.sync.Mapping.Fields, mapping.Field{Name: name, Column: pair[1].(string),
			Direction: direction, Conflicts: contact.Ask})
	}
}

// twoWay lets all fields flow both ways.
func (s *scene) twoWay() {
	s.sync.Policy.Direction = contact.TwoWay
	for i := range s.sync.Mapping.Fields {
		s.sync.Mapping.Fields[i].Direction = contact.TwoWay
	}
}

func (s *scene) path(name string) string { return filepath.Join(s.dir, name) }

func (s *scene) openStore() {
	s.t.Helper()
	var err error
	if s.store, err = sqlite.Open(context.Background(), s.path("state.db"), sqlite.Options{Now: s.clock.Now}); err != nil {
		s.t.Fatal(err)
	}
}

// withState lets change work on the state's files while nothing has them open.
func (s *scene) withState(change func(path string)) {
	s.t.Helper()
	if err := s.store.Close(); err != nil {
		s.t.Fatal(err)
	}
	change(s.path("state.db"))
	s.openStore()
}

// people adds rows C-001 to C-n to the file.
func (s *scene) people(n int) {
	for i := 1; i <= n; i++ {
		s.rows = append(s.rows, person(i))
	}
	s.save()
}

func person(i int) []string {
	return []string{key(i), "Ann " + digits(i), "+1415555" + digits(i+1000), "Acme", "private"}
}

func key(i int) string { return "C-" + digits(i) }

func digits(i int) string {
	return string([]byte{byte('0' + i/1000%10), byte('0' + i/100%10), byte('0' + i/10%10), byte('0' + i%10)})
}

// edit changes one cell of the row with the key.
func (s *scene) edit(key string, column int, value string) {
	s.t.Helper()
	s.row(key)[column] = value
	s.save()
}

func (s *scene) row(key string) []string {
	s.t.Helper()
	i := slices.IndexFunc(s.rows, func(r []string) bool { return r[sceneID] == key })
	if i < 0 {
		s.t.Fatalf("no row %s", key)
	}
	return s.rows[i]
}

// remove takes rows out of the file and returns them.
func (s *scene) remove(keys ...string) (removed [][]string) {
	s.rows = slices.DeleteFunc(s.rows, func(r []string) bool {
		if slices.Contains(keys, r[sceneID]) {
			removed = append(removed, r)
			return true
		}
		return false
	})
	s.save()
	return removed
}

// save writes the file as people hold it, in one go, as an editor does.
func (s *scene) save() {
	s.t.Helper()
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(s.rows); err != nil {
		s.t.Fatal(err)
	}
	s.saveText(b.String())
}

func (s *scene) saveText(text string) {
	s.t.Helper()
	if err := os.WriteFile(s.path("rows.new"), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(s.path("rows.new"), s.path("rows.csv")); err != nil {
		s.t.Fatal(err)
	}
}

// file returns what stands in the file now.
func (s *scene) file() string {
	s.t.Helper()
	data, err := os.ReadFile(s.path("rows.csv"))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(data)
}

// engine makes an engine as a process of its own would: with its own client.
func (s *scene) engine() *engine.Engine {
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	s.t.Cleanup(transport.CloseIdleConnections)
	client := s.client
	client.HTTP = &http.Client{Transport: transport}
	source := csvfile.New(csvfile.Options{Path: s.path("rows.csv"), Key: s.sync.Mapping.Key})
	return &engine.Engine{Sync: s.sync, Source: &missing{Source: source, scene: s},
		Quo: quo.New(client), Store: s.store, Log: slog.New(slog.NewTextHandler(&s.log, nil)),
		Holder: "here, process 1", Lease: leaseTTL, Workers: s.workers}
}

// run runs the sync once, a second after what happened before, and forgets the requests of earlier runs.
func (s *scene) run(request ...engine.Request) engine.Report {
	s.quo.ResetRequests()
	s.clock.advance(time.Second)
	return s.engine().Run(context.Background(), append(request, engine.Request{})[0])
}

// done runs the sync once and demands that the run ends well.
func (s *scene) done(request ...engine.Request) engine.Report {
	s.t.Helper()
	return s.ends(state.RunDone, request...)
}

// ends runs the sync once and demands how the run ends.
func (s *scene) ends(status state.RunStatus, request ...engine.Request) engine.Report {
	s.t.Helper()
	report := s.run(request...)
	if report.Status != status {
		s.t.Fatalf("the run ended %s (%v), want %s", report.Status, report.Err(), status)
	}
	return report
}

// later lets time pass.
func (s *scene) later(d time.Duration) { s.clock.advance(d) }

// seen counts the requests of the last run by what they are for.
type seen struct{ Fields, Pages, LookUps, Gets, Creates, Updates, Deletes int }

func (n seen) writes() int { return n.Creates + n.Updates + n.Deletes }

func (s *scene) seen() seen { return count(s.quo.Requests()) }

func count(requests []quosim.Request) (n seen) {
	for _, r := range requests {
		switch {
		case r.Route == quosim.RouteCustomFields:
			n.Fields++
		case r.Route == quosim.RouteList && r.Query.Has("externalIds"):
			n.LookUps++
		case r.Route == quosim.RouteList:
			n.Pages++
		case r.Route == quosim.RouteGet:
			n.Gets++
		case r.Route == quosim.RouteCreate:
			n.Creates++
		case r.Route == quosim.RouteUpdate:
			n.Updates++
		case r.Route == quosim.RouteDelete:
			n.Deletes++
		}
	}
	return n
}

// contact returns our contact with the key.
func (s *scene) contact(key string) quosim.Contact {
	s.t.Helper()
	c, ok := s.findContact(key)
	if !ok {
		s.t.Fatalf("no contact has the key %s", key)
	}
	return c
}

func (s *scene) findContact(key string) (quosim.Contact, bool) {
	for _, c := range s.quo.Contacts() {
		if text(c.Source) == s.sync.Policy.Label && text(c.ExternalID) == key {
			return c, true
		}
	}
	return quosim.Contact{}, false
}

// inQuo changes our contact with the key, as a person does in the app.
func (s *scene) inQuo(key string, change func(*quosim.Contact)) {
	s.t.Helper()
	if err := s.quo.Edit(s.contact(key).ID, change); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) deleteInQuo(keys ...string) {
	s.t.Helper()
	for _, key := range keys {
		if err := s.quo.Delete(s.contact(key).ID); err != nil {
			s.t.Fatal(err)
		}
	}
}

// add makes a contact as a person does in the app.
func (s *scene) add(c quosim.Contact) quosim.Contact {
	s.t.Helper()
	added, err := s.quo.Add(c)
	if err != nil {
		s.t.Fatal(err)
	}
	return added
}

// link returns the link of a key; the zero Link when there is none.
func (s *scene) link(key string) state.Link {
	s.t.Helper()
	link, err := s.store.Link(context.Background(), s.sync.Name, key)
	if err != nil && !strings.Contains(err.Error(), state.ErrNotFound.Error()) {
		s.t.Fatal(err)
	}
	return link
}

// reasons returns why each record of a report has a problem, by key.
func reasons(report engine.Report) map[string]string {
	all := map[string]string{}
	for _, p := range report.Problems {
		if all[p.Key] != "" {
			all[p.Key] += "\n"
		}
		all[p.Key] += p.Reason
	}
	return all
}

// wantProblem demands that a record is a problem whose reason says all of words.
func wantProblem(t testing.TB, report engine.Report, key string, words ...string) {
	t.Helper()
	reason, ok := reasons(report)[key]
	if !ok {
		t.Fatalf("record %s is no problem; these are: %q", key, reasons(report))
	}
	for _, word := range words {
		if !strings.Contains(reason, word) {
			t.Errorf("the problem of record %s is %q, which does not say %q", key, reason, word)
		}
	}
}

// wantStop demands that a run failed with words in its error and changed nothing in Quo.
func (s *scene) wantStop(report engine.Report, words ...string) {
	s.t.Helper()
	if report.Status != state.RunFailed {
		s.t.Fatalf("the run ended %s (%v), want failed", report.Status, report.Err())
	}
	for _, word := range words {
		if !strings.Contains(report.Err().Error(), word) {
			s.t.Errorf("the run failed with %q, which does not say %q", report.Err(), word)
		}
	}
	if n := s.seen().writes(); n != 0 {
		s.t.Errorf("the run sent %d writes, want none", n)
	}
}

// wantQuiet demands that one more run finds nothing to do.
func (s *scene) wantQuiet() {
	s.t.Helper()
	before := s.file()
	report := s.done()
	if n := s.seen().writes(); n != 0 {
		s.t.Errorf("one more run sent %d writes, want none: %+v", n, report)
	}
	if diff := cmp.Diff(before, s.file()); diff != "" {
		s.t.Errorf("one more run wrote the file (-before +after):\n%s", diff)
	}
}

// wantEqual demands that two things are the same.
func wantEqual[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// readRow takes over what the file holds now, as people who look at it do, and returns the row with the key.
func (s *scene) readRow(key string) []string {
	s.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(s.file())).ReadAll()
	if err != nil {
		s.t.Fatal(err)
	}
	s.rows = rows
	return s.row(key)
}

const day = 24 * time.Hour

// settleAfter is how long after an operation went unheard a run finds out what became of it.
const settleAfter = leaseTTL + quo.RecordedAhead
