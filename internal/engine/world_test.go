package engine_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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

const (
	label    = "syncd-customers"
	leaseTTL = 30 * time.Second
	grace    = 10 * time.Minute
)

// clock is the time of the state store, of Quo and of the people, moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a file, a Quo workspace behind real HTTP, a state store, people who edit both sides, and runs that go wrong.
type world struct {
	mu     sync.Mutex // people who edit during a run do so from the server's goroutines
	t      testing.TB
	rng    *rand.Rand
	dir    string
	clock  *clock
	quo    *quosim.Workspace
	server *httptest.Server
	policy reconcile.Policy
	fields []mapping.Field
	rows   [][]string // what people hold in the file, header first
	nextID int
	log    []string // what happened, for the report of a failed seed

	bystanders    map[string]quosim.Contact // contacts that are not ours, as people left them; by id
	extras        map[string]quosim.Contact // what the mapping does not name in our contacts, as people left it; by id
	edits         []edit                    // values that people wrote into mapped fields in Quo
	stateLost     bool
	goneAt        map[string]time.Time // when the row of a key went, for the rows that are not there
	editedAt      map[string]time.Time // when a person last edited a contact; by id
	approved      map[string]bool      // keys that a person let through
	deleted       map[string]bool      // keys that runs deleted without a person's word
	deletes       []time.Time          // when they did
	moved         map[string][]string  // rows that got another key, by the old one
	unread        string               // the id of a contact that was edited during a run and not read since
	phoneAtMove   map[string]string    // their phone number then
	heldThen      map[string]string    // what the contact of a key held when its row went
	unbraked      bool                 // the run may do whatever it likes
	peopleDeleted map[string]bool      // ids of contacts that people deleted
}

// edit is a value that a person wrote.
type edit struct {
	key, id, value string
	field          contact.Field
	side           contact.Side
	row            []string // of an edit in the source
}

var header = []string{"id", "First", "Last", "Company", "Phone", "Email", "VIP", "Score", "Tags", "Notes"}

const (
	colID = iota
	colFirst
	colLast
	colCompany
	colPhone
	colEmail
	colVIP
	colScore
	colTags
	colNotes
)

func newWorld(t testing.TB, seed uint64) *world {
	w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 1)), dir: tempDir(t), clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)},
		rows: [][]string{slices.Clone(header)}, bystanders: map[string]quosim.Contact{}, extras: map[string]quosim.Contact{}, peopleDeleted: map[string]bool{},
		goneAt: map[string]time.Time{}, editedAt: map[string]time.Time{}, approved: map[string]bool{}, deleted: map[string]bool{},
		moved: map[string][]string{}, phoneAtMove: map[string]string{}, heldThen: map[string]string{}}
	var err error
	w.quo, err = quosim.New(quosim.Options{RequestsPerSecond: -1, Seed: seed + 1, Now: w.clock.Now, Order: quosim.Order(w.rng.IntN(3))})
	if err != nil {
		t.Fatal(err)
	}
	w.server = httptest.NewServer(http.StripPrefix("/quo", w.quo))
	t.Cleanup(w.server.Close)
	w.policy = reconcile.Policy{Label: label, Direction: contact.ToQuo, Match: reconcile.Match{Ask: true},
		CreateInSource: reconcile.CreateOff, RowGone: reconcile.RowGoneDelete, ContactGone: reconcile.ContactGoneKeep, Grace: grace}
	if w.rng.IntN(2) == 0 {
		w.policy.Direction = contact.TwoWay
	}
	field := func(name contact.Field, column string) mapping.Field {
		return mapping.Field{Name: name, Column: column, Direction: w.policy.Direction, Conflicts: contact.Ask, Separator: ","}
	}
	w.fields = []mapping.Field{
		field(contact.FirstName, "First"), field(contact.LastName, "Last"), field(contact.Company, "Company"),
		field("phoneNumbers.mobile", "Phone"), field("emails.work", "Email"),
		field("customFields.VIP", "VIP"), field("customFields.Score", "Score"), field("customFields.Segment", "Tags"),
	}
	return w
}

