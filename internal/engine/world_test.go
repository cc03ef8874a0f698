package engine_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/quo"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
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
// What people did and what runs must not undo is remembered here: the checks look at nothing else.
type world struct {
	mu     sync.Mutex // people who edit during a run do so from the server's goroutines
	t      testing.TB
	rng    *rand.Rand
	shape  shape
	dir    string
	clock  *clock
	quo    *quosim.Workspace
	server *httptest.Server
	log    []string // what happened, for the report of a failed seed
	now    moment   // what a run finds

	// The two sides and the state.
	table    table
	rows     []*line // what people hold in the table
	mending  []place // cells that they put right; by row and column
	head     []string
	known    map[string]quosim.Contact // Quo as people, or runs that were looked at, left it; by id
	view     map[string]quosim.Contact // Quo as it was when it was looked at last; by id
	state    *sqlite.Store
	backup   []byte           // of the state
	removed  []*line          // rows that people deleted, to be put back
	back     *line            // the one that was put back last
	erased   []quosim.Contact // contacts that people deleted, to be made again
	nextID   int
	nextTel  int
	numbered int

	// What people wrote, and what became of it.
	edits    map[place]edit            // values that people wrote and that are not on both sides yet
	agreed   map[place]map[string]bool // values on which both sides agreed since the last run that settled the pair
	filled   map[place]bool            // facets of contacts that were not empty when both sides agreed last
	touched  map[place]bool            // where people wrote anything since the state was made
	formerly former                    // as of the backup and since
	settled  map[string]bool           // contacts whose pair a run settled, so that it is no first sight any more; by id

	// What the state says after the last run: who belongs to whom, and what is left open.
	links   map[string]state.Link
	byID    map[string]state.Link // by the id of the contact
	open    map[string]bool       // keys and ids of contacts
	openRow map[*line]bool

	// What runs may do.
	ours          map[string]bool            // ids of contacts that are or were a record's
	made          map[string]bool            // ids of contacts that syncd knows it made
	madeThen      map[string]bool            // as of the backup
	maybeMade     map[string]bool            // that it may find out to have made
	missedAt      map[string]time.Time       // when a run first missed the row of a contact; by id
	missedThen    map[string]time.Time       // as of the backup
	witnessed     map[string]map[string]bool // contents that a run may have seen while the other side was there, by id
	moved         map[string]*line           // rows that got another key or lost their id, by the old one
	movedTel      map[string]string          // the phone number that tells so
	kept          map[string]string          // values of rows whose contact people deleted while all agreed, by key
	mayStay       map[string]bool            // keys of contacts that stay in Quo though their row went
	peopleDeleted map[string]bool            // ids of contacts
	deleted       map[string]bool            // what runs deleted without a person's word
	deletes       map[string][]time.Time     // when they did, by side
	posted        map[string]sending         // creates, by key
	postedThen    map[string]sending         // as of the backup
	stateLost     bool
	unbraked      bool // the run may do whatever it likes

	// What people decided.
	approved map[string]bool   // keys that they let through
	alone    map[string]bool   // keys that get a contact of their own
	matched  map[string]string // ids of contacts, by key
	told     map[string]bool   // keys of which the state knows that they get one of their own
	resolved map[resolution]bool
	relinked map[string]bool

	// What undos did, and no later run may do again.
	undone map[undoneField]sides // until somebody changes or settles it
	parted map[string]bool       // keys of records that an undo took apart, until both sides are there or none
	apart  map[undoneField]sides // settled for the side from which the field does not flow: they stay different

	// What runs made, as they made it, and contacts that they deleted, as they were.
	born    map[string]quosim.Contact
	bornRow map[*line][]string
	gone    map[string]quosim.Contact

	processes int
	rereads   map[string]bool // processes that read every contact again before they write it; by key
	calls     bool            // the last run was clean, so that the requests of the next one can be told in advance
	problems  int             // of the last run
}

// moment is what holds during one run.
type moment struct {
	strangers map[string][]string // ids of contacts that are no record's, by phone and e-mail
	updatedAt map[string]time.Time
	counted   int // contacts of ours, and all, before the run
	all       int
	linked    int     // standing links
	unlisted  int     // of them, those whose contact does not stand under our label
	fresh     bool    // a row has no link yet
	braked    bool    // the sync's first run is done: creates are not free any more
	order     []*line // the rows as they stood
	entries   []state.Entry
	undo      *takingBack    // what the run undoes
	edited    bool           // people edited while the run went on
	rows      map[*line]bool // that they did
	unread    map[string]bool
	ids       map[string]bool
	blind     map[string]bool // contacts that a run wrote without having read what people did to them
	looked    map[string]bool // contacts that it read or looked up by themselves
	got       map[string]bool // of them, those that it read by their id, though it be gone
	flying    map[string]int  // writes under way
	writers   []string        // keys of the processes that wrote, in order, repetitions left out
}

