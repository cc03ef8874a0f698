package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"syncd/internal/contact"
	"syncd/internal/state"
	"syncd/internal/state/sqlstore"
)

// childVariable makes the test binary one of the children, on the state that its argument names.
const childVariable = "SYNCD_SQLITE_TEST_CHILD"

var children = map[string]func(path string) error{
	"open": func(path string) error {
		s, err := Open(context.Background(), path, Options{})
		if err != nil {
			return err
		}
		return s.Close()
	},
	"count":          count,
	"write for ever": writeForEver,
}

func child(t *testing.T, name, path string) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], path)
	cmd.Env = append(os.Environ(), childVariable+"="+name)
	complaints := &strings.Builder{}
	cmd.Stderr = complaints
	return cmd, complaints
}

// together runs several children at once and calls while until they are done.
func together(t *testing.T, n int, name, path string, while func()) {
	t.Helper()
	done := make(chan error, n)
	for range n {
		cmd, complaints := child(t, name, path)
		check(t, cmd.Start())
		go func() {
			err := cmd.Wait()
			if err != nil {
				err = fmt.Errorf("%w: %s", err, complaints)
			}
			done <- err
		}()
	}
	for finished := 0; finished < n; {
		select {
		case err := <-done:
			finished++
			if err != nil {
				t.Error(err)
			}
		default:
			while()
		}
	}
}

func TestProcessesOpenANewFileAtOnce(t *testing.T) {
	for range 3 {
		path := filepath.Join(t.TempDir(), "syncd.db")
		together(t, 4, "open", path, func() { time.Sleep(time.Millisecond) })
		versions(t, path, sqlstore.Latest)
	}
}

// counts is how often each counting process counts.
const counts = 40

// TestProcessesShareAFile lets two processes count in one link, each reading, then writing, under the lease, while
// each also writes a sync of its own, and a third one reads.
func TestProcessesShareAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "syncd.db")
	s := openAt(t, path, Options{})
	together(t, 2, "count", path, func() {
		reader, err := OpenReadOnly(t.Context(), path, Options{})
		check(t, err)
		for _, err := range reader.Links(t.Context(), "shared") {
			check(t, err)
		}
		check(t, reader.Close())
	})
	link, err := s.Link(t.Context(), "shared", "counter")
	check(t, err)
	if got := link.Base[contact.Role].Source; got != strconv.Itoa(2*counts) {
		t.Errorf("counted to %s, want %d", got, 2*counts)
	}
	runs, err := s.Runs(t.Context(), "shared", 0)
	check(t, err)
	for _, run := range runs {
		if run.Status != state.RunDone {
			t.Errorf("run %d is %s: two processes were at it", run.ID, run.Status)
		}
	}
}

func count(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	holder := strconv.Itoa(os.Getpid())
	own, err := s.Acquire(ctx, "own "+holder, holder, time.Minute)
	if err != nil {
		return err
	}
	for done := 0; done < counts; {
		if err := s.Commit(ctx, own, state.Batch{Links: numbered(20, done)}); err != nil {
			return err
		}
		lease, err := s.Acquire(ctx, "shared", holder, time.Minute)
		if _, leased := errors.AsType[*state.LeasedError](err); leased {
			continue
		}
		if err != nil {
			return err
		}
		if err := countOnce(ctx, s, lease); err != nil {
			return err
		}
		done++
	}
	return nil
}

// countOnce is a run that adds one to the counter.
func countOnce(ctx context.Context, s *Store, lease state.Lease) error {
	run, err := s.StartRun(ctx, lease)
	if err != nil {
		return err
	}
	link, err := s.Link(ctx, "shared", "counter")
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return err
	}
	n, _ := strconv.Atoi(link.Base[contact.Role].Source) // "" is 0
	next := state.Link{Key: "counter", Base: contact.Base{contact.Role: {Source: strconv.Itoa(n + 1)}}}
	if err := s.Commit(ctx, lease, state.Batch{Links: []state.Link{next}}); err != nil {
		return err
	}
	run.Status = state.RunDone
	return errors.Join(s.FinishRun(ctx, lease, run, &state.Findings{}), s.Release(ctx, lease))
}

// TestKilledWhileWriting kills a process that writes one batch after the other, and looks whether what it said it
// wrote is there, and whether the last batch is there whole or not at all.
func TestKilledWhileWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "syncd.db")
	for range 4 {
		cmd, complaints := child(t, "write for ever", path)
		out, err := cmd.StdoutPipe()
		check(t, err)
		check(t, cmd.Start())
		said := 0
		for lines := bufio.NewScanner(out); said < 20 && lines.Scan(); {
			said, err = strconv.Atoi(lines.Text())
			check(t, err)
		}
		check(t, cmd.Process.Kill())
		_ = cmd.Wait() // it was killed, and says so
		if said < 20 {
			t.Fatalf("the writer stopped at %d: %s", said, complaints)
		}
		wrote(t, path, said)
	}
}

// wrote checks the batches of a writer that said that it wrote some.
func wrote(t *testing.T, path string, said int) {
	t.Helper()
	s, err := Open(t.Context(), path, Options{})
	check(t, err)
	defer s.Close()
	var verdict string
	check(t, s.Reader.QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&verdict))
	if verdict != "ok" {
		t.Fatal(verdict)
	}
	batches := map[string]int{}
	for link, err := range s.Links(t.Context(), "customers") {
		check(t, err)
		full, err := s.Link(t.Context(), "customers", link.Key)
		check(t, err)
		batches[full.Base[contact.Role].Source]++
	}
	if len(batches) != 1 {
		t.Fatalf("the links are of several batches: %v", batches)
	}
	for batch, links := range batches {
		if n, _ := strconv.Atoi(batch); n < said || links != linksPerBatch {
			t.Errorf("found %d links of batch %s, want %d of batch %d or later", links, batch, linksPerBatch, said)
		}
	}
}

const linksPerBatch = 200

// writeForEver writes batch after batch and prints the number of each that is written.
func writeForEver(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	lease, err := s.Acquire(ctx, "customers", "writer", time.Nanosecond) // so that the next one need not wait
	if err != nil {
		return err
	}
	for batch := 1; ; batch++ {
		if err := s.Commit(ctx, lease, state.Batch{Links: numbered(linksPerBatch, batch)}); err != nil {
			return err
		}
		if _, err := fmt.Println(batch); err != nil {
			return err
		}
	}
}

// numbered returns n links that hold a number.
func numbered(n, number int) []state.Link {
	links := make([]state.Link, n)
	for i := range links {
		links[i] = state.Link{
			Key: fmt.Sprintf("C-%06d", i), ContactID: fmt.Sprintf("65f0c1%018x", i),
			SourceHash: contact.HashOf(fmt.Append(nil, i)), QuoHash: contact.HashOf(fmt.Append(nil, -i)),
			Base: contact.Base{contact.Role: {Source: strconv.Itoa(number)}},
		}
	}
	return links
}
