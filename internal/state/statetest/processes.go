package statetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"syncd/internal/contact"
	"syncd/internal/state"
)

// Opener opens the store at a place: a file, a URL.
type Opener func(ctx context.Context, place string) (state.Store, error)

// Place is what the tests with several processes need.
type Place struct {
	New            func(t *testing.T) string // a place where there is no state yet
	Open, ReadOnly Opener
	// Check checks what a store holds after its process was killed. Nil checks nothing more than what it wrote.
	Check func(t *testing.T, place string)
}

// childVariable makes the test binary one of the children, on the state that its argument names.
const childVariable = "SYNCD_STATE_TEST_CHILD"

var children = map[string]func(ctx context.Context, open Opener, place string) error{
	"open": func(ctx context.Context, open Opener, place string) error {
		s, err := open(ctx, place)
		if err != nil {
			return err
		}
		return s.Close()
	},
	"count": count, "write for ever": writeForEver, "reserve": reserve, "claim": claim,
}

// Main makes this process one of those that RunProcesses starts, and ends it. In others it does nothing. TestMain calls
// it first.
func Main(open Opener) {
	name := os.Getenv(childVariable)
	if name == "" {
		return
	}
	if err := children[name](context.Background(), open, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func child(t *testing.T, name, place string) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], place)
	cmd.Env = append(os.Environ(), childVariable+"="+name)
	complaints := &strings.Builder{}
	cmd.Stderr = complaints
	return cmd, complaints
}

// together runs several children at once and calls while until they are done. It returns what they printed.
func together(t *testing.T, n int, name, place string, while func()) (printed []string) {
	t.Helper()
	type end struct {
		printed string
		err     error
	}
	done := make(chan end, n)
	for range n {
		cmd, complaints := child(t, name, place)
		var out strings.Builder
		cmd.Stdout = &out
		check(t, cmd.Start())
		go func() {
			err := cmd.Wait()
			if err != nil {
				err = fmt.Errorf("%w: %s", err, complaints)
			}
			done <- end{out.String(), err}
		}()
	}
	for len(printed) < n {
		select {
		case e := <-done:
			printed = append(printed, e.printed)
			if e.err != nil {
				t.Error(e.err)
			}
		default:
			while()
		}
	}
	return printed
}

func pause() { time.Sleep(time.Millisecond) }

// RunProcesses tests that several processes share one state, and that one that is killed leaves it whole.
func RunProcesses(t *testing.T, p Place) {
	t.Run("open a new state at once", func(t *testing.T) {
		for range 3 {
			place := p.New(t)
			together(t, 4, "open", place, pause)
			s := opened(t, p.Open, place)
			if syncs, err := s.Syncs(t.Context()); err != nil || len(syncs) > 0 {
				t.Errorf("got %v, %v", syncs, err)
			}
		}
	})
	t.Run("share a state", func(t *testing.T) { sharesAState(t, p) })
	t.Run("share a limit", func(t *testing.T) { sharesALimit(t, p) })
	t.Run("share what is due", func(t *testing.T) { sharesWhatIsDue(t, p) })
	t.Run("killed while writing", func(t *testing.T) { killedWhileWriting(t, p) })
}

func opened(t *testing.T, open Opener, place string) state.Store {
	t.Helper()
	s, err := open(t.Context(), place)
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	return s
}

// counts is how often each counting process counts.
const counts = 40

