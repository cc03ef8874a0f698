package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"syncd/internal/pgtest"
	"syncd/internal/quo/quosim"
	"syncd/internal/state"
	"syncd/internal/state/postgres"
)

// restored is a process on a Postgres state whose older dump is restored.
type restored struct {
	*served
	database string
	store    *postgres.Store
	rows     map[string]string

	mu     sync.Mutex
	writes []string // what Quo was told to change since they were last cleared
}

// TestRestoreOlderDump restores a dump after rows and contacts were made, changed and deleted on both sides, as
// docs/state.md says: nothing is made twice, put back or deleted.
func TestRestoreOlderDump(t *testing.T) {
	t.Parallel()
	r := newRestored(t)
	r.start()
	r.liveOn()
	before := r.file()
	r.signal(syscall.SIGTERM)
	r.stops(exitDone)
	r.clearWrites()
	r.restore()
	r.start()
	r.runsAgain()
	r.wantWrites()
	r.wantWell(before)
}

// TestRestoreUnderRunningDaemon restores a dump although a process runs, and in the middle of a run. Another process runs
// the sync at once, for the older state knows nothing of the lease; the run that lost it ends without another write.
func TestRestoreUnderRunningDaemon(t *testing.T) {
	t.Parallel()
	r := newRestored(t)
	r.start()
	r.liveOn()
	var hangs atomic.Bool
	answer := make(chan struct{})
	r.workspace.AfterRequest(func(n int, q *http.Request, status int) {
		r.note(n, q, status)
		if q.Method == http.MethodPatch && hangs.CompareAndSwap(false, true) {
			<-answer
		}
	})
	r.clearWrites()
	before := strings.Replace(r.file(), "C-005,Ada", "C-005,Barbara", 1)
	r.save(before)
	r.until("an update is under way", hangs.Load)
	r.restore()
	second := *r.served
	second.start()
	r.runsAgain()
	close(answer)
	r.logs(state.ErrLeaseLost.Error())
	r.runsAgain()
	r.wantWrites("PATCH C-005")
	r.signal(syscall.SIGTERM)
	r.stops(exitDone)
	r.served = &second
	r.wantWell(before)
}

func newRestored(t *testing.T) *restored {
	t.Helper()
	r := &restored{served: newServed(t), database: pgtest.Database(t), rows: map[string]string{}}
	r.workspace.AfterRequest(r.note)
	r.configure("state: "+r.database, `    direction: two-way
    match: none
    create_in_source: all
    deletes: {grace: 0s}
`)
	config := filepath.Join(r.dir, "syncd.yaml")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	write(t, config, strings.Replace(string(text), "    direction: to-quo\n", "", 1))
	for i := range 20 {
		r.rows[fmt.Sprintf("C-%03d", i)] = "Ada"
	}
	saveRows(t, r.dir, r.rows)
	if r.store, err = postgres.Open(t.Context(), r.database, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.store.Close() })
	return r
}

// liveOn makes a dump once the first rows have contacts, and then lets rows and contacts come, change and go on both sides.
func (r *restored) liveOn() {
	r.Helper()
	r.until("all rows have contacts", func() bool { return len(r.workspace.Contacts()) == len(r.rows) })
	r.runsAgain()
	r.shell(0)

	edit := func(key string, edit func(*quosim.Contact)) {
		if err := r.workspace.Edit(r.contact(key).ID, edit); err != nil {
			r.Fatal(err)
		}
	}
	edit("C-003", func(c *quosim.Contact) { c.FirstName = new("Edsger") })
	if err := r.workspace.Delete(r.contact("C-004").ID); err != nil {
		r.Fatal(err)
	}
	frances, err := r.workspace.Add(quosim.Contact{FirstName: new("Frances")})
	if err != nil {
		r.Fatal(err)
	}
	r.until("the file has what people did in Quo", func() bool {
		return strings.Contains(r.file(), "C-003,Edsger,") && strings.Contains(r.file(), frances.ID+",Frances,")
	})
	r.runsAgain()
	text := strings.Replace(r.file(), "C-002,Ada,", "C-002,Grace,", 1)
	text = regexp.MustCompile("(?m)^C-001,.*\n").ReplaceAllString(text, "")
	r.save(text + "C-021,Katherine,415-555-0021\n")
	r.until("Quo has what people did in the file", func() bool {
		return *r.contact("C-002").FirstName == "Grace" && r.contact("C-021").ID != "" && r.contact("C-001").ID == ""
	})
	r.runsAgain()
}

