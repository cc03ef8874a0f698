package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"syncd/internal/pgtest"
)

// skewVariable says how far the clock of a syncd is ahead that skewedSyncd built.
const skewVariable = "SYNCD_TEST_SKEW"

// skewedNow is put into Go's own library. The monotonic clock stays as it is, as it does when somebody sets a clock.
const skewedNow = `
var testSkew = sync.OnceValue(func() int64 {
	text, _ := syscall.Getenv("` + skewVariable + `")
	d, _ := ParseDuration(text)
	return int64(d / Second)
})
`

// skewedSyncd builds a syncd whose clock is as far ahead as skewVariable says. Where nothing of it is in Go's cache it takes
// some minutes, for all of the library is built.
func skewedSyncd(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		out, err := exec.Command("go", args...).Output()
		if err != nil {
			t.Fatalf("go %q: %v", args, err)
		}
		return strings.TrimSpace(string(out))
	}
	original := filepath.Join(run("env", "GOROOT"), "src", "time", "time.go")
	source, err := os.ReadFile(original)
	if err != nil {
		t.Fatal(err)
	}
	const asked = "\tsec, nsec, mono := runtimeNow()\n\tif mono == 0 {\n"
	before, after, found := strings.Cut(string(source), asked)
	if !found {
		t.Fatalf("%s is another one than this test changes", original)
	}
	head, rest, _ := strings.Cut(before, "import (\n")
	skewed, overlay := filepath.Join(dir, "time.go"), filepath.Join(dir, "overlay.json")
	write(t, skewed, head+"import (\n\t\"sync\"\n\t\"syscall\"\n"+rest+strings.Replace(asked, "\tif", "\tsec += testSkew()\n\tif", 1)+after+skewedNow)
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{original: skewed}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, overlay, string(replace))
	binary := filepath.Join(dir, "syncd")
	run("build", "-overlay", overlay, "-o", binary, ".")
	return binary
}

// minuteAhead returns the URL of a schema of a database whose clock is a minute ahead of the machine's.
func minuteAhead(t *testing.T, database string) string {
	t.Helper()
	pgtest.Execute(t, database, "CREATE SCHEMA ahead")
	pgtest.Execute(t, database, `CREATE FUNCTION ahead.clock_timestamp() RETURNS timestamptz
		LANGUAGE sql VOLATILE AS $$ SELECT pg_catalog.clock_timestamp() + interval '1 minute' $$`)
	return pgtest.With(t, database, "search_path", "ahead,pg_catalog")
}

// ownBinary is the path of this test binary, which is syncd when it is called so.
func ownBinary(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// checkClocks checks that the clocks disagreed as they were meant to.
func (f *fleet) checkClocks() {
	f.Helper()
	now, err := f.store.Now(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	clocks := []string{minutes(time.Until(now))}
	for _, r := range f.replicas {
		var line struct{ Time time.Time }
		lines := strings.Split(strings.TrimSpace(r.log.String()), "\n")
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil {
			f.Fatalf("%v: %s", err, lines[len(lines)-1])
		}
		clocks = append(clocks, minutes(time.Until(line.Time)))
	}
	want := []string{"1m0s", "0s", "0s", "0s"}
	if *skewFlag != 0 {
		want = []string{"0s", minutes(-*skewFlag), "0s", minutes(*skewFlag)}
	}
	if fmt.Sprint(clocks) != fmt.Sprint(want) {
		f.Errorf("the clocks of the state and the replicas are ahead by %v, want %v", clocks, want)
	}
}

func minutes(d time.Duration) string { return d.Round(time.Minute).String() }
