package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"syncd/internal/pgtest"
	"syncd/internal/quo/quosim"
)

// served is a real `syncd run` on a directory, and the workspace that it syncs with.
type served struct {
	*testing.T
	dir       string
	workspace *quosim.Workspace
	url       string
	cmd       *exec.Cmd
	stdout    *lockedBuffer
	stderr    *lockedBuffer
	exited    chan struct{}
	env       []string
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newServed(t *testing.T) *served {
	t.Helper()
	workspace, err := quosim.New(quosim.Options{Keys: []string{"a-secret-key"}, RequestsPerSecond: -1})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(workspace)
	t.Cleanup(server.Close)
	return &served{T: t, dir: t.TempDir(), workspace: workspace, url: server.URL}
}

// configure writes the configuration of one sync that runs every second.
func (s *served) configure(top, sync string) {
	s.Helper()
	write(s.T, filepath.Join(s.dir, "syncd.yaml"), fmt.Sprintf(`quo: {api_key: a-secret-key, base_url: %q, requests_per_second: 150}
lease: 1s
listen: 127.0.0.1:0
region: US
%s
syncs:
  - name: customers
    schedule: "@every 1s"
    direction: to-quo
    source: {csv: {path: rows.csv, key: id}}
    fields: {firstName: First, phoneNumbers: {mobile: Phone}}
%s`, s.url, top, sync))
}

// start starts `syncd run` and returns once it says that it has started.
func (s *served) start(args ...string) {
	s.Helper()
	s.begin(args...)
	s.logs("started")
}

// begin starts `syncd run`.
func (s *served) begin(args ...string) {
	s.Helper()
	s.command(args...)
	s.exited = make(chan struct{})
	if err := s.cmd.Start(); err != nil {
		s.Fatal(err)
	}
	go func() { _ = s.cmd.Wait(); close(s.exited) }() // how it ended stands in ProcessState
	s.Cleanup(func() { _ = s.cmd.Process.Kill(); <-s.exited })
}

func (s *served) command(args ...string) {
	s.Helper()
	binary, err := os.Executable()
	if err != nil {
		s.Fatal(err)
	}
	s.cmd = exec.Command(binary, append([]string{"run", "--log-format", "json"}, args...)...)
	s.cmd.Args[0], s.cmd.Dir = "syncd", s.dir
	s.cmd.Env = append(os.Environ(), s.env...)
	s.stdout, s.stderr = &lockedBuffer{}, &lockedBuffer{}
	s.cmd.Stdout, s.cmd.Stderr = s.stdout, s.stderr
}

// once makes one pass.
func (s *served) once(args ...string) {
	s.Helper()
	s.command(append(args, "--once")...)
	if err := s.cmd.Run(); err != nil {
		s.Fatalf("%v\n%s", err, s.stderr)
	}
}

func (s *served) signal(signal syscall.Signal) {
	s.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		s.Fatal(err)
	}
}

// until waits for something to be so, for as long as a slow machine may need.
func (s *served) until(what string, so func() bool) {
	s.Helper()
	for deadline := time.Now().Add(time.Minute); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.Fatalf("not so after a minute: %s\n%s", what, s.stderr)
		}
	}
}

// logs waits for a line of the log.
func (s *served) logs(text string) {
	s.Helper()
	s.until("it logs "+text, func() bool { return strings.Contains(s.stderr.String(), text) })
}

// has waits for a contact.
func (s *served) has(key string) {
	s.Helper()
	s.until("there is a contact "+key, func() bool {
		for _, c := range s.workspace.Contacts() {
			if c.ExternalID != nil && *c.ExternalID == key {
				return true
			}
		}
		return false
	})
}

// stops waits for the process to end and compares its exit code.
func (s *served) stops(code int) {
	s.Helper()
	select {
	case <-s.exited:
	case <-time.After(time.Minute):
		s.Fatalf("it did not stop:\n%s", s.stderr)
	}
	if got := s.cmd.ProcessState.ExitCode(); got != code {
		s.Errorf("exit code %d, want %d:\n%s", got, code, s.stderr)
	}
}