// tempDir is a directory in memory where the machine has one: every run syncs its state to the disk many times.
func tempDir(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "syncd-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func (w *world) note(format string, args ...any) {
	w.log = append(w.log, w.clock.Now().Format("15:04:05 ")+fmt.Sprintf(format, args...))
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

// saveRows writes the file as people hold it, in one go, as an editor does.
func (w *world) saveRows() {
	for _, r := range w.rows[1:] {
		delete(w.goneAt, r[colID])
	}
	var b bytes.Buffer
	c := csv.NewWriter(&b)
	if err := c.WriteAll(w.rows); err != nil {
		w.t.Fatal(err)
	}
	tmp := w.path("rows.new")
	if err := os.WriteFile(tmp, b.Bytes(), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(tmp, w.path("rows.csv")); err != nil {
		w.t.Fatal(err)
	}
}

// loadRows looks at what a run left in the file.
func (w *world) loadRows() {
	data, err := os.ReadFile(w.path("rows.csv"))
	if err != nil {
		w.t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		w.t.Fatal(err)
	}
	for i, r := range rows { // the rows stay the same ones
		if i < len(w.rows) && len(r) == len(w.rows[i]) {
			copy(w.rows[i], r)
			continue
		}
		w.t.Fatalf("row %d of the file is %q", i, r)
	}
	if len(rows) != len(w.rows) {
		w.t.Errorf("the file has %d rows, people left %d", len(rows), len(w.rows))
	}
}

// run is one process: it opens the state, runs the sync once and ends. A crash point of 0 means that it does not
// crash; n means that the n-th thing that it does to the world outside is its last.
type runOptions struct {
	crashAt int
	request engine.Request
	faults  float64
}

func (w *world) run(o runOptions) engine.Report {
	ctx := context.Background()
	store, err := sqlite.Open(ctx, w.path("state.db"), sqlite.Options{Now: w.clock.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	defer store.Close()
	w.quo.ClearFaults()
	if o.faults > 0 {
		w.quo.RandomFaults(w.rng.Uint64(), o.faults)
	}
	death := &death{left: o.crashAt, actLast: w.rng.IntN(2) == 0}
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	defer transport.CloseIdleConnections()
	client := quo.New(quo.Options{BaseURL: w.server.URL + "/quo", APIKey: "sandbox", Timeout: 5 * time.Second,
		MaxAttempts: 3, FirstWait: time.Millisecond, HTTP: &http.Client{Transport: mortalTransport{transport, death}}})
	e := &engine.Engine{
		Sync: engine.Sync{Name: "customers", Policy: w.policy, RefreshAfter: w.refreshAfter(),
			Mapping: mapping.Options{Fields: slices.Clone(w.fields), Key: []string{"id"}, Region: "US", Location: time.UTC},
			Deletes: reconcile.Limit{Percent: 10, IsPercent: true}, Updates: reconcile.Limit{Percent: 50, IsPercent: true},
			Creates: reconcile.Limit{Percent: 50, IsPercent: true}, Labels: []string{label}},
		Source: mortalSource{csvfile.New(csvfile.Options{Path: w.path("rows.csv"), Key: []string{"id"}}), death},
		Quo:    client, Store: mortalStore{store, death}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Holder: "simulation", Lease: leaseTTL, Workers: 1 + w.rng.IntN(4),
	}
	report := e.Run(ctx, o.request)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loadRows()
	w.note("run %d: %s created %d updated %d source %d deleted %d unlinked %d stale %d held %v problems %d conflicts %d waiting %d err %v crash %d", report.RunID, report.Status,
		report.Created, report.Updated, report.SourceUpdated, report.Deleted, report.Unlinked, report.Stale, report.Held, len(report.Problems), len(report.Conflicts), len(report.Waiting), report.Err(), o.crashAt)
	return report
}

func (w *world) refreshAfter() time.Duration {
	if w.rng.IntN(2) == 0 {
		return 0 // every contact is re-read before it is written
	}
	return 10 * time.Second
}

// store opens the state to look at it.
func (w *world) store() state.Store {
	s, err := sqlite.Open(context.Background(), w.path("state.db"), sqlite.Options{Now: w.clock.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// row returns the row of a key, nil when there is none.
func (w *world) row(key string) []string {
	for _, r := range w.rows[1:] {
		if r[colID] == key {
			return r
		}
	}
	return nil
}

func (w *world) contactOf(key string) (quosim.Contact, bool) {
	for _, c := range w.quo.Contacts() {
		if text(c.Source) == label && text(c.ExternalID) == key {
			return c, true
		}
	}
	return quosim.Contact{}, false
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

func (w *world) pick(choices ...string) string { return choices[w.rng.IntN(len(choices))] }

func (w *world) phone() string {
	return fmt.Sprintf(w.pick("+1415555%04d", "(415) 555-%04d", "415-555-%04d", "415.555.%04d"), w.rng.IntN(10000))
}

func (w *world) newRow() []string {
	w.nextID++
	id := fmt.Sprintf("C-%d", 1000+w.nextID)
	return []string{id, w.pick("Ann", "José", "李", "O'Neil", " Bob "), w.pick("Lee", "Müller", "", "de la Cruz"), w.pick("", "Acme, Inc.", "Über GmbH"),
		w.phone(), w.pick("", fmt.Sprintf("P%d@Example.com", w.nextID)), w.pick("yes", "no", ""), w.pick("", "5", "5.0", "12.25"),
		w.pick("", "a, b", "b,a", "c"), w.pick("", "private")}
}

func (w *world) describe() string { return strings.Join(w.log, "\n") }
