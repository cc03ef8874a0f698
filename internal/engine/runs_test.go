package engine_test

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
	"syncd/internal/state"
)

// runs are the ways in which a run goes.
func (w *world) runs() []choice {
	all := []choice{{5, w.cleanRun}, {4, w.faultyRun}, {7, w.crashedRun}, {3, w.editedRun}, {1, w.scopedRun}, {1, w.refusedRun}, {1, w.racingRuns}, {1, w.overtakenRun}, {3, w.undoRun}}
	if t, ok := w.table.(interface{ movedRun() }); ok {
		all = append(all, choice{6, t.movedRun})
	}
	return all
}

func (w *world) cleanRun() {
	w.clock.advance(w.someTime())
	rows := map[string]int{}
	for _, r := range w.rows {
		rows[w.identity(r)]++
	}
	report := w.run(runOptions{})
	w.checkDoubled(rows, report)
	for _, p := range report.Problems {
		if w.told[p.Key] && report.Err() == nil && strings.Contains(p.Reason, "syncd match") {
			w.t.Errorf("record %s has a problem, though a person settled it with syncd match: %s", p.Key, p.Reason)
		}
	}
}

// checkDoubled checks that a run that went well reports every key that it found doubled.
func (w *world) checkDoubled(rows map[string]int, report engine.Report) {
	for key, n := range rows {
		link := w.byID[key]
		if n > 1 && key != "" && report.Err() == nil && !slices.ContainsFunc(report.Problems, func(p engine.Problem) bool { return p.Key == key || p.Key == link.Key }) {
			w.t.Errorf("%d rows have the key %s, and the run has no problem with it", n, key)
		}
	}
}

func (w *world) faultyRun() {
	w.clock.advance(w.someTime())
	w.run(runOptions{faults: 0.02 + w.rng.Float64()*0.3})
}

func (w *world) crashedRun() {
	w.clock.advance(w.someTime())
	o := runOptions{crashAt: 1 + w.rng.IntN(pick(w.rng, 8, 20, 60))}
	if w.rng.IntN(3) == 0 {
		o.faults = 0.1
	}
	w.run(o)
}

