package engine_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
)

var (
	schedules = flag.Uint64("schedules", fewSchedules, "how many random schedules the simulation runs at least")
	lasting   = flag.Duration("lasting", 0, "go on with further schedules for that long")
	seedFlag  = flag.Uint64("seed", 0, "run the simulation's schedule of this seed only")
	firstSeed = flag.Uint64("first", 1, "start with this seed; 0 starts by chance")
	tableFlag = flag.String("table", "", "where the rows lie: csv, sheet or postgres; one of them, by the seed, when it is empty")
	verbose   = flag.Bool("story", false, "print what happens in each schedule")
)

// TestInvariants shows the invariants over random schedules of edits on both sides, crashes, faults, lost and restored
// state, and two processes at once. A failed schedule prints its seed: run it again with -seed. The same seeds come each
// time, so that a change is judged by what it changes; make sim goes where nobody has been.
//
// A schedule draws a configuration (shape_test.go), lets people (people_test.go, decisions_test.go) and runs
// (runs_test.go) happen in turn, and looks at all that runs did: at each request when it arrives (watch_test.go), at
// both sides after each run (observe_test.go), at what became of people's edits (edits_test.go) and of what they took back
// (takingback_test.go), and at the end, once the edits stop and nothing is left to do (settled_test.go).
func TestInvariants(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // a quarter faster: worlds are small and short-lived
	db := newPGDatabase(t)
	if *seedFlag != 0 {
		schedule(t, *seedFlag, db)
		return
	}
	first, start := *firstSeed, time.Now()
	if first == 0 {
		first = rand.Uint64N(1 << 40)
	}
	next := first
	for next-first < *schedules || time.Since(start) < *lasting {
		t.Run("", func(t *testing.T) {
			for range min(together, max(*schedules, 1)) {
				seed := next
				next++
				t.Run(fmt.Sprint(seed), func(t *testing.T) {
					t.Parallel()
					schedule(t, seed, db)
				})
			}
		})
	}
	t.Logf("%d schedules, seeds from %d", next-first, first)
}

// together is how many schedules run at a time, as far as there are processors.
const together = 20

func schedule(t *testing.T, seed uint64, db *pgDatabase) {
	w := newWorld(t, seed, db)
	defer func() {
		if t.Failed() || *verbose {
			t.Logf("seed %d:\n%s", seed, w.describe())
		}
	}()
	for range pick(w.rng, 1, 3, 6, 14) {
		w.addRow()
	}
	for range pick(w.rng, 0, 3, 70) { // some workspaces have several pages
		w.addBystander()
	}
	w.happen(w.runs())
	for range 4 + w.rng.IntN(8) {
		for range 1 + w.rng.IntN(4) {
			w.happen(w.people())
		}
		w.happen(w.runs())
		if t.Failed() {
			return
		}
	}
	w.mend()
	w.note("--- edits stop")
	w.unbraked = true
	report := w.rest()
	if !t.Failed() {
		w.checkSettled(report)
	}
}

// rest runs until nothing changes any more, all brakes lifted, and returns what the last run says.
func (w *world) rest() engine.Report {
	for i := 0; ; i++ {
		w.clock.advance(25 * time.Hour) // past every grace, retry and day of the brake
		before := w.table.text()
		report := w.run(runOptions{request: engine.Request{AllowDeletes: true, AllowUpdates: true, AllowCreates: true, AllowEmptied: true}})
		if report.Err() != nil {
			w.t.Errorf("run after the faults: %v", report.Err())
			return report
		}
		// What Quo refuses is tried again at growing intervals: section 6.
		done := slices.DeleteFunc(w.quo.Requests(), func(r quosim.Request) bool { return r.Status/100 == 4 })
		if count(done).writes() == 0 && len(report.Waiting) == 0 && before == w.table.text() {
			return report
		}
		if i == 6 {
			w.t.Errorf("7 runs after the edits stopped, there is still something to do: %+v", report)
			return report
		}
	}
}

// mend takes away the problems that a person would: broken, doubled and moved rows.
func (w *world) mend() {
	seen, named := map[string]bool{}, map[string]bool{}
	w.rows = slices.DeleteFunc(w.rows, func(r *line) bool {
		key, id := strings.ToLower(r.cells[colID]), r.cells[colContact]
		if w.shape.keyed && (key == "" || seen[key]) {
			return true
		}
		if !w.shape.keyed && id == "" && seen[w.values(r)] { // two rows that say the same are one to syncd
			return true
		}
		if w.shape.contactID && id != "" && (named[id] || !w.isContact(id)) {
			w.identify(r, colContact, "") // pasted
			if !w.shape.keyed && seen[w.values(r)] {
				return true
			}
		}
		seen[key], named[id] = true, true
		if !w.shape.keyed {
			seen[w.values(r)] = true
		}
		return false
	})
	for _, r := range w.rows {
		if r.cells[colPhone] == "555-12" {
			w.write(r, colPhone, w.phone())
		}
		if r.cells[colScore] == "many" {
			w.write(r, colScore, "")
		}
		if w.broken(r) {
			w.write(r, colFirst, "Mended")
		}
	}
	w.saveRows()
}

// isContact reports whether there is, or was, a contact with an id.
func (w *world) isContact(id string) bool {
	_, ok := w.quo.Get(id)
	return ok || w.peopleDeleted[id]
}
