package sheetssim_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"syncd/internal/sources/sheets/sheetssim"
)

// randomPerson edits the tab of people.
func randomPerson(seed uint64, weights map[sheetssim.Act]int) *sheetssim.RandomEditor {
	r := rand.New(rand.NewPCG(seed, 0))
	keys := 4
	return &sheetssim.RandomEditor{
		Rand: r, Key: "id", Columns: []string{"Name", "Phone"}, Weights: weights,
		Value:  func(column string) any { return fmt.Sprintf("%s %d", column, r.IntN(1000)) },
		NewKey: func() string { keys++; return fmt.Sprintf("C-%d", keys) },
	}
}

// story is what a person did to a tab, and what became of it.
func story(t *testing.T, e *sheetssim.RandomEditor, n int) (done []sheetssim.Done, after string) {
	t.Helper()
	w := people(t, sheetssim.Options{})
	for range n {
		w.Edit(func(b *sheetssim.Book) { done = append(done, e.Act(b)) })
	}
	w.View(func(b *sheetssim.Book) {
		title := "People"
		for _, d := range done {
			if d.Act == sheetssim.RenameTab {
				title = d.Value.(string)
			}
		}
		for _, line := range b.Tab(title).Texts() {
			after += strings.Join(line, "|") + "\n"
		}
	})
	return done, after
}

func TestRandomEditorRepeatsItself(t *testing.T) {
	one, after := story(t, randomPerson(7, sheetssim.Careless()), 300)
	again, afterAgain := story(t, randomPerson(7, sheetssim.Careless()), 300)
	_, other := story(t, randomPerson(8, sheetssim.Careless()), 300)
	if !slices.Equal(one, again) || after != afterAgain || after == other {
		t.Error("the same seed does not make the same edits")
	}
	acts := map[sheetssim.Act]bool{}
	for _, d := range one {
		acts[d.Act] = true
	}
	for act := range sheetssim.Careless() {
		if !acts[act] {
			t.Errorf("never: %s", act)
		}
	}
}

// A tidy person keeps the keys: whatever else was done, the keys are those that the edits say.
func TestTidyEditorKeepsKeys(t *testing.T) {
	for seed := range uint64(10) {
		done, after := story(t, randomPerson(seed, sheetssim.Tidy()), 100)
		want := map[string]bool{"C-1": true, "C-2": true, "C-4": true}
		values := map[string]map[string]string{}
		for _, d := range done {
			switch d.Act {
			case sheetssim.AddRow:
				want[d.Key] = true
			case sheetssim.DeleteRow:
				delete(want, d.Key)
			case sheetssim.EditCell:
				if values[d.Key] == nil {
					values[d.Key] = map[string]string{}
				}
				values[d.Key][d.Column] = d.Value.(string)
			case sheetssim.ClearCell:
				delete(values[d.Key], d.Column)
			}
		}
		lines := strings.Split(strings.TrimSpace(after), "\n")
		key := slices.Index(strings.Split(lines[0], "|"), "id")
		got := 0
		for _, line := range lines[1:] {
			cells := strings.Split(line, "|")
			if strings.Trim(line, "|") == "" {
				continue
			}
			if got++; !want[cells[key]] {
				t.Errorf("seed %d: key %q in %s", seed, cells[key], line)
			}
			for column, value := range values[cells[key]] {
				if at := slices.Index(strings.Split(lines[0], "|"), column); cells[at] != value {
					t.Errorf("seed %d: %s of %s is %q, want %q", seed, column, cells[key], cells[at], value)
				}
			}
		}
		if got != len(want) {
			t.Errorf("seed %d: %d rows, want %d", seed, got, len(want))
		}
	}
}
