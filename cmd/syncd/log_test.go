package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// logKeys are all keys of the log. docs/operations.md describes them.
var logKeys = []string{
	"time", "level", "msg", "sync", "run", "err", "status", "seconds", "created", "updated", "deleted", "source_created",
	"source_updated", "source_deleted", "held", "conflicts", "problems", "key", "side", "op", "contact", "reason",
	"version", "syncs", "address", "panic", "stack",
}

// checkLog checks that every line of a JSON log is made of known keys, and that those of a run name it and its sync.
func checkLog(t *testing.T, log string) {
	t.Helper()
	var messages []string
	inRun := false
	for line := range strings.Lines(log) {
		if strings.HasPrefix(line, "syncd: stopping after ") { // to who pressed the keys
			continue
		}
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("%v: %s", err, line)
			continue
		}
		for key := range entry {
			if !slices.Contains(logKeys, key) {
				t.Errorf("unknown key %s: %s", key, line)
			}
		}
		message, _ := entry["msg"].(string)
		messages = append(messages, message)
		inRun = inRun || message == "run started"
		if inRun && !strings.HasPrefix(message, "configuration ") && (entry["sync"] == nil || entry["run"] == nil) {
			t.Errorf("a line of a run says not which: %s", line)
		}
		inRun = inRun && message != "run ended"
	}
	for _, want := range []string{"run started", "run ended"} {
		if !slices.Contains(messages, want) {
			t.Errorf("no line says %q", want)
		}
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	s := newServed(t)
	s.configure("", "")
	saveRows(t, s.dir, map[string]string{"C-001": "Ada", "C-003": "Andr\xe9"}) // whose encoding has to be guessed
	warnings := 0
	for level, wantKeys := range map[string]bool{"debug": true, "info": false} {
		s.once("--log-level", level)
		log := s.stderr.String()
		checkLog(t, log)
		warnings += strings.Count(log, `"WARN"`)
		if strings.Contains(log, `"key":"C-00`) != wantKeys {
			t.Errorf("%s: are there keys of records? want %v:\n%s", level, wantKeys, log)
		}
		if strings.Contains(log, "Ada") || strings.Contains(log, "a-secret-key") {
			t.Errorf("%s: the log has a value or a secret:\n%s", level, log)
		}
		saveRows(t, s.dir, map[string]string{"C-001": "Ada", "C-002": "Ada", "C-003": "Andr\xe9"}) // so that the next run has something to do
	}
	if warnings != 1 {
		t.Errorf("the encoding was warned of %d times, want once", warnings)
	}
}
