package main

import "testing"

func TestWrapped(t *testing.T) {
	for _, tt := range []struct {
		name  string
		width int
		in    string
		want  string
	}{
		{"narrow enough", 10, "one two\n", "one two\n"},
		{"width not known", 0, "one two three four five", "one two three four five"},
		{"prose", 12, "one two three four five\n", "one two\n  three four\n  five\n"},
		{"below the last column", 24, "ok  rows   one two three four\n", "ok  rows   one two three\n           four\n"},
		{"a last column without room", 16, "ok  rows  much   one two three\n", "ok  rows  much\n          one\n          two\n          three\n"},
		{"columns after the break", 24, "ok  rows  one two three four      five\n", "ok  rows  one two three\n          four  five\n"},
		{"a command to copy", 20, "say `syncd match a b` now\n", "say\n  `syncd match a b`\n  now\n"},
		{"a word too long", 8, "a bbbbbbbbbbbbbb c\n", "a bbbbbbbbbbbbbb\n  c\n"},
		{"colours have no width", 9, "\x1b[32mone two\x1b[0m\n", "\x1b[32mone two\x1b[0m\n"},
		{"wide letters", 9, "日本 日本 日本\n", "日本 日本\n  日本\n"},
		{"several lines", 8, "one two three\nfour\n", "one two\n  three\nfour\n"},
		{"a question", 20, "which one? ", "which one? "},
		{"blank lines", 4, "\n\n", "\n\n"},
	} {
		if got := wrapped(tt.in, tt.width); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
