package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"
)

func TestTook(t *testing.T) {
	for _, tt := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0 ms"},
		{12*time.Millisecond + 900*time.Microsecond, "12 ms"},
		{100 * time.Millisecond, "0.1 s"},
		{20*time.Second + 449*time.Millisecond, "20.4 s"},
		{59*time.Second + 949*time.Millisecond, "59.9 s"},
		{59*time.Second + 950*time.Millisecond, "1 min 0 s"},
		{3*time.Minute + 12*time.Second, "3 min 12 s"},
		{time.Hour - 501*time.Millisecond, "59 min 59 s"},
		{time.Hour - 500*time.Millisecond, "1 h 0 min"},
		{26*time.Hour + 5*time.Minute, "26 h 5 min"},
	} {
		if got := took(tt.d); got != tt.want {
			t.Errorf("took(%v) = %q, want %q", tt.d, got, tt.want)
		}
	}
}

func TestClock(t *testing.T) {
	now := time.Date(2026, 3, 1, 23, 55, 0, 0, time.Local)
	for _, tt := range []struct {
		name string
		at   time.Time
		want string
	}{
		{"today", now.Add(4 * time.Minute), "23:59"},
		{"tomorrow", now.Add(10 * time.Minute), "00:05 on 2 March"},
		{"the same day of another year", now.AddDate(1, 0, 0), "23:55 on 1 March"},
	} {
		if got := clock(tt.at, now); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestAlign(t *testing.T) {
	long := strings.Repeat("x", widest+1)
	got := align([][]string{
		{"a", "bb", "", "c"},
		{"日本", "b", "", ""},
		{"aa", long, "", "c"},
		{strings.Repeat("y", longest+1)},
	})
	want := []string{
		"a     bb  c",
		"日本  b",
		"aa    " + long + "  c",
		strings.Repeat("y", longest-1) + "…",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("align (-want +got):\n%s", diff)
	}
}

func TestValue(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"plain", "Ann O'Lee", "Ann O'Lee"},
		{"not English", "Zoë 日本", "Zoë 日本"},
		{"empty", "", "(empty)"},
		{"the word for empty", "(empty)", `"(empty)"`},
		{"quoted", `"x"`, `"\"x\""`},
		{"outer space", " x", `" x"`},
		{"line break", "a\nb", `"a\nb"`},
		{"escape sequence", "\x1b[2J", `"\x1b[2J"`},
		{"C1 control", "\u009b2J", `"\u009b2J"`},
		{"text turned around", "\u202egnp.exe", `"\u202egnp.exe"`},
		{"no UTF-8", "a\xff", `"a\xff"`},
		{"an arrow", "a -> b", `"a -> b"`},
		{"a bar", "a | b", `"a | b"`},
		{"a list", `["gold","net-30"]`, "gold, net-30"},
		{"a list with a comma within", `["gold, net-30"]`, `["gold, net-30"]`},
		{"no list, but like one", `["gold`, `["gold`},
	} {
		if got := value(tt.in); got != tt.want {
			t.Errorf("%s: value(%q) = %s, want %s", tt.name, tt.in, got, tt.want)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	for _, seed := range []string{"plain", "\x1b[2J", "\u009b", "a\xff\x00", "\u2028", "'", "日本"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, got := range []string{printable(s), value(s), shellWord(s)} {
			if again := printable(got); again != got {
				t.Errorf("%q is not printable: %q", got, again)
			}
		}
	})
}

func TestShellWord(t *testing.T) {
	for in, want := range map[string]string{
		"C-1042": "C-1042", "a b": "'a b'", "it's": `'it'\''s'`, "": "''", "$(rm x)": "'$(rm x)'", "\x1b[2J": `'\x1b[2J'`,
	} {
		if got := shellWord(in); got != want {
			t.Errorf("shellWord(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestPaint(t *testing.T) {
	plain, colored := &cli{}, &cli{color: true}
	if got := plain.paint(text.FgRed, "x"); got != "x" {
		t.Errorf("without colours: %q", got)
	}
	if got := colored.paint(text.FgRed, "x"); got != "\x1b[31mx\x1b[0m" {
		t.Errorf("with colours: %q", got)
	}
}
