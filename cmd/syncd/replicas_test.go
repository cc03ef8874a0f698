package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"syncd/internal/pgtest"
	"syncd/internal/quo/quosim"
	"syncd/internal/state"
	"syncd/internal/state/postgres"
)

var (
	faultsFor = flag.Duration("replicas-for", 8*time.Second, "how long TestReplicas makes faults")
	manySyncs = flag.Int("replicas-syncs", 10, "how many syncs TestReplicas has")
	skewFlag  = flag.Duration("replicas-skew", 0, "how far apart the clocks of the replicas are in TestReplicas, which then builds a syncd for it")
	seedFlag  = flag.Uint64("replicas-seed", 0, "of the chance of TestReplicas; 0 takes another one each time")
)

const (
	replicas    = 3
	rowsPerSync = 5
	fleetLease  = 2 * time.Second
)

// fleet is replicas of syncd on one Postgres behind a relay, and many syncs with one workspace.
type fleet struct {
	*testing.T
	rng       *rand.Rand
	dir       string
	relay     *relay
	binary    string
	store     *postgres.Store
	workspace *quosim.Workspace
	rows      []map[string]string // of each sync: names by key
	replicas  [replicas]*replica
	kills     int
	faults    []int // kinds of those to come

	mu      sync.Mutex
	refused int                 // requests that exceeded the limit
	writes  map[string][]string // requests that succeeded by what they wrote, as the time and the method
}

// replica is one place for a process: one that dies is followed by another.
type replica struct {
	cmd    *exec.Cmd
	done   chan struct{}
	log    *lockedBuffer // of all its processes
	before int           // how much of that is of earlier processes
	skew   time.Duration // how far its clock is ahead
}

// TestReplicas kills and stops replicas, makes them reload, cuts their connections to the state and has Quo fail, while people
// edit rows, and then checks what must hold of the design's invariants, and that every run that was due happened or was counted as missed.
// All of that with clocks that disagree by a minute.
func TestReplicas(t *testing.T) {
	f := newFleet(t)
	for i := range f.replicas {
		f.replicas[i] = &replica{log: &lockedBuffer{}, skew: time.Duration(i-1) * *skewFlag}
		f.startReplica(f.replicas[i])
	}
	f.until("every sync ran once", func() bool { return f.contacts() == *manySyncs*rowsPerSync })
	for end := time.Now().Add(*faultsFor); time.Now().Before(end); {
		f.edit()
		f.fault()
	}
	f.workspace.ClearFaults()
	f.until("both sides agree", f.agreed)
	gone := map[*replica]bool{} // that could not open the state while its connections were cut, and were not started again
	for _, r := range f.replicas {
		select {
		case <-r.done:
			gone[r] = strings.Contains(r.log.String(), "the connection to its server was lost")
		default:
			_ = r.cmd.Process.Signal(syscall.SIGTERM)
		}
	}
	for i, r := range f.replicas {
		<-r.done
		if code := r.cmd.ProcessState.ExitCode(); code != exitDone && !gone[r] {
			t.Errorf("replica %d ended with exit code %d:\n%s", i, code, tail(r.log.String()))
		}
	}
	f.checkClocks()
	f.checkContacts()
	f.checkWrites()
	f.checkSchedules()
	f.checkSpread()
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-replicas-seed %d", seed)
	f := &fleet{T: t, rng: rand.New(rand.NewPCG(seed, 0)), dir: t.TempDir(), writes: map[string][]string{}, faults: []int{reloadAll}}
	perSecond := max(60, *manySyncs*2)
	var err error
	// A request that a stopped process sends late may stand beside another one: the workspace allows for some of them.
	f.workspace, err = quosim.New(quosim.Options{Keys: []string{"a-secret-key"}, RequestsPerSecond: perSecond * 3 / 2, KeepRequests: -1})
	if err != nil {
		t.Fatal(err)
	}
	f.workspace.AfterRequest(f.answered)
	server := httptest.NewServer(f.workspace)
	t.Cleanup(server.Close)

	database := pgtest.Database(t)
	if *skewFlag == 0 {
		f.binary, database = ownBinary(t), minuteAhead(t, database)
	} else {
		f.binary = skewedSyncd(t)
	}
	f.relay = newRelay(t, database)
	if f.store, err = postgres.Open(t.Context(), database, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.store.Close() })

	var config strings.Builder
	fmt.Fprintf(&config, `quo: {api_key: a-secret-key, base_url: %q, requests_per_second: %d, timeout: 5s}
state: %s
lease: %s
listen: 127.0.0.1:0
region: US
syncs:
`, server.URL, perSecond, f.relay.url, fleetLease)
	for i := range *manySyncs {
		fmt.Fprintf(&config, `  - {name: sync-%03d, schedule: "@every %ds", direction: to-quo, source: {csv: {path: rows-%03d.csv, key: id}},
     fields: {firstName: First, phoneNumbers: {mobile: Phone}}, match: none, deletes: {grace: "0s"},
     brake: {deletes: 100%%, updates: 100%%, creates: 100%%}}
`, i, max(2, *manySyncs/15), i)
		rows := map[string]string{}
		for k := range rowsPerSync {
			rows[fmt.Sprintf("S%03d-%d", i, k)] = "Ada"
		}
		f.rows = append(f.rows, rows)
		f.save(i)
	}
	write(t, filepath.Join(f.dir, "syncd.yaml"), config.String())
	return f
}

