// Package examples_test shows that README.md tells the truth.
package examples_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/config"
)

var update = flag.Bool("update", false, "write into README.md what its commands print")

const readme = "../README.md"

// TestTranscripts runs the commands of README.md's console blocks, from the first one to the last, on a fresh copy of the
// demo, and compares what they print.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	compareTranscripts(t, readme, newShell(t))
}

const firstHour = "../docs/first-hour.md"

// TestFirstHour does the same with docs/first-hour.md, in the directory that its first block makes.
func TestFirstHour(t *testing.T) {
	t.Parallel()
	setup := blocks("sh").FindStringSubmatch(read(t, firstHour))
	if setup == nil || !strings.Contains(setup[1], "\ngo build -o hour/ ./cmd/syncd\n") {
		t.Fatal("no block marked as sh that builds syncd")
	}
	dir := filepath.Join(t.TempDir(), "hour")
	for line := range strings.Lines(setup[1]) {
		if strings.HasPrefix(line, "go run ") {
			command(t, "sh", "-ec", "cd .. && "+regexp.MustCompile(`\bhour\b`).ReplaceAllLiteralString(line, dir))
		}
	}
	compareTranscripts(t, firstHour, &shell{t, dir, environment(t)})
}

func compareTranscripts(t *testing.T, file string, shell *shell) {
	t.Helper()
	text := read(t, file)
	commands := 0
	got := blocks("console").ReplaceAllStringFunc(text, func(block string) string {
		var b strings.Builder
		b.WriteString("```console\n")
		for _, step := range steps(block) {
			commands++
			b.WriteString("$ " + step.command + "\n")
			if out := shell.run(step.command); masked(out) != masked(step.output) {
				b.WriteString(out)
			} else {
				b.WriteString(step.output)
			}
		}
		return b.String() + "```\n"
	})
	if commands < 5 {
		t.Errorf("%d commands found: are the blocks marked as console?", commands)
	}
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(text, got); diff != "" {
		t.Errorf("%s (-said +printed; go test ./examples -update writes it):\n%s", file, diff)
	}
}

// The configurations that README.md shows are ones that syncd takes. Those after the first leave out the workspace.
func TestConfiguration(t *testing.T) {
	shown := blocks("yaml").FindAllStringSubmatch(read(t, readme), -1)
	if len(shown) < 2 {
		t.Fatalf("%d yaml blocks, want several", len(shown))
	}
	for _, block := range shown {
		text := block[1]
		if !strings.Contains(text, "quo:") {
			text = "quo: {api_key: key}\n" + text
		}
		file := filepath.Join(t.TempDir(), "syncd.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := config.Load(file, variables); err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
	}
}

// variables are those of the environment that the configurations name.
func variables(name string) (string, bool) {
	if name == "CRM_URL" {
		return "postgres://syncd@db.example.com/crm", true
	}
	return "key", true
}

// README.md names each command that there is.
func TestCommands(t *testing.T) {
	text := read(t, readme)
	_, list, _ := strings.Cut(newShell(t).run("syncd --help"), "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	commands := regexp.MustCompile(`(?m)^  (\w+)`).FindAllStringSubmatch(list, -1)
	if len(commands) < 10 {
		t.Fatalf("%d commands found in\n%s", len(commands), list)
	}
	for _, c := range commands {
		if c[1] != "help" && !regexp.MustCompile("`"+c[1]+"[ `]").MatchString(text) {
			t.Errorf("README.md does not name the command %s", c[1])
		}
	}
}

// blocks matches the fenced blocks of a language; the first group is the content.
func blocks(language string) *regexp.Regexp {
	return regexp.MustCompile("(?ms)^```" + language + "\n(.*?)^```\n")
}

// step is one command, of several lines when they end in a backslash, and what it prints.
type step struct{ command, output string }

func steps(block string) []step {
	var all []step
	for _, part := range regexp.MustCompile(`(?m)^\$ `).Split(blocks("console").FindStringSubmatch(block)[1], -1)[1:] {
		command, output, _ := strings.Cut(part, "\n")
		for strings.HasSuffix(command, `\`) {
			var more string
			more, output, _ = strings.Cut(output, "\n")
			command += "\n" + more
		}
		all = append(all, step{command, output})
	}
	return all
}

// masked hides what differs from run to run: times, durations and the ids that Quo gives.
func masked(output string) string {
	for pattern, mask := range map[string]string{
		`in the last run, \d+\.\d a second`: "in the last run",
		`(\d+ min )?\d+(\.\d)? m?s\b`:       "0.0 s",
		`\d{4}-\d\d-\d\d`:                   "2006-01-02",
		`\d\d:\d\d(:\d\d)?`:                 "15:04",
		`\b[0-9a-f]{24}\b`:                  "0123456789abcdef01234567",
		`127\.0\.0\.1:\d+`:                  "127.0.0.1:0",
	} {
		output = regexp.MustCompile(pattern).ReplaceAllString(output, mask)
	}
	return regexp.MustCompile(` {2,}`).ReplaceAllString(output, "  ") // columns are as wide as what is masked
}

// shell is where the commands run: a directory with the examples as the repository ships them, and syncd in its path.
type shell struct {
	t   *testing.T
	dir string
	env []string
}

func newShell(t *testing.T) *shell {
	t.Helper()
	dir := t.TempDir()
	demo := filepath.Join(dir, "examples", "demo")
	if err := os.MkdirAll(demo, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"syncd.yaml":    read(t, "syncd.yaml"),
		"customers.csv": command(t, "go", "run", "./gen"), // a person who tried the demo has edited the file
	} {
		if err := os.WriteFile(filepath.Join(dir, "examples", name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &shell{t, dir, environment(t)}
}

// environment is that of the commands, with syncd in the path.
func environment(t *testing.T) []string {
	t.Helper()
	bin, err := syncd()
	if err != nil {
		t.Fatal(err)
	}
	return append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "TZ=UTC")
}

// bin is where syncd is built.
var bin string

// syncd builds syncd, once for all tests, and returns its directory.
var syncd = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("go", "build", "-buildvcs=false", "-o", filepath.Join(bin, "syncd"), "../cmd/syncd").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, err
})

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

// run runs the tests and removes what they built.
func run(m *testing.M) (code int) {
	var err error
	if bin, err = os.MkdirTemp("", "syncd-examples-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(bin) //nolint:errcheck // it lies among temporary files
	return m.Run()
}

// run returns what a command line prints, and fails the test when it fails.
func (s *shell) run(line string) string {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "sh", "-c", strings.ReplaceAll(line, "go run ./cmd/syncd", "syncd"))
	cmd.Dir, cmd.Env = s.dir, s.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Errorf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, stderr.String())
	}
	return string(out)
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