// get asks the process, whose address stands in its log.
func (s *served) get(path string) (int, string) {
	s.Helper()
	_, rest, _ := strings.Cut(s.stderr.String(), `"address":"`)
	address, _, _ := strings.Cut(rest, `"`)
	res, err := http.Get("http://" + address + path)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// TestServeStale goes from ready to not ready and back, with a Quo that refuses everything for a while.
func TestServeStale(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	s.configure("", "    stale_after: 2s")
	saveRows(t, s.dir, map[string]string{"C-001": "Ada"})
	s.start()
	ready := func(want int, text string) func() bool {
		return func() bool {
			code, body := s.get("/readyz")
			return code == want && strings.Contains(body, text)
		}
	}
	s.has("C-001")
	s.until("it is ready", ready(http.StatusOK, "ok"))
	s.workspace.Inject(quosim.Fault{Status: http.StatusForbidden, Times: -1})
	s.until("it is not ready", ready(http.StatusServiceUnavailable, "sync customers: the last run that succeeded ended"))
	if code, _ := s.get("/healthz"); code != http.StatusOK {
		t.Errorf("it is not alive: %d", code)
	}
	s.workspace.ClearFaults()
	s.until("it is ready again", ready(http.StatusOK, "ok"))
	s.signal(syscall.SIGTERM)
	s.stops(exitDone)
}

func TestServe(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	s.configure("", "")
	rows := map[string]string{"C-001": "Ada"}
	saveRows(t, s.dir, rows)
	s.start()
	s.has("C-001")
	s.until("it is ready", func() bool { code, _ := s.get("/readyz"); return code == http.StatusOK })
	s.until("the run is counted", func() bool {
		_, metrics := s.get("/metrics")
		return strings.Contains(metrics, `syncd_operations_total{kind="create",side="quo",sync="customers"} 1`) &&
			strings.Contains(metrics, `syncd_api_requests_total{method="post",status="201"} 1`)
	})
	if code, _ := s.get("/debug/pprof/"); code != http.StatusNotFound {
		t.Errorf("profiles are shown: %d", code)
	}
	rows["C-002"] = "Grace"
	saveRows(t, s.dir, rows)
	s.has("C-002")

	// A wrong configuration is refused with the reason, and the old one stays.
	s.configure("", "    schedul: never")
	s.signal(syscall.SIGHUP)
	s.logs(`unknown key \"schedul\"`)
	s.configure("state: sqlite:other.db", "")
	s.signal(syscall.SIGHUP)
	s.logs("restart syncd")
	rows["C-003"] = "Barbara"
	saveRows(t, s.dir, rows)
	s.has("C-003")

	// A right one holds from the next run on.
	s.configure("", "    label: syncd-customers\n    only: {First: [Ada, Grace, Barbara]}")
	s.signal(syscall.SIGHUP)
	s.logs("configuration reloaded")
	rows["C-004"], rows["C-005"] = "Edsger", "Ada"
	saveRows(t, s.dir, rows)
	s.has("C-005")
	delete(rows, "C-004")
	checkContacts(t, s.workspace, rows)

	s.signal(syscall.SIGTERM)
	s.stops(exitDone)
	checkStatus(t, s.dir)
	checkLog(t, s.stderr.String())
	if log := s.stderr.String(); strings.Contains(log, "a-secret-key") || strings.Contains(log, "Grace") {
		t.Errorf("the log has a secret or a value:\n%s", log)
	}
}

// checkStatus has syncd show how a sync stands that nobody runs any more.
func checkStatus(t *testing.T, dir string) {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "status")
	cmd.Args[0], cmd.Dir = "syncd", dir
	out, err := cmd.CombinedOutput()
	for _, want := range []string{`next run +(due since|[-0-9: ]+, in)`, `rate +\d+ requests? to Quo in the last run \(at most 150 a second\)`} {
		if err != nil || !regexp.MustCompile(want).Match(out) {
			t.Errorf("%v: no %q in\n%s", err, want, out)
		}
	}
}

// TestServeReadsSecretAtReload changes the file of a secret, which holds from the next reload on.
func TestServeReadsSecretAtReload(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	s.configure("", "")
	config, key := filepath.Join(s.dir, "syncd.yaml"), filepath.Join(s.dir, "key")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	write(t, config, strings.Replace(string(text), "a-secret-key", `"${file:key}"`, 1))
	write(t, key, "a-former-key\n")
	saveRows(t, s.dir, map[string]string{"C-001": "Ada"})
	s.start()
	failed := func() int { return strings.Count(s.stderr.String(), `"status":"failed"`) }
	s.until("a run fails", func() bool { return failed() > 0 })
	write(t, key, "a-secret-key\n")
	before := failed()
	s.until("runs go on with the former key", func() bool { return failed() > before+1 })
	s.signal(syscall.SIGHUP)
	s.has("C-001")
	s.signal(syscall.SIGTERM)
	s.stops(exitDone)
	if log := s.stderr.String(); strings.Contains(log, "a-secret-key") || strings.Contains(log, "a-former-key") {
		t.Errorf("the log has a secret:\n%s", log)
	}
}