// save writes the rows of a sync.
func (f *fleet) save(i int) {
	f.Helper()
	var b strings.Builder
	b.WriteString("id,First,Phone\n")
	for key, name := range f.rows[i] {
		fmt.Fprintf(&b, "%s,%s,415-555-01%02d\n", key, name, i%100)
	}
	path := filepath.Join(f.dir, fmt.Sprintf("rows-%03d.csv", i))
	write(f.T, path+".new", b.String())
	if err := os.Rename(path+".new", path); err != nil {
		f.Fatal(err)
	}
}

// reloadAll is the fault that is none: the replicas read their configuration again.
const reloadAll = 5

// edit changes a name in one sync, and now and then adds a row to it.
func (f *fleet) edit() {
	f.Helper()
	i := f.rng.IntN(len(f.rows))
	rows := f.rows[i]
	rows[fmt.Sprintf("S%03d-%d", i, f.rng.IntN(rowsPerSync))] = fmt.Sprintf("Name %d", f.rng.IntN(1e6))
	if f.rng.IntN(4) == 0 {
		rows[fmt.Sprintf("S%03d-%d", i, len(rows))] = "Grace"
	}
	f.save(i)
}

// fault makes something go wrong, and waits a little.
func (f *fleet) fault() {
	f.Helper()
	r := f.replicas[f.rng.IntN(replicas)]
	if len(f.faults) == 0 { // each kind once, in another order each time
		f.faults = f.rng.Perm(6)
	}
	kind := f.faults[0]
	f.faults = f.faults[1:]
	switch kind {
	case 0:
		f.kills++
		_ = r.cmd.Process.Kill()
		<-r.done
		f.startReplica(r)
	case 1: // it stands still until others may have its syncs
		_ = r.cmd.Process.Signal(syscall.SIGSTOP)
		time.Sleep(fleetLease + time.Duration(f.rng.IntN(1000))*time.Millisecond)
		_ = r.cmd.Process.Signal(syscall.SIGCONT)
	case 2:
		f.relay.cut(time.Duration(f.rng.IntN(500)) * time.Millisecond)
	case 3:
		f.workspace.RandomFaults(f.rng.Uint64(), 0.1, quosim.Fault{Kind: quosim.CutAfter}, quosim.Fault{Kind: quosim.CutBefore},
			quosim.Fault{Kind: quosim.FailAfter, Status: http.StatusBadGateway}, quosim.Fault{Kind: quosim.SlowAfter, Delay: time.Second},
			quosim.Fault{Status: http.StatusServiceUnavailable})
	case 4:
		f.workspace.ClearFaults()
	case reloadAll: // with runs under way
		for _, r := range f.replicas {
			if strings.Contains(r.log.String()[r.before:], `"msg":"started"`) { // until then nobody listens to it
				_ = r.cmd.Process.Signal(syscall.SIGHUP)
			}
		}
	}
	time.Sleep(time.Duration(f.rng.IntN(400)) * time.Millisecond)
}