// place is where a value stands: a cell of a row, or a facet of a contact.
type place struct {
	row   *line
	id    string
	facet int
}

// edit is a value that a person wrote, in normal form.
type edit struct{ value string }

// former is what a state that comes back from a backup may know.
type former struct {
	agreed  map[place]map[string]bool
	touched map[place]bool
}

func newFormer() former { return former{map[place]map[string]bool{}, map[place]bool{}} }

// resolution is a person's word about a conflict.
type resolution struct {
	key   string
	field contact.Field
	take  contact.Side
}

// sending is a create that was sent.
type sending struct {
	at      time.Time
	process int
	heard   bool
}

func newWorld(t testing.TB, seed uint64, db *pgDatabase) *world {
	w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 1)), dir: tempDir(t), clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)},
		known: map[string]quosim.Contact{}, view: map[string]quosim.Contact{}, edits: map[place]edit{}, agreed: map[place]map[string]bool{}, filled: map[place]bool{}, touched: map[place]bool{}, settled: map[string]bool{},
		links: map[string]state.Link{}, byID: map[string]state.Link{}, open: map[string]bool{}, openRow: map[*line]bool{}, ours: map[string]bool{},
		made: map[string]bool{}, maybeMade: map[string]bool{}, missedAt: map[string]time.Time{}, witnessed: map[string]map[string]bool{},
		moved: map[string]*line{}, movedTel: map[string]string{}, approved: map[string]bool{}, alone: map[string]bool{}, matched: map[string]string{},
		resolved: map[resolution]bool{}, relinked: map[string]bool{}, deleted: map[string]bool{}, deletes: map[string][]time.Time{}, posted: map[string]sending{},
		peopleDeleted: map[string]bool{}, kept: map[string]string{}, mayStay: map[string]bool{}, formerly: newFormer(), rereads: map[string]bool{}, told: map[string]bool{},
		undone: map[undoneField]sides{}, parted: map[string]bool{}, apart: map[undoneField]sides{}, born: map[string]quosim.Contact{}, bornRow: map[*line][]string{}, gone: map[string]quosim.Contact{}}
	w.shape = drawShape(w.rng)
	w.table = csvTable{w}
	if *tableFlag == "sheet" || *tableFlag == "" && rand.New(rand.NewPCG(seed, 2)).IntN(3) == 0 { // apart, so that a seed keeps its story
		w.table = newSheetTable(w)
		if w.shape.contactGone == reconcile.ContactGoneDelete { // which the configuration refuses
			w.shape.contactGone = reconcile.ContactGoneKeep
		}
	}
	if _, sheet := w.table.(sheetTable); !sheet && (*tableFlag == "postgres" || *tableFlag == "" && rand.New(rand.NewPCG(seed, 3)).IntN(3) == 0) {
		w.table = newPGTable(w, db, seed)
	}
	w.note("%T", w.table)
	w.note("%v", w.shape)
	var err error
	w.quo, err = quosim.New(quosim.Options{RequestsPerSecond: -1, Keys: []string{"first", "second"}, Seed: seed + 1, Now: w.clock.Now,
		Order: quosim.Order(w.rng.IntN(3)), ShuffleItems: w.rng.IntN(3) == 0, WrappedErrors: w.rng.IntN(3) == 0})
	if err != nil {
		t.Fatal(err)
	}
	w.server = httptest.NewServer(http.StripPrefix("/quo", w.quo))
	t.Cleanup(w.server.Close)
	w.state = w.openState()
	t.Cleanup(func() { w.state.Close() })
	w.quo.OnRequest(w.watch)
	w.quo.AfterRequest(w.watchAnswer)
	w.saveRows()
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

func (w *world) describe() string { return strings.Join(w.log, "\n") }

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

// runOptions say how a run goes. A crash point of 0 means that it does not crash; n means that the n-th thing that it
// does to the world outside is its last.
type runOptions struct {
	crashAt int
	request engine.Request
	faults  float64
	undo    *takingBack
	// freezeAt is the thing at which the process stands still.
	freezeAt int
}