// sharesAState lets two processes count in one link, each reading, then writing, under the lease, while each also
// writes a sync of its own, and a third one reads.
func sharesAState(t *testing.T, p Place) {
	place := p.New(t)
	s := opened(t, p.Open, place)
	together(t, 2, "count", place, func() {
		reader, err := p.ReadOnly(t.Context(), place)
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

func count(ctx context.Context, open Opener, place string) error {
	s, err := open(ctx, place)
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
		if err := s.Commit(ctx, own, state.Batch{Links: Numbered(20, done)}); err != nil {
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
func countOnce(ctx context.Context, s state.Store, lease state.Lease) error {
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

// reservations is how many slots each process takes.
const reservations = 50

// spacing is so long that no slot comes while the processes work: all of them are taken from the first one's time on.
const spacing = time.Hour

// sharesALimit lets processes take slots of one limit, and looks whether two took the same one.
func sharesALimit(t *testing.T, p Place) {
	place := p.New(t)
	opened(t, p.Open, place)
	seen := map[int64]bool{}
	for _, printed := range together(t, 3, "reserve", place, pause) {
		for line := range strings.Lines(printed) {
			wait, err := time.ParseDuration(strings.TrimSpace(line))
			check(t, err)
			slot := int64(wait.Round(spacing) / spacing)
			if seen[slot] {
				t.Errorf("slot %d was given twice", slot)
			}
			seen[slot] = true
		}
	}
	if len(seen) != 3*reservations || !seen[0] || !seen[3*reservations-1] {
		t.Errorf("%d slots were given, want those from 0 to %d", len(seen), 3*reservations-1)
	}
}

func reserve(ctx context.Context, open Opener, place string) error {
	s, err := open(ctx, place)
	if err != nil {
		return err
	}
	defer s.Close()
	for range reservations {
		wait, err := s.Reserve(ctx, "key", 1, spacing)
		if err != nil {
			return err
		}
		if _, err := fmt.Println(wait); err != nil {
			return err
		}
	}
	return nil
}

// dueSyncs is how many syncs are due, each once.
const dueSyncs = 60

// sharesWhatIsDue lets processes claim syncs that are due by the store's clock, and one that never is, and looks whether
// two claimed the same one.
func sharesWhatIsDue(t *testing.T, p Place) {
	place := p.New(t)
	s := opened(t, p.Open, place)
	now, err := s.Now(t.Context())
	check(t, err)
	for i := range dueSyncs {
		check(t, s.Plan(t.Context(), dueSync(i), "@hourly", now))
	}
	check(t, s.Plan(t.Context(), dueSync(dueSyncs), "@hourly", now.Add(time.Hour)))
	claimed := map[string]int{}
	for _, printed := range together(t, 3, "claim", place, pause) {
		for _, sync := range strings.Fields(printed) {
			claimed[sync]++
		}
	}
	for i := range dueSyncs {
		if n := claimed[dueSync(i)]; n != 1 {
			t.Errorf("%s was claimed %d times", dueSync(i), n)
		}
	}
	if len(claimed) != dueSyncs {
		t.Errorf("%d syncs were claimed, want %d", len(claimed), dueSyncs)
	}
}

func dueSync(i int) string { return fmt.Sprintf("sync-%02d", i) }

// claim claims two syncs at a time until none is due, and makes each due again in an hour.
func claim(ctx context.Context, open Opener, place string) error {
	s, err := open(ctx, place)
	if err != nil {
		return err
	}
	defer s.Close()
	var names []string
	for i := range dueSyncs + 1 {
		names = append(names, dueSync(i))
	}
	for {
		claims, err := s.Claim(ctx, names, strconv.Itoa(os.Getpid()), time.Minute, 2)
		if err != nil || len(claims) == 0 {
			return err
		}
		for _, c := range claims {
			if err := s.Reschedule(ctx, c.Lease, "@hourly", c.Now.Add(time.Hour), 0); err != nil {
				return err
			}
			if _, err := fmt.Println(c.Lease.Sync); err != nil {
				return err
			}
		}
	}
}

// killedWhileWriting kills a process that writes one batch after the other, and looks whether what it said it wrote is
// there, and whether the last batch is there whole or not at all.
func killedWhileWriting(t *testing.T, p Place) {
	place := p.New(t)
	for range 4 {
		cmd, complaints := child(t, "write for ever", place)
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
		if p.Check != nil {
			p.Check(t, place)
		}
		wrote(t, p, place, said)
	}
}

// wrote checks the batches of a writer that said that it wrote some.
func wrote(t *testing.T, p Place, place string, said int) {
	t.Helper()
	s, err := p.Open(t.Context(), place)
	check(t, err)
	defer s.Close()
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
func writeForEver(ctx context.Context, open Opener, place string) error {
	s, err := open(ctx, place)
	if err != nil {
		return err
	}
	lease, err := s.Acquire(ctx, "customers", "writer", time.Nanosecond) // so that the next one need not wait
	if err != nil {
		return err
	}
	for batch := 1; ; batch++ {
		if err := s.Commit(ctx, lease, state.Batch{Links: Numbered(linksPerBatch, batch)}); err != nil {
			return err
		}
		if _, err := fmt.Println(batch); err != nil {
			return err
		}
	}
}
