package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"syncd/internal/quo/quosim"
)

// TestKill kills the real process with SIGKILL at random moments, edits the file in between, and checks that nothing is
// lost or doubled once a run ends by itself. The seed is printed.
func TestKill(t *testing.T) {
	t.Parallel()
	rng, binary, workspace := newKilled(t, `
    direction: to-quo
    source: {csv: {path: rows.csv, key: id}}
    fields: {firstName: First, phoneNumbers: {mobile: Phone}}
    deletes: {grace: "0s"}`)
	dir := filepath.Dir(binary)
	rows := map[string]string{}
	for i := range 150 {
		rows[fmt.Sprintf("C-%03d", i)] = fmt.Sprintf("Name %d", i)
	}
	for i := range kills {
		for range 15 {
			rows[fmt.Sprintf("C-%03d", rng.IntN(150+10*i))] = fmt.Sprintf("Name %d", rng.IntN(1e6))
			delete(rows, fmt.Sprintf("C-%03d", rng.IntN(150)))
		}
		saveRows(t, dir, rows)
		killAfter(t, exec.Command(binary, "run", "--once"), dir, time.Duration(rng.IntN(1200))*time.Millisecond)
	}
	waitUntilAgreed(t, binary, dir)
	checkContacts(t, workspace, rows)
}

// newKilled makes the binary of syncd, a workspace that it syncs with, and a configuration beside it. The seed of the
// chance that it returns is printed.
func newKilled(t *testing.T, sync string) (rng *rand.Rand, binary string, workspace *quosim.Workspace) {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	workspace, err := quosim.New(quosim.Options{RequestsPerSecond: -1})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(workspace)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "syncd.yaml"), fmt.Sprintf(`quo: {api_key: sandbox, base_url: %q, requests_per_second: 150}
lease: 1s
region: US
syncs:
  - name: customers
    brake: {deletes: 90%%, updates: 100%%, creates: 100%%}`, server.URL)+sync)
	binary = filepath.Join(dir, "syncd")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return rand.New(rand.NewPCG(seed, 0)), binary, workspace
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func saveRows(t *testing.T, dir string, rows map[string]string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("id,First,Phone\n")
	for key, name := range rows {
		fmt.Fprintf(&b, "%s,%s,415-555-0%s\n", key, name, key[2:])
	}
	write(t, filepath.Join(dir, "rows.new"), b.String())
	if err := os.Rename(filepath.Join(dir, "rows.new"), filepath.Join(dir, "rows.csv")); err != nil {
		t.Fatal(err)
	}
}

// pastLease is how long after a process died another one may run the sync.
const pastLease = 1100 * time.Millisecond

// killAfter starts the process and kills it, unless it ends before, and waits until its lease is over.
func killAfter(t *testing.T, cmd *exec.Cmd, dir string, after time.Duration) {
	t.Helper()
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { cmd.Process.Kill() }) //nolint:errcheck // it may have ended
	defer timer.Stop()
	if err := cmd.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	t.Logf("killed or ended after %v: %v", after, cmd.ProcessState)
	if cmd.ProcessState.ExitCode() < 0 {
		time.Sleep(pastLease)
	}
}

// waitUntilAgreed runs the process until a run has nothing to do.
func waitUntilAgreed(t *testing.T, binary, dir string) {
	t.Helper()
	for range 20 {
		time.Sleep(pastLease)
		cmd := exec.Command(binary, "run", "--once", "-o", "json")
		cmd.Dir = dir
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		var report struct {
			Syncs []struct {
				Created, Updated, Deleted, Stale, Marked int
				SourceCreated                            int `json:"source_created"`
				SourceUpdated                            int `json:"source_updated"`
				Problems                                 []json.RawMessage
			}
		}
		if jsonErr := json.Unmarshal(stdout.Bytes(), &report); jsonErr != nil || len(report.Syncs) != 1 {
			t.Fatalf("report %q: %v, %v\n%s", stdout.String(), err, jsonErr, stderr.String())
		}
		s := report.Syncs[0]
		if err == nil && s.Created+s.Updated+s.Deleted+s.Stale+s.Marked+s.SourceCreated+s.SourceUpdated+len(s.Problems) == 0 {
			return
		}
	}
	t.Fatal("20 runs after the last kill, there is still something to do")
}

func checkContacts(t *testing.T, workspace *quosim.Workspace, rows map[string]string) {
	t.Helper()
	seen := map[string]bool{}
	for _, c := range workspace.Contacts() {
		switch {
		case c.ExternalID == nil || c.FirstName == nil:
			t.Errorf("contact %s has no external id or no name", c.ID)
		case seen[*c.ExternalID]:
			t.Errorf("two contacts have the key %s", *c.ExternalID)
		case rows[*c.ExternalID] == "":
			t.Errorf("contact %s has no row", *c.ExternalID)
		case rows[*c.ExternalID] != *c.FirstName:
			t.Errorf("contact %s: %q in Quo, %q in the file", *c.ExternalID, *c.FirstName, rows[*c.ExternalID])
		default:
			seen[*c.ExternalID] = true
		}
	}
	for key := range rows {
		if !seen[key] {
			t.Errorf("row %s has no contact", key)
		}
	}
}
