package csvfile

import (
	"bytes"
	"unicode/utf8"
)

// A survey looks at the lines of text that is written to it: which hold UTF-8 beyond ASCII, and which hold what is
// not UTF-8. end must follow.
type survey struct {
	utf8, others lines
	line         int    // the one that is being read, from 1
	rest         []byte // the start of a character whose end is not written yet
}

// lines counts lines that are noted in order.
type lines struct{ count, first, last int }

func newSurvey() *survey { return &survey{line: 1} }

func (s *survey) Write(text []byte) (int, error) {
	size := len(text)
	if len(s.rest) > 0 {
		text = append(s.rest, text...)
	}
	text = s.look(text)
	s.rest = bytes.Clone(text)
	return size, nil
}

// end says that no more text follows.
func (s *survey) end() {
	if len(s.rest) > 0 {
		s.others.note(s.line)
	}
}

// look surveys text up to a character that may go on behind it, which it returns.
func (s *survey) look(text []byte) (rest []byte) {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if c == '\n' {
				s.line++
			}
			i++
			continue
		}
		if !utf8.FullRune(text[i:]) {
			return text[i:]
		}
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			s.others.note(s.line)
		} else {
			s.utf8.note(s.line)
		}
		i += size
	}
	return nil
}

func (l *lines) note(line int) {
	if l.count == 0 {
		l.first = line
	}
	if l.last != line {
		l.count, l.last = l.count+1, line
	}
}
