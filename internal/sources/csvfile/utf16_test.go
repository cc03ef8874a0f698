package csvfile

import (
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

func TestUTF16(t *testing.T) {
	for name, c := range map[string]struct {
		units []uint16
		want  string
	}{
		"text":                {utf16.Encode([]rune("id,Zoë\n")), "id,Zoë\n"},
		"emoji":               {utf16.Encode([]rune("a😀b")), "a😀b"},
		"replacement":         {[]uint16{0xFFFD}, "\uFFFD"},
		"high half":           {[]uint16{0xD83D, 'a'}, "\xED\xA0\xBDa"},
		"high half at end":    {[]uint16{'a', 0xD83D}, "a\xED\xA0\xBD"},
		"low half":            {[]uint16{0xDE00, 'a'}, "\xED\xB8\x80a"},
		"halves in bad order": {[]uint16{0xDE00, 0xD83D}, "\xED\xB8\x80\xED\xA0\xBD"},
		"two high, one low":   {[]uint16{0xD83D, 0xD83D, 0xDE00}, "\xED\xA0\xBD😀"},
	} {
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			t.Run(name+", "+order.String(), func(t *testing.T) {
				data := make([]byte, 2*len(c.units))
				for i, unit := range c.units {
					order.PutUint16(data[2*i:], unit)
				}
				got, back := throughUTF16(t, order, data)
				if got != c.want {
					t.Errorf("text %q, want %q", got, c.want)
				}
				if back != string(data) {
					t.Errorf("back to %x, want %x", back, data)
				}
			})
		}
	}
}

func TestUTF16CutOff(t *testing.T) {
	_, err := io.ReadAll(transform.NewReader(strings.NewReader("a\x00b"), fromUTF16{order: binary.LittleEndian}))
	if err != errHalfUnit {
		t.Errorf("error %v, want %v", err, errHalfUnit)
	}
}

// FuzzUTF16 checks that no unit is lost or changed, whatever it is, and wherever the reader cuts.
func FuzzUTF16(f *testing.F) {
	f.Add([]byte("a\x00,\x00=\xD8\x00\xDE"))
	f.Fuzz(func(t *testing.T, data []byte) {
		data = data[:len(data)/2*2]
		text, back := throughUTF16(t, binary.LittleEndian, data)
		if back != string(data) {
			t.Errorf("%x came back as %x", data, back)
		}
		if want := string(utf16.Decode(unitsOf(data))); utf8.ValidString(text) && text != want {
			t.Errorf("text %q, want %q", text, want)
		}
	})
}

// throughUTF16 returns data as UTF-8, read byte by byte, and that as UTF-16 again, written byte by byte.
func throughUTF16(t *testing.T, order binary.ByteOrder, data []byte) (text, back string) {
	t.Helper()
	decoder := transform.NewReader(iotest.OneByteReader(strings.NewReader(string(data))), fromUTF16{order: order})
	decoded, err := io.ReadAll(decoder)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	w := transform.NewWriter(&b, toUTF16{order: order})
	for i := range decoded {
		if _, err := w.Write(decoded[i : i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return string(decoded), b.String()
}

func unitsOf(data []byte) (units []uint16) {
	for ; len(data) > 1; data = data[2:] {
		units = append(units, binary.LittleEndian.Uint16(data))
	}
	return units
}
