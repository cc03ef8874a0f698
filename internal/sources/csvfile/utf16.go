package csvfile

import (
	"encoding/binary"
	"errors"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// fromUTF16 transcodes UTF-16 to UTF-8 and toUTF16 transcodes it back to the same bytes. So that nothing is lost,
// half a surrogate pair becomes the three bytes that UTF-8 would have for it if it were allowed there
// (https://simonsapin.github.io/wtf-8/); utf8.Valid says no to them.
//
// They stand in for golang.org/x/text/encoding/unicode, which replaces such halves by U+FFFD.
type (
	fromUTF16 struct {
		transform.NopResetter
		order binary.ByteOrder
	}
	toUTF16 struct {
		transform.NopResetter
		order binary.ByteOrder
	}
)

var errHalfUnit = errors.New("the file is UTF-16, but has an odd number of bytes: it was cut off; save it again")

// Transform implements [transform.Transformer].
func (t fromUTF16) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for ; len(src)-nSrc >= 2; nSrc += 2 {
		r := rune(t.order.Uint16(src[nSrc:]))
		if 0xD800 <= r && r < 0xDC00 {
			if len(src)-nSrc < 4 && !atEOF {
				return nDst, nSrc, transform.ErrShortSrc
			}
			if len(src)-nSrc >= 4 {
				low := rune(t.order.Uint16(src[nSrc+2:]))
				if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
					r = pair
				}
			}
		}
		if len(dst)-nDst < utf8.UTFMax {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += putRune(dst[nDst:], r)
		if r > 0xFFFF {
			nSrc += 2
		}
	}
	switch {
	case nSrc == len(src):
		return nDst, nSrc, nil
	case atEOF:
		return nDst, nSrc, errHalfUnit
	}
	return nDst, nSrc, transform.ErrShortSrc
}

// Transform implements [transform.Transformer].
func (t toUTF16) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		if !atEOF && !utf8.FullRune(src[nSrc:]) {
			return nDst, nSrc, transform.ErrShortSrc
		}
		r, size := utf8.DecodeRune(src[nSrc:])
		if r == utf8.RuneError && size == 1 {
			if len(src)-nSrc < 3 && !atEOF {
				return nDst, nSrc, transform.ErrShortSrc
			}
			r, size = halfPair(src[nSrc:])
		}
		if len(dst)-nDst < utf8.UTFMax {
			return nDst, nSrc, transform.ErrShortDst
		}
		if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
			t.order.PutUint16(dst[nDst:], uint16(high))
			t.order.PutUint16(dst[nDst+2:], uint16(low))
			nDst += 4
		} else {
			t.order.PutUint16(dst[nDst:], uint16(r))
			nDst += 2
		}
		nSrc += size
	}
	return nDst, nSrc, nil
}

// putRune is utf8.EncodeRune that takes half a surrogate pair too.
func putRune(dst []byte, r rune) int {
	if !utf16.IsSurrogate(r) {
		return utf8.EncodeRune(dst, r)
	}
	dst[0], dst[1], dst[2] = 0xE0|byte(r>>12), 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F
	return 3
}

// halfPair reads what putRune wrote for half a surrogate pair; anything else is one byte of U+FFFD.
func halfPair(src []byte) (r rune, size int) {
	if len(src) < 3 || src[0] != 0xED {
		return utf8.RuneError, 1
	}
	return 0xD000 | rune(src[1]&0x3F)<<6 | rune(src[2]&0x3F), 3
}
