package sourcetest

import (
	"testing"

	"syncd/internal/sources"
)

func testWrite(t *testing.T, newTable New) {
	t.Run("nothing", func(t *testing.T) {
		h := table(t, newTable, people())
		wantStatuses(t, write(t, h))
		wantRows(t, h, people())
	})
	t.Run("update", func(t *testing.T) {
		h := table(t, newTable, people())
		change := update(recordOf(t, h, "C-2"), map[string]string{"Name": "Grace B. Hopper"})
		wantStatuses(t, write(t, h, change), sources.Written)
		want := people()
		want[1][1] = "Grace B. Hopper"
		wantRows(t, h, want)
	})
	t.Run("fill and clear cells", func(t *testing.T) {
		h := table(t, newTable, people())
		change := update(recordOf(t, h, "C-3"), map[string]string{"Name": "", "Phone": "+14155550103"})
		wantStatuses(t, write(t, h, change), sources.Written)
		want := people()
		want[2] = []string{"C-3", "", "+14155550103", "third"}
		wantRows(t, h, want)
	})
	t.Run("create", func(t *testing.T) {
		h := table(t, newTable, people())
		wantStatuses(t, write(t, h, create("C-4", "Alan Turing", "")), sources.Written)
		wantRows(t, h, append(people(), []string{"C-4", "Alan Turing", "", ""}))
	})
	t.Run("create the first row", func(t *testing.T) {
		h := table(t, newTable, nil)
		wantStatuses(t, write(t, h, create("C-1", "Alan Turing", "+14155550100")), sources.Written)
		wantRows(t, h, [][]string{{"C-1", "Alan Turing", "+14155550100", ""}})
	})
	t.Run("delete", func(t *testing.T) {
		h := table(t, newTable, people())
		want := people()
		if status := write(t, h, remove(recordOf(t, h, "C-2")))[0]; status == sources.Written {
			want = append(want[:1], want[2])
		} else if status != sources.Refused {
			t.Errorf("delete is %q, want written or, in a source that never deletes, refused", status)
		}
		wantRows(t, h, want)
	})
	t.Run("several at once", func(t *testing.T) {
		h := table(t, newTable, people())
		got := write(t, h,
			create("C-4", "Alan Turing", "+14155550104"),
			update(recordOf(t, h, "C-3"), map[string]string{"Phone": "+14155550103"}),
			create("C-5", "Edsger Dijkstra", ""),
			update(recordOf(t, h, "C-1"), map[string]string{"Name": "Ada King"}))
		wantStatuses(t, got, sources.Written, sources.Written, sources.Written, sources.Written)
		want := people()
		want[0][1], want[2][2] = "Ada King", "+14155550103"
		wantRows(t, h, append(want,
			[]string{"C-4", "Alan Turing", "+14155550104", ""}, []string{"C-5", "Edsger Dijkstra", "", ""}))
	})
}

// oddValues are texts that some format, locale or spreadsheet program would rather change.
var oddValues = map[string]string{
	"quotes":             `"Bob" said "hi", ""`,
	"delimiters":         "a,b;c\td|e",
	"line feed":          "12 Main Street\nSpringfield",
	"leading zeros":      "007",
	"large number":       "12345678901234567890",
	"plus":               "+14155550199",
	"formula":            "=1+1",
	"other formulas":     "@SUM(A1)",
	"minus":              "-5",
	"apostrophe":         "'tis",
	"accents":            "Zoë Müller-Ångström",
	"decomposed":         "Zoe\u0308",
	"other scripts":      "山田太郎 محمد Ελένη",
	"emoji":              "👩‍👩‍👧‍👦 🇺🇸",
	"white space inside": "a  b\u00a0c",
	"date":               "1/2/2026",
	"boolean":            "TRUE",
	"exponent":           "1E5",
	"backslash":          `C:\new\table \"`,
	"null":               "NULL",
	"markup":             "<b>&amp;</b>",
	"sql":                "Robert'); DROP TABLE x;--",
}

func testOddValues(t *testing.T, newTable New) {
	values := map[string]string{"long": longText(20_000)}
	for name, text := range oddValues {
		values[name] = text
	}
	for name, text := range values {
		t.Run(name, func(t *testing.T) {
			h := table(t, newTable, people())
			got := write(t, h, update(recordOf(t, h, "C-2"), map[string]string{"Name": text}), create("C-4", text, text))
			wantStatuses(t, got, sources.Written, sources.Written)
			want := people()
			want[1][1] = text
			wantRows(t, h, append(want, []string{"C-4", text, text, ""}))
			for _, key := range []string{"C-2", "C-4"} {
				if cell := recordOf(t, h, key).Cells[0]; cell != textCell(text) {
					t.Errorf("%s is read as %.80q, want %.80q as text", key, cell, text)
				}
			}
			again := update(recordOf(t, h, "C-2"), map[string]string{"Name": "back"})
			wantStatuses(t, write(t, h, again), sources.Written)
		})
	}
}

// longText returns n characters that are not all the same.
func longText(n int) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = 'a' + byte(i%26)
	}
	return string(text)
}
