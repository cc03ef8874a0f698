package csvfile

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestSurvey(t *testing.T) {
	for name, c := range map[string]struct {
		text         string
		utf8, others lines
	}{
		"ASCII":                  {"id\n1\n", lines{}, lines{}},
		"UTF-8":                  {"é\nb\n漢字😀\n", lines{2, 1, 3}, lines{}},
		"something else":         {"a\n\xE9\n\xFF\xFE\n", lines{}, lines{2, 2, 3}},
		"both in one line":       {"é\xE9\n", lines{1, 1, 1}, lines{1, 1, 1}},
		"cut off in a character": {"a\n漢\xE6\xBC", lines{1, 2, 2}, lines{1, 2, 2}},
		"a replacement rune":     {"\uFFFD\n", lines{1, 1, 1}, lines{}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, text := range []io.Reader{strings.NewReader(c.text), iotest.OneByteReader(strings.NewReader(c.text))} {
				s := newSurvey()
				if _, err := io.Copy(s, text); err != nil {
					t.Fatal(err)
				}
				s.end()
				if s.utf8 != c.utf8 || s.others != c.others {
					t.Errorf("UTF-8 %+v and others %+v, want %+v and %+v", s.utf8, s.others, c.utf8, c.others)
				}
			}
		})
	}
}
