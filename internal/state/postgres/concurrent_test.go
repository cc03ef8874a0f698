package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"syncd/internal/contact"
	"syncd/internal/pgtest"
	"syncd/internal/state"
	"syncd/internal/state/statetest"
)

// TestAPersonsWordIsKept lets people approve and resolve while runs replace what they speak about. Whatever was said
// stands afterwards: neither a run nor another word overwrote it.
func TestAPersonsWordIsKept(t *testing.T) {
	address := migrated(t)
	s, person := openAt(t, address, Options{}), openAt(t, address, Options{})
	lease := statetest.Fill(t, s)
	var findings state.Findings
	const keys = 40
	for i := range keys {
		key := fmt.Sprintf("C-%d", i)
		findings.Conflicts = append(findings.Conflicts,
			state.Conflict{Conflict: contact.Conflict{Key: key, Field: contact.Role, Source: "a", Quo: "b"}})
		findings.Held = append(findings.Held, state.Held{Key: key, Side: contact.Quo, Action: contact.Delete})
	}
	run := func() int64 {
		r, err := s.StartRun(t.Context(), lease)
		check(t, err)
		r.Status = state.RunHeld
		check(t, s.FinishRun(t.Context(), lease, r, &findings))
		return r.ID
	}
	var newest atomic.Int64
	newest.Store(run())
	var people sync.WaitGroup
	people.Go(func() {
		for i := range keys {
			key := fmt.Sprintf("C-%d", i)
			if _, err := person.Resolve(t.Context(), "customers", key, contact.Role, contact.Quo); err != nil {
				t.Error(err)
			}
			_, err := person.Approve(t.Context(), newest.Load(), []string{key})
			for errors.Is(err, state.ErrVoid) { // a run was faster
				_, err = person.Approve(t.Context(), newest.Load(), []string{key})
			}
			if err != nil {
				t.Error(err)
			}
		}
	})
	said := make(chan struct{})
	go func() { people.Wait(); close(said) }()
	for done := false; !done; {
		select {
		case <-said:
			done = true
		default:
		}
		newest.Store(run())
	}
	conflicts, err := s.Conflicts(t.Context(), "customers")
	check(t, err)
	for _, c := range conflicts {
		if c.Take != contact.Quo {
			t.Errorf("what a person said about the conflict of %s is gone", c.Key)
		}
	}
	held, err := s.Held(t.Context(), "customers")
	check(t, err)
	for _, h := range held {
		if h.ApprovedAt.IsZero() {
			t.Errorf("what a person approved of %s is gone", h.Key)
		}
	}
}

// TestLateWriterIsFenced lets a commit wait for the lease's row while another process takes the lease over.
func TestLateWriterIsFenced(t *testing.T) {
	address := migrated(t)
	s := openAt(t, address, Options{})
	old, err := s.Acquire(t.Context(), "customers", "host-a 1", time.Nanosecond)
	check(t, err)
	taking, err := s.Writer.BeginTx(t.Context(), nil)
	check(t, err)
	_, err = taking.ExecContext(t.Context(), `UPDATE leases SET token = token + 1, holder = 'host-b 2'`)
	check(t, err)
	result := make(chan error)
	go func() {
		result <- openAt(t, address, Options{}).Commit(t.Context(), old, state.Batch{Links: statetest.Numbered(1, 1)})
	}()
	waitsForLock(t, s)
	check(t, taking.Commit())
	if err := <-result; !errors.Is(err, state.ErrLeaseLost) {
		t.Errorf("got %v, want ErrLeaseLost", err)
	}
}

// TestTimeIsTakenAfterTheLock lets a transaction wait: what it stamps is later than what the one before it stamped.
func TestTimeIsTakenAfterTheLock(t *testing.T) {
	s := openAt(t, migrated(t), Options{})
	lease := statetest.Fill(t, s)
	first, err := s.Writer.BeginTx(t.Context(), nil)
	check(t, err)
	_, err = first.ExecContext(t.Context(), `SELECT 1 FROM leases FOR UPDATE`)
	check(t, err)
	started := make(chan state.Run)
	go func() {
		run, err := s.StartRun(t.Context(), lease)
		if err != nil {
			t.Error(err)
		}
		started <- run
	}()
	waitsForLock(t, s)
	before, err := s.Now(t.Context())
	check(t, err)
	check(t, first.Commit())
	if run := <-started; run.StartedAt.Before(before) {
		t.Errorf("started at %s, while another still wrote at %s", run.StartedAt, before)
	}
}

