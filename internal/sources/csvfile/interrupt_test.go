package csvfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

// stepContext calls step with the number of times that it was asked whether it is done. Write asks for each row
// that it reads, and last just before it looks at the file again and renames.
type stepContext struct {
	context.Context
	asked int
	step  func(asked int) error
}

func (c *stepContext) Err() error {
	c.asked++
	return c.step(c.asked)
}

// TestWriteInterrupted stops a write at every point where it can stop, and expects the old file there.
func TestWriteInterrupted(t *testing.T) {
	const before, after = "id,name\n1,Ada\n2,Bob\n", "id,name\n1,Eve\n3,New\n"
	changes := []contact.Change{
		change(contact.Update, "1", "Ada", "Eve"), change(contact.Delete, "2", "Bob", ""), change(contact.Create, "3", "", "New"),
	}
	path := save(t, before)
	f := New(Options{Path: path, Key: []string{"id"}})
	for at := 1; ; at++ {
		ctx := &stepContext{Context: t.Context(), step: func(asked int) error {
			if asked >= at {
				return context.Canceled
			}
			return nil
		}}
		_, err := f.Write(ctx, []string{"id", "name"}, changes)
		if err == nil {
			if got := load(t, path); got != after || at < 8 {
				t.Errorf("done at step %d with the file %q, want %q", at, got, after)
			}
			return
		}
		if got := load(t, path); got != before || !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped at step %d: error %v, file %q, want %q", at, err, got, before)
		}
		if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); err != nil || len(left) > 0 {
			t.Fatalf("stopped at step %d: %v is left, error %v", at, left, err)
		}
	}
}

// TestWriteWhileAPersonSaves saves another file over the one that is being written, at every point but the last
// instant, and expects both edits in the end.
func TestWriteWhileAPersonSaves(t *testing.T) {
	const before = "id,name\n1,Ada\n2,Bob\n"
	for name, c := range map[string]struct{ saved, want string }{
		"another size":                {"id,name\n0,New\n1,Ada\n2,Rob\n", "id,name\n0,New\n1,Eve\n2,Rob\n"},
		"the same size and same time": {"id,name\n1,Ada\n2,Rob\n", "id,name\n1,Eve\n2,Rob\n"},
	} {
		t.Run(name, func(t *testing.T) {
			for at, steps := 0, 1; at <= steps; at++ {
				path, want := save(t, before), c.want
				ctx := &stepContext{Context: t.Context(), step: func(asked int) error {
					if asked == at {
						return saveInPlace(path, c.saved)
					}
					return nil
				}}
				f := New(Options{Path: path, Key: []string{"id"}})
				outcomes, err := f.Write(ctx, []string{"id", "name"}, []contact.Change{change(contact.Update, "1", "Ada", "Eve")})
				if err != nil || outcomes[0].Status != sources.Written {
					t.Fatalf("saved at step %d: outcomes %v, error %v", at, outcomes, err)
				}
				if at == 0 { // nobody saved anything
					want, steps = "id,name\n1,Eve\n2,Bob\n", ctx.asked
				}
				if got := load(t, path); got != want {
					t.Fatalf("saved at step %d: file %q, want %q", at, got, want)
				}
			}
		})
	}
}

// saveInPlace writes other content to a file and makes it look as old as it was.
func saveInPlace(path, text string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chtimes(path, info.ModTime(), info.ModTime()))
}

func TestWriteGivesUpOnAFileThatKeepsChanging(t *testing.T) {
	path := save(t, "id,name\n1,Ada\n2,Bob\n")
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	ctx := &stepContext{Context: t.Context(), step: func(int) error {
		_, err := file.WriteString("3,Eve\n")
		return err
	}}
	changes := []contact.Change{change(contact.Update, "1", "Ada", "Eve"), change(contact.Create, "4", "", "New")}
	outcomes, err := New(Options{Path: path, Key: []string{"id"}}).Write(ctx, []string{"id", "name"}, changes)
	for _, outcome := range outcomes {
		if outcome.Status != sources.Stale || outcome.Reason != "the file keeps changing" {
			t.Errorf("outcome %+v, want stale", outcome)
		}
	}
	if err != nil || len(outcomes) != 2 || !strings.HasPrefix(load(t, path), "id,name\n1,Ada\n2,Bob\n3,Eve\n") {
		t.Errorf("error %v, outcomes %v, file %q", err, outcomes, load(t, path))
	}
}

func TestWriteTakesTurns(t *testing.T) {
	const writers, writes = 4, 5
	path := save(t, "id,name\n")
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			f := New(Options{Path: path, Delimiter: ",", Key: []string{"id"}})
			for i := range writes {
				key := fmt.Sprintf("%d-%d", w, i)
				outcomes, err := f.Write(t.Context(), []string{"id", "name"}, []contact.Change{change(contact.Create, key, "", "x")})
				if err != nil || outcomes[0].Status != sources.Written {
					t.Errorf("%s: outcomes %v, error %v", key, outcomes, err)
				}
			}
		})
	}
	all.Wait()
	if n := strings.Count(load(t, path), "\n"); n != 1+writers*writes {
		t.Errorf("%d lines, want %d", n, 1+writers*writes)
	}
}