// TestServeStopsUnderLoad stops a process in the middle of many creates, and another goes on where it ended.
func TestServeStopsUnderLoad(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	s.configure("", "")
	rows := map[string]string{}
	for i := range 300 {
		rows[fmt.Sprintf("C-%03d", i)] = "Ada"
	}
	saveRows(t, s.dir, rows)
	s.start()
	s.until("fifty contacts are made", func() bool { return len(s.workspace.Contacts()) > 50 })
	s.signal(syscall.SIGTERM)
	s.stops(exitDone)
	if made := len(s.workspace.Contacts()); made == len(rows) {
		t.Errorf("all %d contacts were made before it stopped", made)
	}
	s.start()
	s.until("all contacts are made", func() bool { return len(s.workspace.Contacts()) >= len(rows) })
	checkContacts(t, s.workspace, rows)
	s.signal(syscall.SIGTERM)
	s.stops(exitDone)
}

// TestServeCannotStart is what a daemon says that ends before it did anything. A service manager starts it again.
func TestServeCannotStart(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	newer, foreign := pgtest.Database(t), pgtest.Database(t)
	pgtest.Execute(t, newer, "CREATE TABLE syncd_version (version_id bigint); INSERT INTO syncd_version VALUES (1000)")
	pgtest.Execute(t, foreign, "CREATE TABLE orders (id bigint)")
	for name, c := range map[string]struct {
		state, listen, want string
	}{
		"the address is taken": {"sqlite:syncd.db", taken.Addr().String(),
			"syncd: error: listen: listen tcp " + taken.Addr().String() + ": bind: address already in use\nsyncd: hint: listen names the address"},
		"nobody is there":           {"postgres://syncd:hunter22@127.0.0.1:1/syncd", "127.0.0.1:0", "state 127.0.0.1:1/syncd: its server cannot be reached: check host and port"},
		"the schema is newer":       {newer, "127.0.0.1:0", "it has schema 1000, this syncd knows up to"},
		"the schema is another's":   {foreign, "127.0.0.1:0", "holds tables of another program, such as orders: give syncd a schema of its own"},
		"the file has no directory": {"sqlite:gone/syncd.db", "127.0.0.1:0", "its directory does not exist: create it"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServed(t)
			s.configure(fmt.Sprintf("state: %q", c.state), "")
			config := filepath.Join(s.dir, "syncd.yaml")
			text, err := os.ReadFile(config)
			if err != nil {
				t.Fatal(err)
			}
			write(t, config, strings.Replace(string(text), "listen: 127.0.0.1:0", "listen: "+c.listen, 1))
			s.begin()
			s.stops(exitFailed)
			log := s.stderr.String()
			if !strings.Contains(log, c.want) || strings.Contains(log, "started") || strings.Contains(log, "hunter22") {
				t.Errorf("got\n%swant %q", log, c.want)
			}
		})
	}
}

// TestServeTellsSystemd is systemd, which waits for READY=1.
func TestServeTellsSystemd(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	s.configure("", "")
	saveRows(t, s.dir, map[string]string{"C-001": "Ada"})
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(s.dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	s.env = []string{"NOTIFY_SOCKET=" + socket.LocalAddr().String()}
	told := func(want string) {
		t.Helper()
		message := make([]byte, 100)
		_ = socket.SetReadDeadline(time.Now().Add(time.Minute))
		if n, err := socket.Read(message); err != nil || string(message[:n]) != want {
			t.Errorf("systemd was told %q, %v, want %q", message[:n], err, want)
		}
	}
	s.start()
	told("READY=1")
	s.signal(syscall.SIGTERM)
	told("STOPPING=1")
	s.stops(exitDone)
}

// TestServeQuitsAtOnce sends a second signal while Quo does not answer.
func TestServeQuitsAtOnce(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	s.configure("", "")
	saveRows(t, s.dir, map[string]string{"C-001": "Ada"})
	var asked atomic.Bool
	s.workspace.OnRequest(func(_ int, r *http.Request) {
		if r.Method == http.MethodPost { // what reads is given up at once
			asked.Store(true)
			<-r.Context().Done()
		}
	})
	s.start()
	s.until("a write is under way", asked.Load)
	s.signal(syscall.SIGTERM)
	s.logs("once more quits at once")
	s.signal(syscall.SIGTERM)
	s.stops(exitQuit)
}
