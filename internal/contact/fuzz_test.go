package contact

import (
	"testing"
	"time"
)

// Whatever a cell holds, nothing panics, and what was normalised is normal: reading its Text, as a cell that
// syncd wrote, gives the same Value.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "Zoe\u0308 ", "+1 (415) 555-0100", "1-800-FLOWERS", "5.55E+09", "1,234.50", "-0.0", "1e400", "Yes", "x",
		"2026-03-04", "03/04/2026", "Wednesday, March 4, 2026", "b, a", `["a"]`, "Ann@Example.com", "İ@K.com", "\xff\x00", "\u212A",
	} {
		for kind := range uint8(7) {
			f.Add(s, kind)
		}
	}
	parsers := map[string]func(Cell) (Value, error){
		"text": ParseText, "url": ParseURL, "email": ParseEmail, "number": ParseNumber, "boolean": ParseBoolean,
		"phone": func(c Cell) (Value, error) { return ParsePhone(c, "US") },
		"list":  func(c Cell) (Value, error) { return ParseList(c, ";") },
		"date":  func(c Cell) (Value, error) { return ParseDate(c, []string{"01/02/06"}, time.UTC) },
	}
	f.Fuzz(func(t *testing.T, s string, kind uint8) {
		cell := Cell{Type: CellType(kind % 7), Text: s}
		for name, parse := range parsers {
			v, err := parse(cell)
			if err != nil {
				if v != (Value{}) {
					t.Errorf("%s: %q gives both %+v and %v", name, s, v, err)
				}
				continue
			}
			written := text(v.Text)
			if name == "list" {
				written.Type = CellList
			}
			if again, err := parse(written); err != nil || again != v {
				t.Errorf("%s: %q gives %+v, and its text %+v (%v)", name, s, v, again, err)
			}
		}
		ParseTime(cell, time.UTC)
	})
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"", " a ", "(415) 555-0100", "Ann@Example.com", "İ", "\u1E9B\u0323", "a\xff", "5.50", "\uFEFFx\x00 "} {
		f.Add(s)
	}
	forms := map[string]func(string) string{
		"text": NormalizeText, "email": NormalizeEmail,
		"phone":  func(s string) string { return NormalizePhone(s, "US") },
		"number": func(s string) string { n, _ := NormalizeNumber(s); return n },
		"key":    func(s string) string { k, _ := NormalizeKey(Cell{Text: s}); return k },
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, normalize := range forms {
			once := normalize(s)
			if once == "" {
				continue
			}
			if twice := normalize(once); twice != once {
				t.Errorf("%s: %q becomes %q and then %q", name, s, once, twice)
			}
		}
		if isBlank(s) != (NormalizeText(s) == "") {
			t.Errorf("%q: blank %v, normal form %q", s, isBlank(s), NormalizeText(s))
		}
	})
}
