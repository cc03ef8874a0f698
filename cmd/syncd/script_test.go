package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"flag"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/rogpeppe/go-internal/testscript"

	"syncd/internal/pgtest"
	"syncd/internal/quo/quosim"
)

var update = flag.Bool("update", false, "rewrite the expected outputs")

// TestMain is syncd itself when the test's binary is called by that name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "syncd" {
		main()
	}
	os.Exit(m.Run())
}

// TestScripts runs the scripts of testdata/script. Besides the usual commands they have
//
//	syncd [=CODE] ARGS...    runs syncd, demands its exit code (0 without =CODE) and that it prints no control characters
//	until TEXT ARGS...       runs syncd until it prints the text
//	contact VAR KEY          sets a variable to the id of the contact with that external id in quo.json; - is the only one
//	serve                    serves a workspace that accepts the-right-secret-key, and sets QUO_URL
//	port VAR                 sets a variable to a port of this machine that is free
//	listening PORT           waits until something listens there
//	hostile MORE             writes a rows.csv full of what terminals obey
//	database VAR             sets a variable to the URL of a new Postgres database
//	sql URL TEXT             runs SQL on a database, and prints the rows of the last query, their columns joined by bars
//	role VAR URLVAR URL      makes a role without rights, and sets variables to its name and its URL of the database
//	sheet WHAT ARGS...       is what people do with a Google Sheet, see sheetCommands
//	rows FROM TO [EXTRA...]  writes rows.csv with the keys C-FROM to C-TO, and lines EXTRA
//
// In what syncd prints, times, durations and ids are replaced by words, so that it can be compared.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("TZ", "UTC")
			env.Values["sheet"] = &scriptSheet{}
			if err := installSyncd(env); err != nil {
				return err
			}
			for _, name := range []string{"syncd.yaml", "rows.csv"} {
				shared, err := os.ReadFile(filepath.Join("testdata", name))
				if err != nil {
					return err
				}
				if _, err := os.Stat(filepath.Join(env.WorkDir, name)); err == nil {
					continue // the script brings its own
				}
				if err := os.WriteFile(filepath.Join(env.WorkDir, name), shared, 0o600); err != nil {
					return err
				}
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"syncd": scriptSyncd, "until": scriptUntil, "contact": scriptContact, "rows": scriptRows,
			"database": func(ts *testscript.TestScript, _ bool, args []string) { ts.Setenv(args[0], pgtest.Database(t)) },
			"sql":      scriptSQL, "role": scriptRole,
			"sheet": scriptSheetCommand,
			"serve": scriptServe, "hostile": scriptHostile, "port": scriptPort, "listening": scriptListening,
		},
	})
}

func scriptSQL(ts *testscript.TestScript, _ bool, args []string) {
	rows, err := pgtest.Query(args[0], strings.Join(args[1:], " "))
	ts.Check(err)
	for _, row := range rows {
		ts.Stdout().Write([]byte(row + "\n"))
	}
}

func scriptRole(ts *testscript.TestScript, _ bool, args []string) {
	name := "syncd_test_" + strings.ToLower(rand.Text())
	_, err := pgtest.Query(args[2], "CREATE ROLE "+name+" LOGIN")
	ts.Check(err)
	ts.Defer(func() {
		if _, err := pgtest.Query(args[2], "DROP OWNED BY "+name+"; DROP ROLE "+name); err != nil {
			ts.Logf("role %s: %v", name, err)
		}
	})
	u, err := url.Parse(args[2])
	ts.Check(err)
	u.User = url.User(name)
	ts.Setenv(args[0], name)
	ts.Setenv(args[1], u.String())
}

// binDir is where a script finds syncd.
const binDir = ".bin"

func installSyncd(env *testscript.Env) error {
	binary, err := os.Executable()
	if err != nil {
		return err
	}
	dir := filepath.Join(env.WorkDir, binDir)
	env.Setenv("PATH", dir+string(filepath.ListSeparator)+env.Getenv("PATH"))
	return errors.Join(os.Mkdir(dir, 0o700), os.Symlink(binary, filepath.Join(dir, "syncd")))
}

func scriptSyncd(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("write the exit code, as in: syncd =1 status")
	}
	want := 0
	if len(args) > 0 && strings.HasPrefix(args[0], "=") {
		code, err := strconv.Atoi(args[0][1:])
		ts.Check(err)
		want, args = code, args[1:]
	}
	code, stdout, stderr := execSyncd(ts, args)
	ts.Stdout().Write([]byte(stdout))
	ts.Stderr().Write([]byte(stderr))
	if code != want {
		ts.Fatalf("exit code %d, want %d\n%s%s", code, want, stdout, stderr)
	}
	if i := strings.IndexFunc(stdout+stderr, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }); i >= 0 {
		ts.Fatalf("a control character in the output: %q", (stdout + stderr)[i:min(i+20, len(stdout+stderr))])
	}
}

