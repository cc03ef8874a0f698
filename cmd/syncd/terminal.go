package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/term"

	"syncd/internal/contact"
)

// terminal returns the terminal that w is.
func terminal(w io.Writer) (fd int, ok bool) {
	f, ok := w.(*os.File)
	if !ok {
		return 0, false
	}
	return int(f.Fd()), term.IsTerminal(int(f.Fd()))
}

// capable reports whether w is a terminal that obeys control sequences.
func capable(w io.Writer, getenv func(string) (string, bool)) bool {
	kind, _ := getenv("TERM")
	_, ok := terminal(w)
	return ok && kind != "dumb"
}

// colors reports whether what goes to w may be coloured.
//
// https://no-color.org
func colors(w io.Writer, getenv func(string) (string, bool)) bool {
	no, _ := getenv("NO_COLOR")
	return no == "" && capable(w, getenv)
}

// printable returns text with all that a terminal would obey, or would not show, written as in a Go string: values
// come from people and from elsewhere.
func printable(text string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		if strconv.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// value returns a value as people can tell it from what stands around it: bare when it is plain, else quoted; a list as
// its items.
func value(text string) string {
	text = itemized(text)
	switch {
	case text == "":
		return "(empty)"
	case printable(text) != text, strings.TrimSpace(text) != text, strings.HasPrefix(text, `"`), text == "(empty)",
		strings.Contains(text, " -> "), strings.Contains(text, " | "):
		return strconv.Quote(text)
	}
	return text
}

// itemized returns a list, which is JSON, as people write one, unless a comma within an item would make it another list; any
// other text as it is.
func itemized(text string) string {
	if !strings.HasPrefix(text, `["`) {
		return text
	}
	items := contact.Value{Norm: text}.Items()
	if items == nil || slices.ContainsFunc(items, func(item string) bool { return strings.Contains(item, ",") }) {
		return text
	}
	return strings.Join(items, ", ")
}

// shellWord returns a word as a shell reads it.
func shellWord(word string) string {
	return contact.ShellWord(printable(word))
}

// jsonEscape writes the control characters that JSON lets stand, and that a terminal may obey, as JSON escapes.
func jsonEscape(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r >= 0x7f && r <= 0x9f {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
