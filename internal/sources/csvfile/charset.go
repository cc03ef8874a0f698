package csvfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"
)

// A charset is how the bytes of a file stand for text.
type charset struct {
	name  string
	order binary.ByteOrder  // of UTF-16, which is transcoded before it is scanned; else nil
	codec encoding.Encoding // of what is neither UTF-16 nor UTF-8; else nil
}

var (
	utf8Charset = charset{name: "utf-8"}
	utf16LE     = charset{name: "utf-16le", order: binary.LittleEndian}
	utf16BE     = charset{name: "utf-16be", order: binary.BigEndian}
	windows1252 = charset{name: "windows-1252", codec: charmap.Windows1252}
)

// charsetNamed returns the charset that a label of the WHATWG's list names.
//
// https://encoding.spec.whatwg.org/#names-and-labels
func charsetNamed(label string) (charset, error) {
	codec, err := htmlindex.Get(label)
	if err != nil {
		return charset{}, fmt.Errorf("encoding %q is not known: take one such as utf-8, utf-16le or windows-1252", label)
	}
	name, err := htmlindex.Name(codec)
	if err != nil {
		return charset{}, fmt.Errorf("encoding %q: %w", label, err)
	}
	switch name {
	case utf8Charset.name:
		return utf8Charset, nil
	case utf16LE.name:
		return utf16LE, nil
	case utf16BE.name:
		return utf16BE, nil
	case "iso-2022-jp", "replacement": // their bytes mean different characters in different places
		return charset{}, fmt.Errorf("encoding %q cannot be changed in place: save the file as UTF-8", label)
	}
	return charset{name: name, codec: codec}, nil
}

// delimits reports whether the byte c is never a part of another character. The second bytes of Shift_JIS, GBK
// and their kin reach down to 0x40.
func (c charset) delimits(delimiter byte) bool {
	switch c.name {
	case "shift_jis", "gbk", "gb18030", "big5", "euc-kr":
		return delimiter < 0x40
	}
	return true
}

// appendUTF8 appends src, text in the charset as the scanner sees it, as UTF-8. It reports whether all of src is
// valid; what is not becomes U+FFFD.
func (c charset) appendUTF8(dst, src []byte) ([]byte, bool) {
	if c.codec == nil || ascii(src) {
		if utf8.Valid(src) {
			return append(dst, src...), true
		}
		return append(dst, strings.ToValidUTF8(string(src), "\uFFFD")...), false
	}
	from := len(dst)
	dst, _, err := transform.Append(c.codec.NewDecoder(), dst, src)
	return dst, err == nil && !bytes.Contains(dst[from:], []byte("\uFFFD"))
}

// encode returns text as the scanner would see it. The error says which character the charset does not have.
func (c charset) encode(text string) ([]byte, error) {
	if !utf8.ValidString(text) {
		return nil, errors.New("the text is not valid Unicode")
	}
	if c.codec == nil {
		return []byte(text), nil
	}
	encoded, err := c.codec.NewEncoder().Bytes([]byte(text))
	if err != nil {
		return nil, c.lacks(text)
	}
	if back, ok := c.appendUTF8(nil, encoded); !ok || string(back) != text {
		return nil, c.lacks(text)
	}
	return encoded, nil
}

// lacks names the first character of text that the charset does not have.
func (c charset) lacks(text string) error {
	for _, r := range text {
		encoded, err := c.codec.NewEncoder().Bytes([]byte(string(r)))
		if back, ok := c.appendUTF8(nil, encoded); err != nil || !ok || string(back) != string(r) {
			return fmt.Errorf("the file's encoding, %s, has no %U: save the file as UTF-8", c.name, r)
		}
	}
	return fmt.Errorf("the file's encoding, %s, cannot hold the text: save the file as UTF-8", c.name)
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
