// Package jsonread reads JSON in one pass and builds nothing but what it is asked for; what nobody asks for is only
// checked. A run reads every contact of a workspace and keeps next to none of them. It reads with the tokens of jsontext,
// the reader below encoding/json/v2, and takes what encoding/json takes.
//
// Start with [Reader.Object].
package jsonread

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// A Reader reads one JSON text from its start to its end. Its first error ends the reading: whatever is asked for then
// is empty, and Err says why.
type Reader struct {
	in   jsontext.Decoder
	size int
	err  error
}

// New returns a Reader of text, which must not change while it is read.
func New(text []byte) *Reader {
	r := &Reader{}
	r.Reset(text)
	return r
}

// Reset makes the Reader read another text, so that many short ones need no more than one.
func (r *Reader) Reset(text []byte) {
	r.size, r.err = len(text), nil
	r.in.Reset(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// SyntaxError says where a text stops being JSON, and nothing of what stands there.
type SyntaxError struct{ Offset, Size int } // in bytes, the Offset from 1

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("not valid JSON at byte %d of %d", e.Offset, e.Size)
}

// KindError says that a value is of another kind than the one that was asked for. Kinds are "a string", "an object" and
// "an array".
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
	if r.err == nil {
		if _, err := r.in.ReadToken(); !errors.Is(err, io.EOF) {
			r.invalid(err)
		}
	}
	return r.err
}

// Object reads an object, of which it calls member with every name, in the order in which they come. member reads the
// value, or leaves it, and then it is passed over. A null has no members, and Object reports false.
func (r *Reader) Object(member func(name string)) bool {
	return r.container('{', '}', "an object", func() {
		name := r.token().String()
		r.value(func() { member(name) })
	})
}

// Array reads an array, and calls element with every one, which reads its value, or leaves it. A null has no elements,
// and Array reports false.
func (r *Reader) Array(element func()) bool {
	return r.container('[', ']', "an array", func() { r.value(element) })
}

// value has do read a value, and passes over one that it leaves.
func (r *Reader) value(do func()) {
	before := r.in.InputOffset()
	if do(); r.err == nil && r.in.InputOffset() == before {
		r.check(r.in.SkipValue())
	}
}

func (r *Reader) container(first, last jsontext.Kind, kind string, item func()) bool {
	if !r.starts(first, kind) {
		return false
	}
	r.token()
	for r.err == nil && r.in.PeekKind() != last {
		item()
	}
	r.token()
	return r.err == nil
}

// starts reports whether a value of a kind comes. A null is passed over.
func (r *Reader) starts(want jsontext.Kind, kind string) bool {
	if r.err != nil {
		return false
	}
	switch got := r.in.PeekKind(); got {
	case want:
		return true
	case 'n':
		r.token()
	default:
		if r.check(r.in.SkipValue()); r.err == nil {
			r.err = &KindError{kinds[got], kind}
		}
	}
	return false
}

var kinds = map[jsontext.Kind]string{'{': "object", '[': "array", '"': "string", '0': "number", 't': "bool", 'f': "bool"}

// Text reads a string; a null is "".
func (r *Reader) Text() string {
	if !r.starts('"', "a string") {
		return ""
	}
	return r.token().String()
}

// Raw reads any value and returns it as it stands there.
func (r *Reader) Raw() string {
	if r.err != nil {
		return ""
	}
	value, err := r.in.ReadValue()
	if r.check(err); err != nil {
		return ""
	}
	return string(value)
}

// Kind returns the first byte of the next value: one of {, [, ", t, f, n and 0 for a number; 0 after an error.
func (r *Reader) Kind() byte {
	if r.err != nil {
		return 0
	}
	return byte(r.in.PeekKind())
}

func (r *Reader) token() jsontext.Token {
	if r.err != nil {
		return jsontext.String("")
	}
	token, err := r.in.ReadToken()
	if r.check(err); err != nil {
		return jsontext.String("")
	}
	return token
}

func (r *Reader) check(err error) {
	if err != nil {
		r.invalid(err)
	}
}

// invalid notes where the text stops being JSON.
func (r *Reader) invalid(err error) {
	offset := r.in.InputOffset()
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		offset = syntax.ByteOffset
	}
	r.Fail(&SyntaxError{min(int(offset)+1, r.size), r.size})
}
