package postgres

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/contact"
	"syncd/internal/pgtest"
	"syncd/internal/sources"
)

const threePeople = `CREATE TABLE c (id text PRIMARY KEY, v text); INSERT INTO c VALUES ('1', 'Ada'), ('2', 'Grace'), ('3', 'Radia');`

var idAndV = []string{"id", "v"}

// TestLockedRow writes while another transaction has locked a row: that row is stale, the others are not kept waiting.
func TestLockedRow(t *testing.T) {
	for name, lock := range map[string]string{
		"changed": "UPDATE c SET v = 'Hopper' WHERE id = '2'",
		"locked":  "SELECT * FROM c WHERE id = '2' FOR UPDATE",
		"deleted": "DELETE FROM c WHERE id = '2'",
	} {
		t.Run(name, func(t *testing.T) {
			url := made(t, threePeople)
			source := tableOf(t, url, Options{Table: "c", Key: []string{"id"}})
			source.rowPatience = 20 * time.Millisecond
			person, err := connect(t, url).Begin(t.Context())
			check(t, err)
			_, err = person.Exec(t.Context(), lock)
			check(t, err)
			outcomes := write(t, source, idAndV,
				update(cells("1", "Ada"), cells("1", "Lovelace")), update(cells("2", "Grace"), cells("2", "G.")), remove("3", "Radia"),
				create("4", "Alan"), create("2", "Eve"))
			wantOutcome(t, outcomes[0], sources.Written)
			wantOutcome(t, outcomes[1], sources.Stale, "another transaction is changing this row")
			wantOutcome(t, outcomes[2], sources.Written)
			wantOutcome(t, outcomes[3], sources.Written)
			wantOutcome(t, outcomes[4], sources.Stale, "the row is there already")
			check(t, person.Commit(t.Context()))
			want := map[string]string{"changed": "1|Lovelace\n2|Hopper\n4|Alan", "locked": "1|Lovelace\n2|Grace\n4|Alan", "deleted": "1|Lovelace\n4|Alan"}
			wantLine(t, url, "SELECT * FROM c ORDER BY id", want[name])
		})
	}
}

// waiting waits until somebody waits for a lock.
func waiting(t testing.TB, conn *pgx.Conn) {
	t.Helper()
	for {
		var n int
		check(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) "+
			"WHERE NOT granted AND a.datname = current_database()").Scan(&n))
		if n > 0 {
			return
		}
	}
}

// TestRowThatIsWaitedFor changes a row while Write waits for it: it is compared as it is then.
func TestRowThatIsWaitedFor(t *testing.T) {
	for name, c := range map[string]struct {
		edit   string
		change contact.Change
		want   sources.Status
		rows   string
	}{
		"the cell":            {"UPDATE c SET v = 'Hopper' WHERE id = '2'", update(cells("2", "Grace"), cells("2", "G.")), sources.Stale, "2|Hopper"},
		"the key":             {"UPDATE c SET id = '22' WHERE id = '2'", update(cells("2", "Grace"), cells("2", "G.")), sources.Stale, "22|Grace"},
		"nothing that counts": {"UPDATE c SET v = v WHERE id = '2'", update(cells("2", "Grace"), cells("2", "G.")), sources.Written, "2|G."},
		"the row of a delete": {"UPDATE c SET v = 'Hopper' WHERE id = '2'", remove("2", "Grace"), sources.Stale, "2|Hopper"},
		"a new row":           {"INSERT INTO c VALUES ('9', 'Alan')", create("9", "Eve"), sources.Stale, "9|Alan"},
	} {
		t.Run(name, func(t *testing.T) {
			url := made(t, threePeople)
			source := tableOf(t, url, Options{Table: "c", Key: []string{"id"}})
			source.rowPatience = time.Minute
			person, err := connect(t, url).Begin(t.Context())
			check(t, err)
			_, err = person.Exec(t.Context(), c.edit)
			check(t, err)
			done := make(chan []sources.Outcome)
			go func() {
				outcomes, err := source.Write(t.Context(), idAndV, []contact.Change{c.change})
				if err != nil {
					t.Error(err)
				}
				done <- outcomes
			}()
			waiting(t, connect(t, url))
			check(t, person.Commit(t.Context()))
			wantOutcome(t, (<-done)[0], c.want)
			wantLine(t, url, "SELECT * FROM c WHERE id IN ('2', '22', '9') ORDER BY id DESC LIMIT 1", c.rows)
		})
	}
}