// startReplica starts a process in the place of a replica.
func (f *fleet) startReplica(r *replica) {
	f.Helper()
	cmd, done := exec.Command(f.binary, "run", "--log-format", "json"), make(chan struct{})
	cmd.Args[0], cmd.Dir, cmd.Stderr, r.before = "syncd", f.dir, r.log, len(r.log.String())
	cmd.Env = append(os.Environ(), skewVariable+"="+r.skew.String())
	if err := cmd.Start(); err != nil {
		f.Fatal(err)
	}
	go func() { _ = cmd.Wait(); close(done) }() // how it ended stands in ProcessState
	r.cmd, r.done = cmd, done
	f.Cleanup(func() { _ = cmd.Process.Kill(); <-done })
}

// until waits for something to be so. A replica that ends although nobody killed it fails the test, and one that could
// not open the state, while its connections were cut, is started again as a service manager would.
func (f *fleet) until(what string, so func() bool) {
	f.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !so(); time.Sleep(50 * time.Millisecond) {
		for _, r := range f.replicas {
			select {
			case <-r.done:
				f.startReplica(r)
			default:
			}
		}
		if time.Now().After(deadline) {
			f.Fatalf("not so after three minutes: %s\n%s", what, tail(f.replicas[0].log.String()))
		}
	}
}

func tail(text string) string { return text[max(0, len(text)-5000):] }

// answered notes what a request did.
func (f *fleet) answered(_ int, r *http.Request, status int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if status == http.StatusTooManyRequests {
		f.refused++
	}
	if r.Method == http.MethodDelete {
		f.writes["deletes"] = append(f.writes["deletes"], r.URL.Path)
	}
}

func (f *fleet) contacts() int { return len(f.workspace.Contacts()) }

// agreed reports whether every row has a contact with its name, and no operation is open.
func (f *fleet) agreed() bool {
	names := f.names()
	for i, rows := range f.rows {
		for key, name := range rows {
			if names[key] != name {
				return false
			}
		}
		open, err := f.store.Open(f.Context(), fmt.Sprintf("sync-%03d", i))
		if err != nil || len(open) > 0 {
			return false
		}
	}
	return true
}

// names returns the names of the contacts by key; two contacts with one key fail the test.
func (f *fleet) names() map[string]string {
	f.Helper()
	names := map[string]string{}
	for _, c := range f.workspace.Contacts() {
		if c.ExternalID == nil || c.FirstName == nil {
			f.Fatalf("contact %s has no key or no name", c.ID)
		}
		if _, doubled := names[*c.ExternalID]; doubled {
			f.Fatalf("two contacts have the key %s", *c.ExternalID)
		}
		names[*c.ExternalID] = *c.FirstName
	}
	return names
}