// scopedRun is a run about some keys only: the others stay as they are.
func (w *world) scopedRun() {
	keys := slices.Sorted(maps.Keys(w.links))
	for _, r := range w.rows {
		if key := w.identity(r); key != "" && w.shape.keyed {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return
	}
	var only []string
	for range 1 + w.rng.IntN(3) {
		only = append(only, keys[w.rng.IntN(len(keys))])
	}
	w.clock.advance(w.someTime())
	w.note("scoped to %v", only)
	w.run(runOptions{request: engine.Request{Only: only}})
}

// editedRun is a run while somebody edits both sides between any two requests. An edit between the last read of a
// contact and the answer to its write may be lost; one that was read before the write may not.
func (w *world) editedRun() {
	w.clock.advance(w.someTime())
	w.runEdited(runOptions{})
}

func (w *world) runEdited(o runOptions) {
	countdown := 1 + w.rng.IntN(pick(w.rng, 3, 12)) // the first ones are between the reads of the two sides
	w.quo.OnRequest(func(n int, r *http.Request) {
		w.watch(n, r)
		w.mu.Lock()
		defer w.mu.Unlock()
		if countdown--; countdown == 0 {
			w.editMeanwhile()
		}
	})
	w.run(o)
	w.quo.OnRequest(w.watch)
}

// editMeanwhile is what people do while a run goes on, after they looked at what it did so far.
func (w *world) editMeanwhile() {
	w.now.edited = true
	w.look(w.state)
	w.loadEntries(w.state)
	w.checkEdits()
	w.settle(false)
	w.note("meanwhile:")
	w.addBystander()
	r, i := w.someRow(), w.rng.IntN(len(facets)+1)
	if at, ok := w.collision(contact.Source); ok {
		r, i = at.row, at.facet
	}
	if r != nil && !w.broken(r) && !w.filtered(r) {
		if i < len(facets) { // the run may settle what it read before
			w.agree(place{r, "", i}, facets[i].norm(w, r.cells[facets[i].column]))
		}
		w.editCell(r, i)
		w.now.rows[r] = true
		w.saveRows()
	}
	if at, ok := w.collision(contact.Quo); ok {
		w.now.unread[at.id], w.now.ids[at.id] = true, true
		w.editFacet(at.id, at.facet)
		return
	}
	c, ok := w.someContact(func(c quosim.Contact) bool { return isOurs(c) && w.rowOf(c) == nil })
	if !ok || w.rng.IntN(2) == 0 {
		c, ok = w.someContact(isOurs)
	}
	if !ok {
		return
	}
	w.now.unread[c.ID], w.now.ids[c.ID] = true, true
	if w.rng.IntN(2) == 0 {
		w.editRest(c.ID)
	} else {
		w.editFacet(c.ID, w.rng.IntN(len(facets)))
	}
}

// collision is, half of the time, a place on a side which the run is about to write, for somebody edited the other one.
func (w *world) collision(side contact.Side) (place, bool) {
	var all []place
	for _, r := range w.rows {
		c, ok := w.contactOf(r)
		for i := range facets {
			here, there := place{r, "", i}, place{nil, c.ID, i}
			_, inRow := w.edits[here]
			_, inQuo := w.edits[there]
			switch {
			case !ok || !isOurs(c):
			case side == contact.Source && inQuo && !inRow:
				all = append(all, here)
			case side == contact.Quo && inRow && !inQuo:
				all = append(all, there)
			}
		}
	}
	if len(all) == 0 || w.rng.IntN(2) == 0 {
		return place{}, false
	}
	return all[w.rng.IntN(len(all))], true
}

// refusedRun is a run during which a second process starts: it finds the lease taken and does nothing.
func (w *world) refusedRun() {
	w.clock.advance(w.someTime())
	countdown := 1 + w.rng.IntN(8)
	second := w.process(runOptions{}, "second")
	defer second.store.Close()
	var report *engine.Report
	w.quo.OnRequest(func(n int, r *http.Request) {
		w.watch(n, r)
		w.mu.Lock()
		countdown--
		now := countdown == 0
		w.mu.Unlock()
		if now {
			report = new(second.run())
		}
	})
	first := w.run(runOptions{})
	w.quo.OnRequest(w.watch)
	if report == nil || first.RunID == 0 {
		return
	}
	w.note("a second process meanwhile: %v", report.Err())
	if !errors.As(report.Err(), new(*state.LeasedError)) || report.Status != state.RunSkipped {
		w.t.Errorf("a second process ran the sync at the same time: %s %v", report.Status, report.Err())
	}
	w.onlyRequestsOf("first")
}

func (w *world) onlyRequestsOf(process string) {
	for _, r := range w.quo.Requests() {
		if r.Key != process {
			w.t.Errorf("the %s process sent %s %s", r.Key, r.Method, r.Path)
		}
	}
}

// racingRuns are two processes that start at once: one runs, then maybe the other, but never both.
func (w *world) racingRuns() {
	w.clock.advance(w.someTime())
	w.begin()
	w.now.edited = true // either may find what the other did
	processes := []*process{w.process(runOptions{}, "first"), w.process(runOptions{}, "second")}
	reports := make([]engine.Report, len(processes))
	var running sync.WaitGroup
	for i, p := range processes {
		running.Go(func() { reports[i] = p.run() })
	}
	running.Wait()
	w.calls = false
	w.end(runOptions{crashAt: -1}, reports...)
	if len(w.now.writers) > 2 {
		w.t.Errorf("two processes wrote in turns: %v", w.now.writers)
	}
}

// overtakenRun is a process that stands still past its lease, in the middle of its work, while people edit and another
// process takes over. Woken, it writes nothing any more.
func (w *world) overtakenRun() {
	w.clock.advance(w.someTime())
	o := runOptions{freezeAt: 1 + w.rng.IntN(pick(w.rng, 8, 25))}
	w.begin()
	p := w.process(o, "first")
	const lease = 150 * time.Millisecond
	p.engine.Lease = lease
	ended := make(chan engine.Report, 1)
	go func() { ended <- p.run() }()
	select {
	case report := <-ended: // before it came so far
		w.calls = false
		w.end(runOptions{crashAt: -1}, report)
		return
	case <-p.death.frozen:
	}
	time.Sleep(lease)
	w.clock.advance(40 * time.Second)
	w.end(runOptions{crashAt: -1})
	w.note("the first process stands still")
	for range w.rng.IntN(3) {
		w.happen([]choice{{1, w.addRow}, {2, w.editRow}, {2, w.editContact}, {1, w.editUnmapped}, {1, w.deleteRow}})
	}
	w.begin()
	second := w.process(runOptions{}, "second")
	report := second.run()
	w.end(runOptions{crashAt: -1}, report)
	if err := report.Err(); err != nil && !strings.Contains(err.Error(), "--allow-emptied") { // people may have emptied a side
		w.t.Errorf("the second process cannot take over: %v", err)
	}
	w.begin()
	close(p.death.wake)
	report = <-ended
	w.end(runOptions{crashAt: -1}, report)
	if !errors.Is(report.Err(), state.ErrLeaseLost) && report.Status == state.RunRunning {
		w.t.Errorf("the overtaken process ended %s: %v", report.Status, report.Err())
	}
	if len(w.now.writers) > 0 {
		w.t.Errorf("the overtaken process wrote after another one had taken over")
	}
}
