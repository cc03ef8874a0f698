package engine

import (
	"slices"
	"testing"
)

func TestCaseless(t *testing.T) {
	c, before := newCaseless(), []string(nil)
	for _, test := range []struct{ key, first string }{
		{"a-1", "a-1"}, {"b-1", "b-1"}, {"7", "7"}, {"7", "7"}, {"B-1", "b-1"}, {"b-1", "b-1"}, {"A-1", "a-1"}, {"A-1", "a-1"},
		{"c-1", "c-1"}, {"C-1", "c-1"}, {"É", "É"}, {"é", "É"},
	} {
		if got := c.first(test.key, slices.Values(before)); got != test.first {
			t.Errorf("%s after %q: got %s, want %s", test.key, before, got, test.first)
		}
		if test.key == test.first {
			before = append(before, test.key)
		}
	}
}