// waitsForLock returns once a connection of the database waits for a lock.
func waitsForLock(t *testing.T, s *Store) {
	t.Helper()
	for {
		var n int
		check(t, s.Reader.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n))
		if n > 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// TestManyReaders reads links in more goroutines than there are connections, each of which writes while it reads.
func TestManyReaders(t *testing.T) {
	s := openAt(t, pgtest.With(t, migrated(t), "pool_max_conns", "2"), Options{})
	lease := statetest.Fill(t, s)
	check(t, s.Commit(t.Context(), lease, state.Batch{Links: statetest.Numbered(100, 1)}))
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			for link, err := range s.Links(t.Context(), "customers") {
				if err == nil {
					err = s.Commit(t.Context(), lease, state.Batch{Links: []state.Link{link}})
				}
				if err != nil {
					t.Error(err)
				}
				if link.Key > "C-000005" {
					return
				}
			}
		})
	}
	group.Wait()
}

// relay passes bytes between clients and the test server, and cuts a connection when a text comes by.
type relay struct {
	net.Listener
	mu    sync.Mutex
	cutAt string // cut when this passes from a client: "" never
	after bool   // only when the server answers, so that it has done what it was told
}

func newRelay(t *testing.T, address string) (*relay, string) {
	t.Helper()
	u, err := url.Parse(address)
	check(t, err)
	network, server := "tcp", u.Host
	if host := u.Query().Get("host"); strings.HasPrefix(host, "/") {
		network, server = "unix", host+"/.s.PGSQL.5432"
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	r := &relay{Listener: listener}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial(network, server)
			if err != nil {
				client.Close()
				continue
			}
			var answered atomic.Bool // the next answer is not heard
			group.Go(func() { r.pass(upstream, client, func(text string) bool { return r.due(text, &answered) }) })
			group.Go(func() { r.pass(client, upstream, func(string) bool { return answered.Load() }) })
		}
	})
	t.Cleanup(func() { listener.Close(); group.Wait() })
	query := u.Query()
	query.Del("host")
	u.Host, u.RawQuery = listener.Addr().String(), query.Encode()
	return r, pgtest.With(t, u.String(), "sslmode", "disable")
}