// checkContacts checks that there is one contact per row, and that none was ever deleted: no row went.
func (f *fleet) checkContacts() {
	f.Helper()
	want := 0
	for _, rows := range f.rows {
		want += len(rows)
	}
	if got := len(f.names()); got != want {
		f.Errorf("%d contacts, want %d", got, want)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if deletes := f.writes["deletes"]; len(deletes) > 0 {
		f.Errorf("contacts were deleted: %v", deletes)
	}
	if f.refused > 0 {
		f.Errorf("%d requests exceeded the limit of the key", f.refused)
	}
}

// checkWrites checks that no operation was sent by a run once the next run of its sync had begun, and that a key was
// created once.
func (f *fleet) checkWrites() {
	f.Helper()
	for i := range f.rows {
		runs, err := f.store.Runs(f.Context(), fmt.Sprintf("sync-%03d", i), 0)
		if err != nil {
			f.Fatal(err)
		}
		created := map[string]int{}
		next := time.Now().Add(time.Hour)
		for _, run := range runs { // newest first
			entries, err := f.store.Entries(f.Context(), run.ID)
			if err != nil {
				f.Fatal(err)
			}
			for _, e := range entries {
				if e.SentAt.After(next) {
					f.Errorf("run %d of %s sent the %s of %s at %s, and the next one began at %s", run.ID, run.Sync, e.Action, e.Key, e.SentAt, next)
				}
				if e.Action == "create" && e.State == state.Done {
					created[e.Key]++
				}
			}
			if run.FinishedAt.After(next) {
				f.Errorf("run %d of %s ended at %s, and the next one began at %s", run.ID, run.Sync, run.FinishedAt, next)
			}
			next = run.StartedAt
		}
		for key, n := range created {
			if n > 1 {
				f.Errorf("%s was created %d times", key, n)
			}
		}
	}
}

// checkSchedules checks that every tick of every schedule was run or counted as missed, and that no more ran than that and
// what faults made run again.
func (f *fleet) checkSchedules() {
	f.Helper()
	schedules, err := f.store.Schedules(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	again := 0
	for _, s := range schedules {
		runs, err := f.store.Runs(f.Context(), s.Sync, 0)
		if err != nil {
			f.Fatal(err)
		}
		interval := time.Duration(max(2, *manySyncs/15)) * time.Second
		first := runs[len(runs)-1].StartedAt
		ticks := int64((s.DueAt.Sub(first) + interval/2) / interval)
		if ran := int64(len(runs)); ran+s.Missed < ticks {
			f.Errorf("%s: %d ticks, of which %d ran and %d were missed", s.Sync, ticks, ran, s.Missed)
		} else {
			again += int(ran + s.Missed - ticks)
		}
	}
	f.Logf("%d runs for what faults broke off", again)
	if most := 2 * *manySyncs * (1 + int(*faultsFor/fleetLease)); again > most {
		f.Errorf("%d runs more than were due, want %d at most", again, most)
	}
}

// checkSpread checks that all replicas worked, and that some reloaded.
func (f *fleet) checkSpread() {
	f.Helper()
	counts, all, reloads := [replicas]int{}, 0, 0
	for i, r := range f.replicas {
		for line := range strings.Lines(r.log.String()) {
			var entry struct{ Msg string }
			if json.Unmarshal([]byte(line), &entry) != nil {
				continue
			}
			switch entry.Msg {
			case "run ended":
				counts[i]++
				all++
			case "configuration reloaded":
				reloads++
			}
		}
	}
	f.Logf("runs of the replicas: %v, %d kills, %d reloads", counts, f.kills, reloads)
	if reloads == 0 {
		f.Error("no replica reloaded its configuration")
	}
	for i, n := range counts {
		if n*20 < all {
			f.Errorf("replica %d made %d of %d runs", i, n, all)
		}
	}
}

// databaseAddress is where a relay finds the database, and the URL that leads to it through the relay.
func databaseAddress(t *testing.T, database, relay string) (network, address, through string) {
	t.Helper()
	c, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	network, address = pgconn.NetworkAddress(c.Host, c.Port)
	u := url.URL{Scheme: "postgres", User: url.UserPassword(c.User, c.Password), Host: relay, Path: "/" + c.Database, RawQuery: "sslmode=disable"}
	if path := c.RuntimeParams["search_path"]; path != "" {
		u.RawQuery += "&search_path=" + url.QueryEscape(path)
	}
	if c.Password == "" {
		u.User = url.User(c.User)
	}
	return network, address, u.String()
}
