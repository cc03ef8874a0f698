package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"syncd/internal/pgtest"
	"syncd/internal/state"
	"syncd/internal/state/statetest"
)

// another returns the URL of a database for a new role, which has the rights of grants, with @ for its name.
func another(t *testing.T, address, grants string) string {
	t.Helper()
	role := "syncd_test_" + strings.ToLower(rand.Text())
	pgtest.Execute(t, address, strings.ReplaceAll("CREATE ROLE @ LOGIN; "+grants, "@", role))
	t.Cleanup(func() { pgtest.Execute(t, address, "DROP OWNED BY "+role+"; DROP ROLE "+role) })
	u, err := url.Parse(address)
	check(t, err)
	u.User = url.User(role)
	return u.String()
}

const password = "Tr0ub4dor&3/:@"

// TestErrorsHideThePassword provokes the errors of opening, with a password in every place where a URL may have one.
func TestErrorsHideThePassword(t *testing.T) {
	secret := url.QueryEscape(password)
	for _, address := range []string{
		"postgres://syncd:" + secret + "@127.0.0.1:1/syncd",
		"postgres://127.0.0.1:1/syncd?user=syncd&password=" + secret,
		"postgres://syncd:" + secret + "@127.0.0.1:1/syncd?sslmode=nonsense",
		"postgres://syncd:" + secret + "@127.0.0.1:1/syncd?connect_timeout=never",
		"postgres://syncd:" + secret + "@127.0.0.1:1/syncd?sslmode=verify-full&sslrootcert=/nowhere/" + "ca.pem",
		"postgres://syncd:" + secret + "@127.0.0.1:none/syncd",
		"postgres://syncd:" + secret + "@127.0.0.1:1,127.0.0.1:none/syncd",
		"postgres://syncd:" + password + "@127.0.0.1:1/syncd",
		"postgres://syncd:%zz" + password + "@127.0.0.1:1/syncd",
		"postgres://syncd:" + secret + "@/no_such_database?host=/nowhere",
		pgtest.With(t, pgtest.At(t, "no_such_database"), "password", password),
		pgtest.With(t, pgtest.At(t, "postgres"), "no_such_setting", "1") + "&password=" + secret,
	} {
		for opener, open := range openers {
			err := open(t.Context(), address)
			if err == nil {
				t.Errorf("%s went through", opener)
				continue
			}
			for _, part := range []string{password, secret, "Tr0ub4dor", "dor&3"} {
				if strings.Contains(err.Error(), part) {
					t.Errorf("%s: the password is in %q", opener, err)
				}
			}
			if !strings.HasPrefix(err.Error(), "state") {
				t.Errorf("%s: the state is not named in %q", opener, err)
			}
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct{ url, want string }{
		"nobody listens":       {"postgres://syncd@127.0.0.1:1/crm", "state 127.0.0.1:1/crm: its server cannot be reached: check host and port"},
		"an unknown parameter": {pgtest.With(t, pgtest.At(t, "postgres"), "no_such_setting", "1"), "no_such_setting"},
		"no URL":               {"postgres://syncd:a/b@host/db", "write postgres://user@host"},
		"a wrong mode":         {"postgres://syncd@127.0.0.1/crm?sslmode=nonsense", "state: its URL cannot be used: "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), c.url, Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestOpenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, open := range openers {
		if err := open(ctx, migrated(t)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestServerOfAnotherKind is a web server where Postgres was meant.
func TestServerOfAnotherKind(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "http://")
	_, err := Open(t.Context(), "postgres://syncd@"+address+"/crm", Options{})
	if want := "state " + address + "/crm: no PostgreSQL answers there: check host, port and sslmode: "; err == nil ||
		!strings.HasPrefix(err.Error(), want) || strings.ContainsAny(err.Error(), "\n\t") {
		t.Errorf("got %v, want one line that begins with %q", err, want)
	}
}

// TestServerThatDoesNotAnswer is a listener that takes connections and says nothing.
func TestServerThatDoesNotAnswer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer listener.Close()
	_, err = Open(t.Context(), "postgres://syncd@"+listener.Addr().String()+"/crm?connect_timeout=1", Options{})
	if err == nil || !strings.Contains(err.Error(), "state "+listener.Addr().String()+"/crm") {
		t.Errorf("got %v", err)
	}
}

func TestReadOnly(t *testing.T) {
	url := migrated(t)
	writer := openAt(t, url, Options{})
	lease := statetest.Fill(t, writer)
	reader := lookAt(t, url)
	statetest.ReadsLink(t, reader)
	statetest.RefusesWrites(t, reader)
	check(t, writer.Commit(t.Context(), lease, state.Batch{Drop: []string{"C-1"}}))
	if _, err := reader.Link(t.Context(), "customers", "C-1"); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("got %v, want what was just written", err)
	}
}

// TestReadOnlyNeedsNoRights opens a state as a role that may read it and nothing more.
func TestReadOnlyNeedsNoRights(t *testing.T) {
	url := migrated(t)
	statetest.Fill(t, openAt(t, url, Options{}))
	statetest.ReadsLink(t, lookAt(t, another(t, url, `GRANT SELECT ON ALL TABLES IN SCHEMA public TO @`)))
}

func TestReadOnlyWithoutState(t *testing.T) {
	database := pgtest.Database(t)
	for name, url := range map[string]string{
		"no tables": database, "no schema": pgtest.With(t, database, "search_path", "nowhere"),
	} {
		t.Run(name, func(t *testing.T) {
			s := lookAt(t, url)
			statetest.IsEmpty(t, s)
			statetest.RefusesWrites(t, s)
			if have, _, err := Version(t.Context(), url); have != 0 || err != nil {
				t.Errorf("it has schema %d, %v", have, err)
			}
		})
	}
}

func TestReadOnlyOlderSchema(t *testing.T) {
	url := migrated(t)
	pgtest.Execute(t, url, `DELETE FROM syncd_version WHERE version_id = (SELECT max(version_id) FROM syncd_version)`)
	_, err := OpenReadOnly(t.Context(), url, Options{})
	if err == nil || !strings.Contains(err.Error(), "run syncd migrate") {
		t.Errorf("got %v", err)
	}
}

func lookAt(t testing.TB, url string) *Store {
	t.Helper()
	s, err := OpenReadOnly(t.Context(), url, Options{})
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	return s
}

func TestUseAfterClose(t *testing.T) {
	s, err := Open(t.Context(), migrated(t), Options{})
	check(t, err)
	lease := statetest.Fill(t, s)
	check(t, s.Close())
	check(t, s.Close())
	if err := s.Commit(t.Context(), lease, state.Batch{}); err == nil {
		t.Error("Commit went through")
	}
	if _, err := s.Runs(t.Context(), "", 0); err == nil {
		t.Error("Runs went through")
	}
}

// TestTheDatabaseTellsTheTime takes a lease by the database's clock, whatever this machine's says.
func TestTheDatabaseTellsTheTime(t *testing.T) {
	s := openAt(t, migrated(t), Options{})
	before, err := s.Now(t.Context())
	check(t, err)
	statetest.Fill(t, s)
	runs, err := s.Runs(t.Context(), "customers", 0)
	check(t, err)
	after, err := s.Now(t.Context())
	check(t, err)
	if at := runs[0].StartedAt; at.Before(before) || at.After(after) || at.Location() != time.UTC {
		t.Errorf("started at %s, want a time from %s to %s", at, before, after)
	}
	var offset time.Duration
	check(t, s.Reader.QueryRowContext(t.Context(), `SELECT extract(epoch FROM expires_at - clock_timestamp()) * 1000000000 / 1
		FROM leases`).Scan(scanDuration{&offset}))
	if offset <= 0 || offset > time.Minute {
		t.Errorf("the lease lasts %s more, want up to a minute", offset)
	}
}

type scanDuration struct{ into *time.Duration }

func (d scanDuration) Scan(value any) (err error) {
	text, _, _ := strings.Cut(value.(string), ".")
	*d.into, err = time.ParseDuration(text + "ns")
	return err
}

// TestPoolSize reads the URL's own.
func TestPoolSize(t *testing.T) {
	for address, want := range map[string]int{
		"postgres://syncd@host/db": most, "postgres://syncd@host/db?pool_max_conns=3": 3,
	} {
		p, err := parse(address)
		check(t, err)
		if p.most != want {
			t.Errorf("%s: %d connections, want %d", address, p.most, want)
		}
		if _, passed := p.config.RuntimeParams["pool_max_conns"]; passed {
			t.Error("the server is asked for it")
		}
	}
	s := openAt(t, pgtest.With(t, pgtest.Database(t), "pool_max_conns", "1"), Options{}) // one is enough to migrate
	statetest.Fill(t, s)
}

func TestEscape(t *testing.T) {
	for _, text := range []string{
		"", "plain", "a\x00b", "\x01", "\x0100", "\xff\xfe", "é\xc3", "\x01\x00\x01", "李\x00雷", strings.Repeat("\x00", 100),
	} {
		escaped := escape(text)
		if strings.ContainsRune(escaped, 0) || strings.ToValidUTF8(escaped, "?") != escaped {
			t.Errorf("%q is no text for Postgres", escaped)
		}
		if got := unescape(escaped); got != text {
			t.Errorf("%q came back as %q", text, got)
		}
	}
	if got := unescape("a\x01zz"); got != "a\x01zz" {
		t.Errorf("got %q", got)
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("a\x00\x01\xffb")
	f.Fuzz(func(t *testing.T, text string) {
		if got := unescape(escape(text)); got != text {
			t.Errorf("%q came back as %q", text, got)
		}
	})
}
