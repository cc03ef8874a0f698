package pgtest

import (
	"bufio"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// running is the server of this test process.
var running struct {
	sync.Mutex
	url  string
	err  error
	cmd  *exec.Cmd
	hold *os.File // the server stops when this is closed, and so when this process is killed
}

// server returns the URL of a server, which is started when the first test asks for it.
func server(t testing.TB) string {
	t.Helper()
	running.Lock()
	defer running.Unlock()
	if running.url == "" && running.err == nil {
		if running.url = os.Getenv(Variable); running.url == "" {
			running.url, running.err = start()
		}
	}
	if running.err != nil {
		t.Fatalf("pgtest: %v\nThese tests need PostgreSQL: apt-get install postgresql, or put the directory of initdb and pg_ctl "+
			"into PGBIN, or the URL of a server whose user may create databases into %s.", running.err, Variable)
	}
	return running.url
}

// script starts a server in the directory $1 with the binaries in $2, says so, and stops it when its input ends, also
// when nobody is there any more to hear it. Nothing of it has to outlive a power cut.
const script = `
trap '' PIPE
directory=$1 bin=$2
clean() { rm -rf "$directory"; }
"$bin/initdb" -D "$directory/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$directory/log" 2>&1 &&
"$bin/pg_ctl" start -w -D "$directory/data" -l "$directory/log" -o "-k '$directory' -c listen_addresses= -c fsync=off \
	-c synchronous_commit=off -c full_page_writes=off -c max_connections=300 -c max_wal_size=4GB" >>"$directory/log" 2>&1 ||
	{ tail -5 "$directory/log" | tr '\n' ' '; clean; exit 1; }
echo ready 2>/dev/null
while read -r _; do :; done
"$bin/pg_ctl" stop -m immediate -D "$directory/data" >/dev/null 2>&1
clean
`

// Start starts a server for a program that is no test, and returns its URL and what stops it.
func Start() (address string, stopIt func() error, err error) {
	running.Lock()
	defer running.Unlock()
	address, err = start()
	return address, stop, err
}

func start() (string, error) {
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	owner, err := unprivileged()
	if err != nil {
		return "", err
	}
	directory, err := socketDirectory(owner)
	if err != nil {
		return "", err
	}
	input, hold, err := os.Pipe()
	if err != nil {
		return "", err
	}
	cmd := exec.Command("/bin/sh", "-c", script, "sh", directory, bin)
	cmd.Dir, cmd.Stdin = directory, input
	cmd.Env = []string{"PATH=" + os.Getenv("PATH") + ":/usr/bin:/bin", "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: owner} // not stopped by the terminal's ^C
	output, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return "", err
	}
	input.Close()
	running.cmd, running.hold = cmd, hold
	said, err := bufio.NewReader(output).ReadString('\n')
	if said != "ready\n" {
		return "", errors.Join(fmt.Errorf("the server of %s does not start: %s", bin, said), err, stopRunning())
	}
	return "postgres://postgres@/postgres?host=" + url.QueryEscape(directory), nil
}

// stop stops the server of this test process.
func stop() error {
	running.Lock()
	defer running.Unlock()
	return stopRunning()
}

func stopRunning() error {
	if running.cmd == nil {
		return nil
	}
	running.hold.Close()
	err := running.cmd.Wait()
	running.cmd = nil
	return err
}

// binaries returns the directory of the server's programs.
func binaries() (string, error) {
	directories := []string{os.Getenv("PGBIN")}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		directories = append(directories, strings.TrimSpace(string(out)))
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		directories = append(directories, filepath.Dir(path))
	}
	for _, directory := range append(directories, newest("/usr/lib/postgresql/*/bin")) {
		if directory != "" && complete(directory) {
			return directory, nil
		}
	}
	return "", errors.New("there are no initdb, pg_ctl and postgres on this machine")
}

func complete(directory string) bool {
	for _, name := range []string{"initdb", "pg_ctl", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(directory, name)); err != nil {
			return false
		}
	}
	return true
}

// newest returns the directory with the greatest version in place of the star, "" when there is none.
func newest(pattern string) (best string) {
	found, _ := filepath.Glob(pattern) // the pattern is right
	greatest := 0.0
	for _, directory := range found {
		version, err := strconv.ParseFloat(filepath.Base(filepath.Dir(directory)), 64)
		if err == nil && version > greatest {
			best, greatest = directory, version
		}
	}
	return best
}

// unprivileged returns whom the server runs as when root runs the tests, for it refuses to run as root; else nil.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(account.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(account.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

// longestSocket is how long the name of a socket's directory may be, with room for the socket's own.
const longestSocket = 80

// socketDirectory makes a directory that only the server's user can read.
func socketDirectory(owner *syscall.Credential) (string, error) {
	directory, err := os.MkdirTemp("", "syncd-pg-")
	if err == nil && (len(directory) > longestSocket || !reachable(directory)) {
		os.Remove(directory)
		directory, err = os.MkdirTemp("/tmp", "syncd-pg-")
	}
	if err == nil && owner != nil {
		err = os.Chown(directory, int(owner.Uid), int(owner.Gid))
	}
	return directory, err
}

// reachable reports whether everybody may pass through the directories above one.
func reachable(directory string) bool {
	for directory != "/" {
		directory = filepath.Dir(directory)
		if info, err := os.Stat(directory); err != nil || info.Mode()&0o001 == 0 {
			return false
		}
	}
	return true
}