func scriptUntil(ts *testscript.TestScript, _ bool, args []string) {
	var stdout, stderr string
	for range 200 {
		if _, stdout, stderr = execSyncd(ts, args[1:]); strings.Contains(stdout+stderr, args[0]) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("%q is not printed:\n%s%s", args[0], stdout, stderr)
}

func scriptContact(ts *testscript.TestScript, _ bool, args []string) {
	workspace, err := quosim.New(quosim.Options{File: ts.MkAbs("quo.json")})
	ts.Check(err)
	defer workspace.Close()
	all := workspace.Contacts()
	if args[1] == "-" && len(all) == 1 {
		ts.Setenv(args[0], all[0].ID)
		return
	}
	for _, c := range all {
		if c.ExternalID != nil && *c.ExternalID == args[1] {
			ts.Setenv(args[0], c.ID)
			return
		}
	}
	ts.Fatalf("no contact has the key %s", args[1])
}

func scriptRows(ts *testscript.TestScript, _ bool, args []string) {
	from, err := strconv.Atoi(args[0])
	ts.Check(err)
	to, err := strconv.Atoi(args[1])
	ts.Check(err)
	lines := []string{"id,First,Last,Title,Phone,lead"}
	for i := from; i <= to; i++ {
		lines = append(lines, "C-"+strconv.Itoa(i)+",Name "+strconv.Itoa(i)+",,,,")
	}
	content := strings.Join(append(lines, args[2:]...), "\n") + "\n"
	ts.Check(os.WriteFile(ts.MkAbs("rows.csv"), []byte(content), 0o600))
}

func scriptServe(ts *testscript.TestScript, _ bool, _ []string) {
	workspace, err := quosim.New(quosim.Options{Keys: []string{"the-right-secret-key"}, RequestsPerSecond: -1})
	ts.Check(err)
	server := httptest.NewServer(workspace)
	ts.Defer(server.Close)
	ts.Setenv("QUO_URL", server.URL)
}

func scriptPort(ts *testscript.TestScript, _ bool, args []string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	ts.Check(err)
	ts.Setenv(args[0], port)
	ts.Check(listener.Close())
}

func scriptListening(ts *testscript.TestScript, _ bool, args []string) {
	for range 200 {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+args[0]); err == nil {
			ts.Check(conn.Close())
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("nothing listens on port %s", args[0])
}

func scriptHostile(ts *testscript.TestScript, _ bool, args []string) {
	title := strings.Join(args, "")
	content := "id,First,Last,Title,Phone,lead\n" +
		"C-1,\"\x1b[2J\x1b]0;owned\a\",\u202egnp.exe," + title + ",,\u009b31mred\n" +
		"C-2,Bob,\"two\nlines\",,\x1b[31m12,\n" +
		"\x1b[1mC-3,Cid,,,,\n"
	ts.Check(os.WriteFile(ts.MkAbs("rows.csv"), []byte(content), 0o600))
}

func execSyncd(ts *testscript.TestScript, args []string) (code int, stdout, stderr string) {
	cmd := exec.Command(filepath.Join(ts.Getenv("WORK"), binDir, "syncd"), args...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"TZ", "HOME", "TMPDIR", "QUO_API_KEY", "QUO_URL", "GOCOVERDIR", "NO_COLOR", "STATE", "SHEETS_URL", "CRM_URL", "SHEET"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		ts.Fatalf("%v", err)
	}
	return cmd.ProcessState.ExitCode(), comparable(ts, out.String()), comparable(ts, errOut.String())
}

// changing are the parts of the output that differ from run to run, and what stands for them.
var changing = []struct {
	pattern *regexp.Regexp
	word    string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT[\d:.]+Z`), "TIME"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`), "0000-00-00 00:00:00"}, // of the same width
	{regexp.MustCompile(`\b\d\d:\d\d( on \d+ [A-Z][a-z]+)?(:\d\d)?( keeps|$)`), "HH:MM$3"},
	{regexp.MustCompile(`TOOK +`), "TOOK  "},
	{regexp.MustCompile(`(\d+ ms|\d+\.\d s)  +`), "0 s   "},
	{regexp.MustCompile(`\d+ ms|\d+\.\d s`), "0 s"},
	{regexp.MustCompile(`in the last run, \d+\.\d a second`), "in the last run"}, // of one that took a second or more
	{regexp.MustCompile(`trace \d+`), "trace 0"},
	{regexp.MustCompile(`\b[0-9a-f]{24}\b`), "000000000000000000000000"},
	{regexp.MustCompile(`\S+/syncd-pg-\d+:\d+/syncd_test_\w+`), "HOST:PORT/DATABASE"},
	{regexp.MustCompile(`http://127\.0\.0\.1:\d+`), "http://127.0.0.1:PORT"},
}

func comparable(ts *testscript.TestScript, output string) string {
	output = strings.ReplaceAll(output, ts.Getenv("WORK"), "WORK")
	for _, c := range changing {
		output = c.pattern.ReplaceAllString(output, c.word)
	}
	return output
}
