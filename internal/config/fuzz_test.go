package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever stands in the file, Load gives a usable Config or says what is wrong where, and never a secret.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(files, examplePath) {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if !strings.Contains(string(data), secret) { // there it is text, and text is shown
			f.Add(data)
		}
	}
	path := filepath.Join(f.TempDir(), "syncd.yaml")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(path, environment)
		if err != nil {
			problems := (*Error)(nil)
			if !errors.As(err, &problems) || len(problems.Problems) == 0 {
				t.Fatalf("no problems in %v", err)
			}
			for _, p := range problems.Problems {
				if p.Message == "" || p.Line < 0 || p.Line > len(data)+2 {
					t.Errorf("problem %+v", p)
				}
			}
			if !strings.Contains(string(data), secret) && strings.Contains(err.Error(), secret) {
				t.Errorf("the errors show the secret:\n%v", err)
			}
			return
		}
		if len(c.Syncs) == 0 {
			t.Fatal("no syncs")
		}
		for _, s := range c.Syncs {
			if s.Name == "" || s.Label == "" || s.Source.Kind() == "" || len(s.Fields) == 0 || (s.Location == nil) != (s.Timezone == "") {
				t.Errorf("sync %+v", s)
			}
			if _, err := ParseSchedule(s.Schedule); err != nil {
				t.Errorf("schedule %q: %v", s.Schedule, err)
			}
		}
	})
}

func FuzzParseDuration(f *testing.F) {
	for _, text := range []string{"90d", "1d12h", "30s", "-1s", "1d-1h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := parseDuration(text); err == nil && (d < 0 || d > maxDuration) {
			t.Errorf("%q: got %v", text, d)
		}
	})
}