// TestRowThatIsBeingAdded adds a row that another transaction is adding too, and does not end to.
func TestRowThatIsBeingAdded(t *testing.T) {
	url := made(t, threePeople)
	source := tableOf(t, url, Options{Table: "c", Key: []string{"id"}})
	source.rowPatience = 20 * time.Millisecond
	person, err := connect(t, url).Begin(t.Context())
	check(t, err)
	_, err = person.Exec(t.Context(), "INSERT INTO c VALUES ('9', 'Alan')")
	check(t, err)
	outcomes := write(t, source, idAndV, create("8", "Edsger"), create("9", "Eve"), update(cells("1", "Ada"), cells("1", "Lovelace")))
	wantOutcome(t, outcomes[0], sources.Written)
	wantOutcome(t, outcomes[1], sources.Stale, "another transaction has locked")
	wantOutcome(t, outcomes[2], sources.Written)
}

// TestLockedTable checks that nobody waits for ever for a table.
func TestLockedTable(t *testing.T) {
	url := made(t, threePeople)
	source := tableOf(t, url, Options{Table: "c", Key: []string{"id"}})
	source.rowPatience, source.tablePatience = 20*time.Millisecond, 20*time.Millisecond
	person, err := connect(t, url).Begin(t.Context())
	check(t, err)
	_, err = person.Exec(t.Context(), "ALTER TABLE c ADD w text")
	check(t, err)
	_, err = readAll(t, source, idAndV...)
	wantError(t, err, "table c: the table is locked by another transaction: run again")
	outcomes, err := source.Write(t.Context(), idAndV, []contact.Change{create("9", "Eve")})
	wantError(t, err, "table c: the table is locked by another transaction: run again")
	wantOutcome(t, outcomes[0], sources.Refused, "nothing was written")
}

// TestDeadlock lets the database take a transaction back, for it and another one wait for each other: it is made again.
func TestDeadlock(t *testing.T) {
	url := made(t, threePeople)
	source := tableOf(t, pgtest.With(t, url, "deadlock_timeout", "10ms"), Options{Table: "c", Key: []string{"id"}})
	source.rowPatience = time.Minute
	person := connect(t, pgtest.With(t, url, "deadlock_timeout", "10min"))
	exec(t, person, "BEGIN")
	exec(t, person, "UPDATE c SET v = 'Hopper' WHERE id = '2'")
	done := make(chan []sources.Outcome)
	go func() {
		outcomes, err := source.Write(t.Context(), idAndV, []contact.Change{
			update(cells("1", "Ada"), cells("1", "Lovelace")), update(cells("2", "Grace"), cells("2", "G."))})
		if err != nil {
			t.Error(err)
		}
		done <- outcomes
	}()
	waiting(t, connect(t, url))
	exec(t, person, "UPDATE c SET v = v || '!' WHERE id = '1'")
	exec(t, person, "COMMIT")
	outcomes := <-done
	wantOutcome(t, outcomes[0], sources.Stale, "no longer holds")
	wantOutcome(t, outcomes[1], sources.Stale, "no longer holds")
	wantLine(t, url, "SELECT * FROM c ORDER BY id", "1|Ada!\n2|Hopper\n3|Radia")
}

// cutting is a connection that breaks when some bytes are to be sent: before, or after they were.
type cutting struct {
	net.Conn
	at    string
	after bool
	armed *atomic.Bool
}