// run is one process: it opens the state, runs the sync once and ends. What it did is checked.
func (w *world) run(o runOptions) engine.Report {
	w.begin()
	w.now.undo = o.undo
	w.quo.ClearFaults()
	if o.faults > 0 {
		w.quo.RandomFaults(w.rng.Uint64(), o.faults)
	}
	p := w.process(o, "first")
	report := p.run()
	w.quo.ClearFaults()
	w.end(o, report)
	return report
}

// process is one process that runs the sync.
type process struct {
	world   *world
	key     string // by which its requests are told from another's
	options runOptions
	death   *death
	engine  *engine.Engine
	store   *sqlite.Store
}

func (w *world) process(o runOptions, key string) *process {
	w.processes++
	store := w.state
	if key != "first" {
		store = w.openState()
	}
	p := &process{world: w, key: key, options: o, store: store,
		death: &death{left: o.crashAt, actLast: w.rng.IntN(2) == 0, freezes: o.freezeAt > 0, freezeAt: o.freezeAt, frozen: make(chan struct{}), wake: make(chan struct{})}}
	sync := w.shape.sync()
	if w.rng.IntN(2) == 0 { // else every contact is re-read before it is written
		sync.RefreshAfter = 10 * time.Second
	}
	w.rereads[key] = sync.RefreshAfter == 0
	p.engine = &engine.Engine{Sync: sync, Store: mortalStore{store, p.death},
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Holder: "process " + key, Lease: leaseTTL, Workers: 1 + w.rng.IntN(4)}
	p.engine.Source = w.table.source(p)
	return p
}

func (p *process) run() (report engine.Report) {
	if p.store != p.world.state {
		defer p.store.Close()
	}
	p.connected(func() {
		if u := p.options.undo; u != nil {
			report = p.engine.Undo(context.Background(), u.run, seenBy(u.undoing))
		} else {
			report = p.engine.Run(context.Background(), p.options.request)
		}
	})
	return report
}

// connected does something that needs Quo.
func (p *process) connected(do func()) {
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	defer transport.CloseIdleConnections()
	p.engine.Quo = quo.New(quo.Options{BaseURL: p.world.server.URL + "/quo", APIKey: p.key, Timeout: 5 * time.Second,
		MaxAttempts: 3, FirstWait: time.Millisecond, HTTP: &http.Client{Transport: mortalTransport{transport, p.death}}})
	do()
}

