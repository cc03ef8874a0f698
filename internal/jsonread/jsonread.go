// Package jsonread reads JSON in one pass and builds nothing but what it is asked for: texts share the memory of what is
// read, and what nobody asks for is only checked. It takes what encoding/json takes and refuses what that refuses.
//
// A run reads every contact of a workspace and keeps next to none of them, which is why this is not encoding/json: that
// takes eight times as long and leaves ten times as much behind.
//
// Start with [Reader.Object].
package jsonread

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// A Reader reads one JSON text from its start to its end. Its first error ends the reading: whatever is asked for then
// is empty, and Err says why.
type Reader struct {
	text  string
	pos   int
	depth int
	err   error
}

// New returns a Reader of text.
func New(text string) *Reader { return &Reader{text: text} }

// SyntaxError says where a text stops being JSON.
type SyntaxError struct{ Offset, Size int } // in bytes, the Offset from 1

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("not valid JSON at byte %d of %d", e.Offset, e.Size)
}

// KindError says that a value is of another kind than the one that was asked for. Kinds are "a string", "an object", "an
// array", "a number" and "a boolean".
type KindError struct{ Got, Want string }

func (e *KindError) Error() string { return fmt.Sprintf("%s where %s should be", e.Got, e.Want) }

// Err returns the first error.
func (r *Reader) Err() error { return r.err }

// Fail ends the reading with an error, unless one has ended it already.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// End returns the first error; it is one that anything but white space is left.
func (r *Reader) End() error {
	if r.skipSpace() < len(r.text) {
		r.invalid()
	}
	return r.err
}

// Object reads an object, of which it calls member with every name, in the order in which they come. member reads the
// value, or leaves it, and then it is passed over. A null has no members, and Object reports false.
func (r *Reader) Object(member func(name string)) bool {
	return r.container('{', '}', "an object", func() {
		if r.peek() != '"' {
			r.invalid()
			return
		}
		name := r.Text()
		r.expect(':')
		before := r.skipSpace()
		if member(name); r.pos == before {
			r.Raw()
		}
	})
}

// Array reads an array, and calls element with every one, which reads its value, or leaves it. A null has no elements,
// and Array reports false.
func (r *Reader) Array(element func()) bool {
	return r.container('[', ']', "an array", func() {
		before := r.skipSpace()
		if element(); r.pos == before {
			r.Raw()
		}
	})
}

// maxDepth is how deep objects and arrays may stand in each other; encoding/json allows as much.
const maxDepth = 10_000

func (r *Reader) container(first, last byte, kind string, item func()) bool {
	if !r.starts(first, kind) {
		return false
	}
	r.pos++
	if r.depth++; r.depth > maxDepth {
		r.invalid()
	}
	for n := 0; r.err == nil; n++ {
		if r.peek() == last {
			r.pos++
			r.depth--
			return true
		}
		if n > 0 {
			r.expect(',')
		}
		if r.err == nil {
			item()
		}
	}
	return false
}

// starts reports whether a value of a kind comes, which begins with c. A null is passed over.
func (r *Reader) starts(c byte, kind string) bool {
	switch got := r.peek(); {
	case r.err != nil:
		return false
	case got == c:
		return true
	case got == 'n':
		r.literal("null")
	default:
		if r.Raw(); r.err == nil {
			r.err = &KindError{kindOf(got), kind}
		}
	}
	return false
}

// kindOf names the kind of a value by its first byte.
func kindOf(c byte) string {
	switch c {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "bool"
	}
	return "number"
}

// Text reads a string; a null is "".
func (r *Reader) Text() string {
	if !r.starts('"', "a string") {
		return ""
	}
	start := r.pos + 1
	for i := start; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '"':
			if s := r.text[start:i]; utf8.ValidString(s) {
				r.pos = i + 1
				return s
			}
			return r.escaped()
		case c == '\\':
			return r.escaped()
		case c < ' ':
			r.pos = i
			r.invalid()
			return ""
		}
	}
	r.pos = len(r.text)
	r.invalid()
	return ""
}

// escaped reads a string that does not stand there as it is meant.
func (r *Reader) escaped() (s string) {
	start := r.pos
	for i := start + 1; i < len(r.text); i++ {
		switch r.text[i] {
		case '\\':
			i++
		case '"':
			r.pos = i + 1
			if json.Unmarshal([]byte(r.text[start:r.pos]), &s) != nil {
				r.pos = start
				r.invalid()
			}
			return s
		}
	}
	r.pos = len(r.text)
	r.invalid()
	return ""
}

// Raw reads any value and returns it as it stands there.
func (r *Reader) Raw() string {
	c := r.peek()
	start := r.pos
	if r.err == nil {
		r.pass(c)
	}
	if r.err != nil {
		return ""
	}
	return r.text[start:r.pos]
}

// pass passes over a value that begins with c.
func (r *Reader) pass(c byte) {
	switch c {
	case '{':
		r.Object(func(string) {})
	case '[':
		r.Array(func() {})
	case '"':
		r.Text()
	case 'n':
		r.literal("null")
	case 't':
		r.literal("true")
	case 'f':
		r.literal("false")
	default:
		r.number()
	}
}

// Kind returns the first byte of the next value: one of {, [, ", t, f and n, or that of a number; 0 after an error.
func (r *Reader) Kind() byte {
	if c := r.peek(); r.err == nil {
		return c
	}
	return 0
}

func (r *Reader) literal(word string) {
	if end := r.pos + len(word); end <= len(r.text) && r.text[r.pos:end] == word {
		r.pos = end
		return
	}
	r.invalid()
}

func (r *Reader) number() {
	r.accept('-')
	if !r.accept('0') {
		r.digits()
	}
	if r.accept('.') {
		r.digits()
	}
	if r.accept('e') || r.accept('E') {
		if !r.accept('+') {
			r.accept('-')
		}
		r.digits()
	}
}

func (r *Reader) digits() {
	start := r.pos
	for r.pos < len(r.text) && '0' <= r.text[r.pos] && r.text[r.pos] <= '9' {
		r.pos++
	}
	if r.pos == start {
		r.invalid()
	}
}

func (r *Reader) accept(c byte) bool {
	if r.pos < len(r.text) && r.text[r.pos] == c {
		r.pos++
		return true
	}
	return false
}

func (r *Reader) expect(c byte) {
	if r.peek() != c {
		r.invalid()
		return
	}
	r.pos++
}

// peek passes over white space and returns the next byte, 0 at the end.
func (r *Reader) peek() byte {
	if r.skipSpace() < len(r.text) {
		return r.text[r.pos]
	}
	return 0
}

func (r *Reader) skipSpace() int {
	for r.pos < len(r.text) {
		switch r.text[r.pos] {
		case ' ', '\t', '\r', '\n':
			r.pos++
		default:
			return r.pos
		}
	}
	return r.pos
}

func (r *Reader) invalid() {
	r.Fail(&SyntaxError{min(r.pos+1, len(r.text)), len(r.text)})
}
