package engine_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"syncd/internal/contact"
	"syncd/internal/state"
)

type linkState = state.Link

// approve lets some of the held operations through.
func (w *world) approve() {
	ctx := context.Background()
	held, err := w.state.Held(ctx, "customers")
	if err != nil {
		w.t.Fatal(err)
	}
	var keys []string
	for _, h := range held {
		if w.rng.IntN(2) == 0 {
			keys = append(keys, h.Key)
			w.approved[h.Key] = true
		}
	}
	if len(keys) == 0 {
		return
	}
	w.note("approved %v of run %d", keys, held[0].Run)
	if _, err := w.state.Approve(ctx, held[0].Run, keys); err != nil {
		w.t.Errorf("approve: %v", err)
	}
}

// resolve settles a conflict, one field or the whole record, for either side.
func (w *world) resolve() {
	conflicts, err := w.state.Conflicts(context.Background(), "customers")
	if err != nil {
		w.t.Fatal(err)
	}
	if len(conflicts) == 0 {
		return
	}
	c := conflicts[w.rng.IntN(len(conflicts))]
	take, field := pick(w.rng, contact.Source, contact.Quo), c.Field
	if w.rng.IntN(3) == 0 {
		field = ""
	}
	w.note("resolve %s %q for %s", c.Key, field, take)
	if _, err := w.state.Resolve(context.Background(), "customers", c.Key, field, take); err != nil {
		w.t.Errorf("resolve: %v", err)
	}
	w.resolveUndone(c.Key, field, conflicts)
	for _, f := range []contact.Field{field, c.Field} {
		delete(w.resolved, resolution{c.Key, f, contact.Source})
		delete(w.resolved, resolution{c.Key, f, contact.Quo})
		w.resolved[resolution{c.Key, f, take}] = true
	}
	w.mayStay[c.Key] = w.mayStay[c.Key] || c.Field == contact.WholeRecord && take == contact.Quo
	// The word holds for what the person saw.
	if there, ok := w.quo.Get(w.links[c.Key].ContactID); ok && c.Field == contact.WholeRecord && take == contact.Source &&
		strings.HasSuffix(c.Quo, there.UpdatedAt.UTC().Format(time.RFC3339Nano)) {
		w.witness(there.ID, content(there))
	}
}

// relink makes the missing side of an unlinked record again.
func (w *world) relink() {
	keys := slices.Sorted(maps.Keys(w.links))
	keys = slices.DeleteFunc(keys, func(key string) bool { l := w.links[key]; return l.Linked() })
	if len(keys) == 0 {
		return
	}
	key := keys[w.rng.IntN(len(keys))]
	w.note("relink %s", key)
	if err := w.state.Relink(context.Background(), "customers", key); err != nil {
		w.t.Errorf("relink: %v", err)
	}
	w.relinked[key] = true
	w.loadLinks(w.state)
}

// rekey moves a link to the key that its row has now.
func (w *world) rekey() {
	ctx := context.Background()
	for _, old := range slices.Sorted(maps.Keys(w.moved)) {
		fresh := w.identity(w.moved[old])
		if fresh == "" || !w.shape.keyed || fresh == old {
			continue
		}
		lease, err := w.state.Acquire(ctx, "customers", "a person", leaseTTL)
		if err != nil {
			return // a process that died holds it
		}
		err = w.state.Rekey(ctx, lease, old, fresh)
		w.note("rekey %s %s: %v", old, fresh, err)
		if err := w.state.Release(ctx, lease); err != nil {
			w.t.Fatal(err)
		}
		if err == nil {
			delete(w.moved, old)
			w.loadLinks(w.state)
			return
		}
		if !errors.As(err, new(*state.ExistsError)) && !errors.Is(err, state.ErrNotFound) {
			w.t.Errorf("rekey: %v", err)
		}
	}
}

// match settles a twin: for one of the contacts that a problem names, or any, or a contact of its own.
func (w *world) match() {
	ctx := context.Background()
	problems, err := w.state.Problems(ctx, "customers")
	if err != nil {
		w.t.Fatal(err)
	}
	problems = slices.DeleteFunc(problems, func(p state.Problem) bool { return p.Key == "" || !strings.Contains(p.Reason, "syncd match") })
	if len(problems) == 0 {
		return
	}
	key := problems[w.rng.IntN(len(problems))].Key
	id := ""
	if r := w.row(key); r != nil && w.rng.IntN(2) == 0 {
		for other, c := range w.known {
			if phone, email := w.shares(r, c); (phone || email) && other > id {
				id = other
			}
		}
	}
	w.note("match %s %q", key, id)
	err = w.state.Match(ctx, "customers", key, id)
	if err != nil && !errors.As(err, new(*state.ExistsError)) {
		w.t.Errorf("match: %v", err)
	}
	w.told[key] = err == nil && id == "" // a contact that was named may be another record's by then
	delete(w.alone, key)
	delete(w.matched, key)
	if id == "" {
		w.alone[key] = true
	} else {
		w.matched[key] = id
	}
}

// withoutState lets change work on the state's files while nothing has them open.
func (w *world) withoutState(change func(path string)) {
	if err := w.state.Close(); err != nil {
		w.t.Fatal(err)
	}
	change(w.path("state.db"))
	w.state = w.openState()
}

func (w *world) backupState() {
	w.withoutState(func(path string) {
		data, err := os.ReadFile(path)
		if err != nil {
			w.t.Fatal(err)
		}
		w.backup = data
	})
	w.madeThen, w.missedThen, w.postedThen = maps.Clone(w.made), maps.Clone(w.missedAt), maps.Clone(w.posted)
	w.formerly = newFormer()
	w.rememberFormer()
	w.note("backup of the state")
}

func (w *world) restoreState() {
	if w.backup == nil {
		return
	}
	alone, matched := w.alone, w.matched
	w.loseState()
	w.withoutState(func(path string) {
		removeState(path)
		if err := os.WriteFile(path, w.backup, 0o600); err != nil {
			w.t.Fatal(err)
		}
	})
	w.made, w.missedAt, w.alone, w.matched = maps.Clone(w.madeThen), maps.Clone(w.missedThen), alone, matched
	for id := range w.ours { // of a create that went unheard before the backup, the next run finds that it was done
		if _, sent := w.postedThen[text(w.known[id].ExternalID)]; sent {
			w.maybeMade[id] = true
		}
	}
	w.agreed, w.touched = w.formerly.agreed, w.formerly.touched
	w.formerly = newFormer()
	w.rememberFormer()
	w.note("state restored from the backup")
	w.loadLinks(w.state)
}

func (w *world) loseState() {
	w.withoutState(removeState)
	w.stateLost, w.calls = true, false
	w.links, w.byID, w.made = map[string]state.Link{}, map[string]state.Link{}, map[string]bool{}
	w.moved, w.kept, w.posted = map[string]*line{}, map[string]string{}, map[string]sending{}
	w.told = map[string]bool{}
	w.missedAt, w.alone, w.matched = map[string]time.Time{}, map[string]bool{}, map[string]string{}
	w.undone, w.parted, w.apart = map[undoneField]sides{}, map[string]bool{}, map[undoneField]sides{}
	w.standing()
	w.note("state lost")
}
