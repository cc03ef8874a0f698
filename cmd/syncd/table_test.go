package main

import (
	"crypto/rand"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"syncd/internal/pgtest"
	"syncd/internal/quo/quosim"
)

// TestPostgresPage does what docs/sources/postgres.md says, from its first block to its last.
func TestPostgresPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/sources/postgres.md")
	if err != nil {
		t.Fatal(err)
	}
	database := pgtest.Database(t)
	role := "syncd_test_" + strings.ToLower(rand.Text())
	for _, sql := range fenced(string(page), "sql") {
		pgtest.Execute(t, database, regexp.MustCompile(`\b(TO|ROLE) syncd\b`).ReplaceAllString(sql, "$1 "+role))
	}
	t.Cleanup(func() { pgtest.Execute(t, database, "DROP OWNED BY "+role+"; DROP ROLE "+role) })
	pgtest.Execute(t, database, `INSERT INTO crm.contacts (id, first_name, phone, interests, active) VALUES
		('C-1', 'Ann', '415-555-0100', '{Email,Ads}', true), ('C-2', 'Bob', '+14155550101', NULL, true), ('C-3', 'Cid', NULL, NULL, false)`)
	configs := fenced(string(page), "yaml")
	if len(configs) != 1 {
		t.Fatalf("%d configurations, want one", len(configs))
	}
	workspace, err := quosim.New(quosim.Options{Keys: []string{"key"}, RequestsPerSecond: -1})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(workspace)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	config := strings.Replace(configs[0], "quo: {", "quo: {base_url: "+server.URL+", requests_per_second: 1000, ", 1)
	if err := os.WriteFile(filepath.Join(dir, "syncd.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword(role, "choose one")
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, filepath.Join(dir, "syncd")); err != nil {
		t.Fatal(err)
	}
	syncd := func(args ...string) string {
		cmd := exec.Command(filepath.Join(dir, "syncd"), args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "CRM_URL="+address.String(), "QUO_API_KEY=key")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("syncd %q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"plan"}, "customers: 2 creates in Quo, 2 rows to mark"},
		{[]string{"run", "--once"}, "customers: 2 contacts created in Quo"},
		{[]string{"run", "--once"}, "customers: nothing to do: 2 unchanged"},
	} {
		if got := syncd(step.args...); !strings.Contains(got, step.want) {
			t.Errorf("syncd %q printed\n%swant %q", step.args, got, step.want)
		}
	}
	rows, err := pgtest.Query(database, "SELECT id, quo_status, quo_id IS NOT NULL FROM crm.contacts ORDER BY id")
	if got := strings.Join(rows, "\n"); err != nil || got != "C-1|synced|t\nC-2|synced|t\nC-3||f" {
		t.Errorf("the rows are\n%s\n%v", got, err)
	}
}

// fenced returns the blocks of a language, without their indent.
func fenced(page, language string) []string {
	var blocks []string
	for _, m := range regexp.MustCompile("(?ms)^( *)```"+language+"\n(.*?)^ *```$").FindAllStringSubmatch(page, -1) {
		blocks = append(blocks, regexp.MustCompile("(?m)^"+m[1]).ReplaceAllString(m[2], ""))
	}
	return blocks
}