// shell carries out one of the commands by which docs/state.md saves and restores a state in Postgres.
func (r *restored) shell(i int) {
	r.Helper()
	page, err := os.ReadFile("../../docs/state.md")
	if err != nil {
		r.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## Back up and restore\n")
	commands := strings.Split(strings.TrimSpace(fenced(section, "sh")[0]), "\n")
	text := strings.Replace(commands[i], "-d syncd ", `-d "$DATABASE" `, 1)
	cmd := pgtest.Shell(r.T, text)
	cmd.Dir, cmd.Env = r.dir, append(cmd.Env, "DATABASE="+r.database)
	if out, err := cmd.CombinedOutput(); err != nil {
		r.Fatalf("%s: %v\n%s", text, err, out)
	}
}

func (r *restored) restore() { r.Helper(); r.shell(1) }

// runsAgain waits for a run that began after now and ended well.
func (r *restored) runsAgain() {
	r.Helper()
	now, err := r.store.Now(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	r.until("a run ends well", func() bool {
		runs, err := r.store.Runs(r.Context(), "customers", 1)
		return err == nil && len(runs) == 1 && runs[0].StartedAt.After(now) && runs[0].Status == state.RunDone
	})
}

// wantWell checks the file, the contacts and that nothing waits for a person; then it stops the process and makes one more
// run, which changes nothing.
func (r *restored) wantWell(file string) {
	r.Helper()
	if got := r.file(); got != file {
		r.Errorf("the file holds\n%s\nwant\n%s", got, file)
	}
	rows := map[string]string{}
	for line := range strings.Lines(file) {
		if cells := strings.Split(line, ","); cells[0] != "id" && cells[0] != "C-004" {
			rows[cells[0]] = cells[1]
		}
	}
	checkContacts(r.T, r.workspace, rows)
	conflicts, err := r.store.Conflicts(r.Context(), "customers")
	if err != nil || len(conflicts) > 0 {
		r.Errorf("conflicts: %v, %v", conflicts, err)
	}
	r.signal(syscall.SIGTERM)
	r.stops(exitDone)
	r.clearWrites()
	r.once()
	r.wantWrites()
	if got := r.file(); got != file {
		r.Errorf("one more run made the file\n%s\nof\n%s", got, file)
	}
}

func (r *restored) file() string {
	r.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, "rows.csv"))
	if err != nil {
		r.Fatal(err)
	}
	return string(text)
}

// save replaces the file as a person's program does.
func (r *restored) save(text string) {
	r.Helper()
	write(r.T, filepath.Join(r.dir, "rows.new"), text)
	if err := os.Rename(filepath.Join(r.dir, "rows.new"), filepath.Join(r.dir, "rows.csv")); err != nil {
		r.Fatal(err)
	}
}

// contact returns the contact with a key, an empty one when there is none.
func (r *restored) contact(key string) quosim.Contact {
	for _, c := range r.workspace.Contacts() {
		if c.ExternalID != nil && *c.ExternalID == key {
			return c
		}
	}
	return quosim.Contact{FirstName: new("")}
}

func (r *restored) note(_ int, q *http.Request, _ int) {
	if q.Method == http.MethodGet {
		return
	}
	c, _ := r.workspace.Get(filepath.Base(q.URL.Path))
	key := ""
	if c.ExternalID != nil {
		key = *c.ExternalID
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writes = append(r.writes, q.Method+" "+key)
}

func (r *restored) clearWrites() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writes = nil
}

// wantWrites checks what Quo was told to change.
func (r *restored) wantWrites(want ...string) {
	r.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if strings.Join(r.writes, ", ") != strings.Join(want, ", ") {
		r.Errorf("writes to Quo: %q, want %q", r.writes, want)
	}
}
