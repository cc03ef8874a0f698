package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const secret = "hunter2"

// environment is what the files of testdata may refer to.
func environment(name string) (string, bool) {
	value, ok := map[string]string{"QUO_API_KEY": "key", "CRM_URL": "postgres://crm@db/crm", "SECRET": secret, "EMPTY": ""}[name]
	return value, ok
}

// Every file of testdata/bad has, beside it, the errors that Load reports.
func TestLoadBad(t *testing.T) {
	t.Chdir(filepath.Join("testdata", "bad"))
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, path := range files {
		t.Run(path, func(t *testing.T) {
			_, err := Load(path, environment)
			if err == nil {
				t.Fatal("no error")
			}
			got, golden := err.Error()+"\n", strings.TrimSuffix(path, ".yaml")+".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("errors differ (-want +got):\n%s", diff)
			}
			if strings.Contains(got, secret) {
				t.Error("the errors show the secret")
			}
		})
	}
}
