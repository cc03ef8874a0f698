package main

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"syncd/internal/config"
	"syncd/internal/web"
)

// rowsUnder returns the words in code of the first cells of the table under a heading of docs/operations.md, or the first
// cells themselves where they have none.
func rowsUnder(t *testing.T, heading string) (words []string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("there is no heading %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		cell, ok := strings.CutPrefix(line, "| ")
		if !ok || strings.HasPrefix(cell, "---") {
			continue
		}
		cell, _, _ = strings.Cut(cell, " |")
		code := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1)
		for _, match := range code {
			words = append(words, match[1])
		}
		if len(code) == 0 {
			words = append(words, cell)
		}
	}
	return words[1:] // without the table's head
}

func sameWords(t *testing.T, what string, documented, known []string) {
	t.Helper()
	for _, word := range known {
		if !slices.Contains(documented, word) {
			t.Errorf("%s: docs/operations.md does not have %s", what, word)
		}
	}
	for _, word := range documented {
		if !slices.Contains(known, word) {
			t.Errorf("%s: docs/operations.md has %s, which there is not", what, word)
		}
	}
}

func TestOperationsShowsEveryMetric(t *testing.T) {
	described := make(chan *prometheus.Desc)
	go func() {
		web.NewMetrics("1").Registry.Describe(described)
		new(web.StateCollector).Describe(described)
		close(described)
	}()
	var known []string
	name := regexp.MustCompile(`fqName: "(syncd_\w+)"`)
	for d := range described {
		if match := name.FindStringSubmatch(d.String()); match != nil {
			known = append(known, match[1])
		}
	}
	sameWords(t, "metrics", rowsUnder(t, "Metrics"), known)
}

func TestOperationsShowsEveryLogKey(t *testing.T) {
	sameWords(t, "log keys", rowsUnder(t, "Logs"), logKeys)
}

func TestOperationsShowsEveryExitCode(t *testing.T) {
	var known []string
	for _, code := range []int{exitDone, exitFailed, exitUsage, exitStrict, exitHeld, exitLeased, exitQuit} {
		known = append(known, strconv.Itoa(code))
	}
	sameWords(t, "exit codes", rowsUnder(t, "Exit codes"), known)
}

func TestOperationsNamesOptions(t *testing.T) {
	schema, err := config.Schema()
	if err != nil {
		t.Fatal(err)
	}
	keys := rowsUnder(t, "Configuration of the daemon")
	if len(keys) < 9 {
		t.Errorf("the table has %v", keys)
	}
	for _, key := range keys {
		if !strings.Contains(string(schema), strconv.Quote(key)+":") {
			t.Errorf("there is no option %s", key)
		}
	}
}