// pass copies until due says that the connection is to be cut.
func (r *relay) pass(to, from net.Conn, due func(text string) bool) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 1<<16)
	for {
		n, err := from.Read(buffer)
		if err != nil || due(string(buffer[:n])) {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (r *relay) due(text string, answered *atomic.Bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cutAt == "" || !strings.Contains(text, r.cutAt) {
		return false
	}
	r.cutAt = ""
	answered.Store(r.after)
	return !r.after
}

func (r *relay) cutWhen(text string, after bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cutAt, r.after = text, after
}

// TestConnectionLost loses the connection at every point of a commit: it is an error that names the state, the batch is
// there whole or not at all, and the store goes on with another connection.
func TestConnectionLost(t *testing.T) {
	for i, c := range []struct {
		at    string
		after bool
		links int // that are there then: 51 with the batch
	}{
		{"FROM leases WHERE", false, 1}, {"INSERT INTO links", false, 1}, {"INSERT INTO links", true, 1},
		{"commit", false, 1}, {"commit", true, 51},
	} {
		t.Run(fmt.Sprint(c.at, " ", c.after), func(t *testing.T) {
			address := migrated(t)
			direct := openAt(t, address, Options{})
			relay, through := newRelay(t, address)
			s := openAt(t, through, Options{})
			lease := statetest.Fill(t, s)
			relay.cutWhen(c.at, c.after)
			err := s.Commit(t.Context(), lease, state.Batch{Links: statetest.Numbered(50, i)})
			if err == nil || !strings.HasPrefix(err.Error(), "state "+relay.Addr().String()) {
				t.Fatalf("got %v, want an error that names the state", err)
			}
			links := 0
			for _, err := range direct.Links(t.Context(), "customers") {
				check(t, err)
				links++
			}
			if links != c.links {
				t.Errorf("%d links are there, want %d", links, c.links)
			}
			check(t, s.Commit(t.Context(), lease, state.Batch{Links: statetest.Numbered(50, i)})) // again
		})
	}
}

// TestServerEndsConnections is a server that restarts while nothing is under way: at most one call notices, for a
// connection that was used a moment ago is not tried before.
func TestServerEndsConnections(t *testing.T) {
	address := migrated(t)
	s := openAt(t, address, Options{})
	lease := statetest.Fill(t, s)
	for i := range 3 {
		pgtest.Execute(t, address, `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		err := s.Commit(t.Context(), lease, state.Batch{Links: statetest.Numbered(1, i)})
		if err != nil && !strings.Contains(err.Error(), "run again once it is up") {
			t.Errorf("got %v", err)
		}
		check(t, s.Renew(t.Context(), lease, time.Minute))
	}
}

// TestVanishedMachine looks for how long a transaction may hold the lease's row without a word, and that no other
// transaction of the connection has that setting.
func TestVanishedMachine(t *testing.T) {
	s := openAt(t, migrated(t), Options{})
	conn, err := s.Writer.Conn(t.Context())
	check(t, err)
	defer conn.Close()
	var before, within, after string
	const settingSQL = `SELECT current_setting('idle_in_transaction_session_timeout')`
	check(t, conn.QueryRowContext(t.Context(), settingSQL).Scan(&before))
	tx, err := conn.BeginTx(t.Context(), nil)
	check(t, err)
	var ours bool
	var now time.Time
	check(t, tx.QueryRowContext(t.Context(), lockSQL, "customers", 1, "host-a 1").Scan(&ours, &now))
	check(t, tx.QueryRowContext(t.Context(), settingSQL).Scan(&within))
	check(t, tx.Commit())
	check(t, conn.QueryRowContext(t.Context(), settingSQL).Scan(&after))
	if within != "1min" || after != before {
		t.Errorf("it may be idle for %s, before %s and after %s", within, before, after)
	}
}

// TestDeadlockIsTriedAgain makes the server undo one of two transactions.
func TestDeadlockIsTriedAgain(t *testing.T) {
	address := migrated(t)
	s := openAt(t, address, Options{})
	lease := statetest.Fill(t, s)
	check(t, s.Commit(t.Context(), lease, state.Batch{Links: statetest.Numbered(2, 0)}))
	other, err := s.Writer.BeginTx(t.Context(), nil)
	check(t, err)
	_, err = other.ExecContext(t.Context(), `SET LOCAL deadlock_timeout = '1h'; SELECT 1 FROM links WHERE key = 'C-000001' FOR UPDATE`)
	check(t, err)
	result := make(chan error)
	go func() { result <- s.Commit(t.Context(), lease, state.Batch{Links: statetest.Numbered(2, 1)}) }()
	waitsForLock(t, s)
	_, err = other.ExecContext(t.Context(), `SELECT 1 FROM links WHERE key = 'C-000000' FOR UPDATE`) // the other one is undone
	check(t, err)
	check(t, other.Commit())
	check(t, <-result)
	link, err := s.Link(t.Context(), "customers", "C-000000")
	check(t, err)
	if got := link.Base[contact.Role].Source; got != strconv.Itoa(1) {
		t.Errorf("got %q", got)
	}
}

// TestCancelledInTheMiddle ends a commit that waits.
func TestCancelledInTheMiddle(t *testing.T) {
	s := openAt(t, migrated(t), Options{})
	lease := statetest.Fill(t, s)
	other, err := s.Writer.BeginTx(t.Context(), nil)
	check(t, err)
	_, err = other.ExecContext(t.Context(), `SELECT 1 FROM leases FOR UPDATE`)
	check(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() { result <- s.Renew(ctx, lease, time.Minute) }()
	waitsForLock(t, s)
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	check(t, other.Rollback())
	check(t, s.Renew(t.Context(), lease, time.Minute))
}
