package contact

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func text(s string) Cell { return Cell{Type: CellText, Text: s} }

func number(s string) Cell { return Cell{Type: CellNumber, Text: s} }

func TestNormalizeKey(t *testing.T) {
	long := strings.Repeat("ü", 75)
	for _, tt := range []struct {
		name  string
		cells []Cell
		want  string
		err   string
	}{
		{"text", []Cell{text(" C-1042\u00A0")}, "C-1042", ""},
		{"case is kept", []Cell{text("aB")}, "aB", ""},
		{"leading zeros are kept", []Cell{text("007")}, "007", ""},
		{"commas and slashes stay", []Cell{text(`a,b/c\d`)}, `a,b/c\d`, ""},
		{"composed", []Cell{text("Zoe\u0308")}, "Zoë", ""},
		{"75 characters", []Cell{text(long)}, long, ""},
		{"76 characters", []Cell{text(long + "x")}, "", "the key has 76 characters, Quo takes at most 75"},
		{"whole number", []Cell{number("5.0")}, "5", ""},
		{"large number", []Cell{number("1e15")}, "1000000000000000", ""},
		{"fraction", []Cell{number("5.5")}, "", "the key is not a whole number: format the column as plain text"},
		{"empty", []Cell{text(" \uFEFF")}, "", "the key is empty"},
		{"no cell", nil, "", "the key is empty"},
		{"date", []Cell{{CellDate, "2026-03-04"}}, "", "the key is a date: format the column as plain text"},
		{"checkbox", []Cell{{CellBoolean, "true"}}, "", "the key is true or false: format the column as plain text"},
		{"error", []Cell{{CellError, "#REF!"}}, "", "the key shows #REF!"},
		{"two cells", []Cell{text("north"), number("7")}, "north/7", ""},
		{"two cells with slashes", []Cell{text("a/b"), text(`c\`)}, `a\/b/c\\`, ""},
		{"one of two is empty", []Cell{text("a"), text("")}, "", "the key is empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := NormalizeKey(tt.cells...)
			checkError(t, err, tt.err)
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestJoinedKeysSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.StringMatching(`[a-c/\\]{1,8}`), 1, 4).Draw(t, "parts")
		cells := make([]Cell, len(parts))
		for i, part := range parts {
			cells[i] = text(part)
		}
		key, err := NormalizeKey(cells...)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := SplitKey(key, len(parts)); !ok || !slices.Equal(got, parts) {
			t.Fatalf("%q splits into %q (%v), want %q", key, got, ok, parts)
		}
		if again, err := NormalizeKey(text(key)); err != nil || again != key {
			t.Fatalf("%q normalises to %q (%v)", key, again, err)
		}
	})
}

func TestSplitKeyRefusesAnotherNumberOfParts(t *testing.T) {
	if parts, ok := SplitKey("a/b/c", 2); ok {
		t.Errorf("got %q, want none", parts)
	}
}

// checkError compares the message of an error with the one that is wanted, "" meaning none.
func checkError(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if got != want {
		t.Fatalf("error\n got: %s\nwant: %s", got, want)
	}
}