func (w *world) openState() *sqlite.Store {
	s, err := sqlite.Open(context.Background(), w.path("state.db"), sqlite.Options{Now: w.clock.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// identity is what makes a row the one of a contact: its key or, without key columns, the contact's id.
func (w *world) identity(r *line) string {
	if w.shape.keyed {
		return strings.TrimSpace(r.cells[colID])
	}
	return r.cells[colContact]
}

// identityOf is the identity of a contact's row, "" when it has none.
func (w *world) identityOf(c quosim.Contact) string {
	link, linked := w.byID[c.ID]
	switch {
	case !w.shape.keyed:
		return c.ID
	case linked && link.Linked():
		return link.Key
	case text(c.Source) == label:
		return text(c.ExternalID)
	}
	return ""
}

// linkOf is the link of a row, the zero Link when it has none.
func (w *world) linkOf(r *line) state.Link {
	if w.shape.keyed {
		return w.links[w.identity(r)]
	}
	return w.byID[w.identity(r)]
}

// row returns the first row with an identity, nil when there is none.
func (w *world) row(identity string) *line {
	if identity == "" {
		return nil
	}
	for _, r := range w.rows {
		if w.identity(r) == identity {
			return r
		}
	}
	return nil
}

func (w *world) rowOf(c quosim.Contact) *line { return w.row(w.identityOf(c)) }

// contactOf returns the contact of a row: that of its link, or else the one of ours with its key.
func (w *world) contactOf(r *line) (quosim.Contact, bool) {
	id := w.identity(r)
	if !w.shape.keyed {
		if id == "" {
			id = w.nameless(r)
		}
		c, ok := w.view[id]
		return c, ok
	}
	if id == "" {
		return quosim.Contact{}, false
	}
	if link, ok := w.links[id]; ok && link.Linked() {
		if c, ok := w.view[link.ContactID]; ok {
			return c, true
		}
	}
	if c, ok := w.byKey(id); ok {
		return c, true
	}
	if w.shape.contactID && w.byID[r.cells[colContact]].Key == "" {
		id = r.cells[colContact]
	}
	c, ok := w.view[id] // else the key of a row that was made for a contact
	return c, ok
}

// nameless returns the id of the contact that a run made for a row before it could write the id there: the only one of
// ours that no row names and that has the row's phone number, or all that is sent of it.
func (w *world) nameless(r *line) string {
	found := ""
	for id, c := range w.view {
		if phone, _ := w.shares(r, c); (phone || w.isSent(r, c)) && (isOurs(c) || w.ours[id]) && w.row(id) == nil {
			if found != "" {
				return ""
			}
			found = id
		}
	}
	return found
}

// isSent reports whether a contact holds what its row would send, but for custom fields.
func (w *world) isSent(r *line, c quosim.Contact) bool {
	for i := range facets[:5] {
		f := &facets[i]
		if w.shape.writes(i, contact.Quo) && f.norm(w, r.cells[f.column]) != f.value(w, &c) {
			return false
		}
	}
	return true
}

// byKey returns the contact of ours with an external id.
func (w *world) byKey(key string) (quosim.Contact, bool) {
	for _, c := range w.view {
		if text(c.Source) == label && text(c.ExternalID) == key {
			return c, true
		}
	}
	return quosim.Contact{}, false
}

// filtered reports whether the filter leaves a row out.
func (w *world) filtered(r *line) bool {
	return w.shape.only && !strings.EqualFold(r.cells[colKind], "customer") && !strings.EqualFold(r.cells[colKind], "lead")
}

// broken reports whether a row cannot be read.
func (w *world) broken(r *line) bool {
	nobody := strings.TrimSpace(r.cells[colFirst]+r.cells[colLast]+r.cells[colCompany]) == ""
	return r.cells[colPhone] == "555-12" || r.cells[colScore] == "many" || nobody && w.shape.direction != contact.FromQuo
}

// isOpen reports whether the last run left something about a row or a contact open.
func (w *world) isOpen(r *line, id string) bool {
	if r != nil && (w.openRow[r] || w.open[w.identity(r)] || w.open[r.cells[colID]] || w.shape.contactID && w.open[r.cells[colContact]]) {
		return true
	}
	return id != "" && (w.open[id] || w.open[w.byID[id].Key])
}

// values are all mapped values of a row, in normal form, sent those that flow to Quo.
func (w *world) values(r *line) string { return w.some(r, func(int) bool { return true }) }

func (w *world) sent(r *line) string {
	return w.some(r, func(i int) bool { return w.shape.writes(i, contact.Quo) })
}

func (w *world) some(r *line, wanted func(int) bool) string {
	var all []string
	for i := range facets {
		if wanted(i) {
			all = append(all, facets[i].norm(w, r.cells[facets[i].column]))
		}
	}
	return strings.Join(all, "|")
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

func (w *world) pick(choices ...string) string { return choices[w.rng.IntN(len(choices))] }

// phone is a number that nobody had yet.
func (w *world) phone() string {
	w.nextTel++
	return fmt.Sprintf(w.pick("+1415555%04d", "(415) 555-%04d", "415-555-%04d", "415.555.%04d"), w.nextTel)
}

func (w *world) email() string {
	w.nextTel++
	return w.pick("", fmt.Sprintf("P%d@Example.com", w.nextTel))
}

func (w *world) newRow() *line {
	w.nextID++
	r := &line{cells: make([]string, len(header))}
	r.cells[colID] = fmt.Sprintf("C-%d", 1000+w.nextID)
	if !w.shape.keyed {
		r.cells[colID] = ""
	}
	for _, f := range facets {
		r.cells[f.column] = f.cell(w)
	}
	r.cells[colKind] = w.pick("customer", "lead", "Lead", "customer", "other")
	r.cells[colNotes] = w.pick("", "private", "call \"back\"")
	w.stamp(r)
	return r
}

// stamp is the column that says when a row was changed.
func (w *world) stamp(r *line) { r.cells[colUpdated] = w.clock.Now().UTC().Format(time.RFC3339) }

// forget drops what is remembered about the edits of a row or a contact.
func (w *world) forget(r *line, id string) {
	for i := range facets {
		delete(w.edits, place{r, id, i})
		w.forgetUndone(place{r, id, i})
	}
}
