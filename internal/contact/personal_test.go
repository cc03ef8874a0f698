package contact

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestAnonymous(t *testing.T) {
	cause := errors.New("not JSON")
	went := &RecordError{Key: "C-1", What: "the row of key %s went"}
	entry := &RecordError{Key: "C-2", What: "journal entry of key %s", Err: cause}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"nobody":   {cause, "not JSON"},
		"a record": {went, "the row of key … went"},
		"wrapped":  {fmt.Errorf("state: %w", entry), "state: journal entry of key …: not JSON"},
		"joined":   {errors.Join(went, fmt.Errorf("too: %w", entry)), "the row of key … went\ntoo: journal entry of key …: not JSON"},
		"within another": {&RecordError{Key: "C-3", What: "update of %s", Err: fmt.Errorf("again: %w", entry)},
			"update of …: again: journal entry of key …: not JSON"},
	} {
		if got := Anonymous(c.err); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	if text := entry.Error(); !strings.Contains(text, "C-2") || !errors.Is(entry, cause) {
		t.Errorf("got %q, which should name the record and wrap its cause", text)
	}
}