func (c *cutting) Write(data []byte) (int, error) {
	if !bytes.Contains(bytes.ToLower(data), []byte(c.at)) || !c.armed.CompareAndSwap(true, false) {
		return c.Conn.Write(data)
	}
	if !c.after {
		c.Conn.Close()
		return 0, net.ErrClosed
	}
	n, err := c.Conn.Write(data)
	if err == nil {
		_, err = c.Conn.Read(make([]byte, 1)) // the server has begun to answer
	}
	c.Conn.Close()
	return n, err
}

// TestLostConnection breaks the connection at each moment of a write.
func TestLostConnection(t *testing.T) {
	for name, c := range map[string]struct {
		at    string
		after bool
		want  sources.Status
		rows  string
	}{
		"at the begin":      {"begin", false, sources.Refused, "Grace"},
		"before the update": {"update \"public\"", false, sources.Refused, "Grace"},
		"after the update":  {"update \"public\"", true, sources.Refused, "Grace"},
		"before the commit": {"commit\x00", false, sources.Unknown, "Grace"},
		"after the commit":  {"commit\x00", true, sources.Unknown, "G."},
	} {
		t.Run(name, func(t *testing.T) {
			url := made(t, threePeople)
			config, err := configOf(url)
			check(t, err)
			armed := &atomic.Bool{}
			dial := config.ConnConfig.DialFunc
			config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := dial(ctx, network, address)
				return &cutting{conn, c.at, c.after, armed}, err
			}
			source := tableIn(t, config, Options{Table: "c", Key: []string{"id"}})
			changes := []contact.Change{update(cells("2", "Grace"), cells("2", "G.")), update(cells("7", "Eve"), cells("7", "E."))}
			armed.Store(true)
			outcomes, err := source.Write(t.Context(), idAndV, changes)
			if err == nil || armed.Load() {
				t.Fatalf("error %v, the connection broke: %v", err, !armed.Load())
			}
			wantOutcome(t, outcomes[0], c.want)
			if c.want == sources.Unknown {
				wantOutcome(t, outcomes[1], sources.Stale)
			}
			wantLine(t, url, "SELECT v FROM c WHERE id = '2'", c.rows)
			again := write(t, source, idAndV, changes...)[0]
			if written := again.Status == sources.Written; written != (c.rows == "Grace") {
				t.Errorf("the second time: %+v", again)
			}
		})
	}
}

// TestReadSeesOneMoment reads while a person changes and deletes rows.
func TestReadSeesOneMoment(t *testing.T) {
	url := made(t, `CREATE TABLE c (id int, v text); INSERT INTO c SELECT i, repeat('x', 200) FROM generate_series(1, 50000) AS i`)
	source := tableOf(t, url, Options{Table: "c", Key: []string{"id"}})
	person := connect(t, url)
	n := 0
	for record, err := range source.Read(t.Context(), idAndV) {
		check(t, err)
		if n++; n == 1 {
			exec(t, person, "UPDATE c SET v = 'new'")
			exec(t, person, "DELETE FROM c WHERE id > 40000")
		}
		if record.Cells[1].Text == "new" {
			t.Fatal("a row was read as it was made after the first one was read")
		}
	}
	if n != 50000 {
		t.Errorf("%d rows, want 50000", n)
	}
}

// TestLostRead breaks the connection in the middle of a read: it ends with an error, and is not taken for whole.
func TestLostRead(t *testing.T) {
	url := made(t, `CREATE TABLE c (id int, v text); INSERT INTO c SELECT i, repeat('x', 200) FROM generate_series(1, 50000) AS i`)
	source := tableOf(t, url, Options{Table: "c", Key: []string{"id"}})
	person := connect(t, url)
	n, failed := 0, error(nil)
	for _, err := range source.Read(t.Context(), idAndV) {
		if failed = err; err == nil {
			n++
		}
		if n == 1 {
			exec(t, person, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		}
	}
	if failed == nil || n == 50000 {
		t.Fatalf("%d rows and error %v, want an error", n, failed)
	}
	wantError(t, failed, "table c: ")
	if errors.Is(failed, context.Canceled) || strings.Contains(failed.Error(), "postgres@") {
		t.Errorf("the error is %q", failed)
	}
}
