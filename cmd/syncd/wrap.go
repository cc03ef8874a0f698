package main

import (
	"io"
	"regexp"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// This file breaks lines that are wider than the terminal, for a terminal does so in the middle of words.

// widthOf returns what tells how many columns the terminal has that w is; nil when w is none, or one that obeys nothing.
func widthOf(w io.Writer, getenv func(string) (string, bool)) func() int {
	fd, ok := terminal(w)
	if !ok || !capable(w, getenv) {
		return nil
	}
	return func() int {
		width, _, err := term.GetSize(fd)
		if err != nil {
			return 0
		}
		return width
	}
}

// wrapped breaks the lines of a text that are wider than a terminal; a width of 0 is not known, and breaks none.
func wrapped(lines string, width int) string {
	if width <= 0 {
		return lines
	}
	var b strings.Builder
	for line := range strings.SplitAfterSeq(lines, "\n") {
		b.WriteString(wrapLine(line, width))
	}
	return b.String()
}

// pieces are the words of a line with the space before them. What stands between backquotes is a command to copy, and one
// word.
var pieces = regexp.MustCompile(" *(?:`[^`\n]*`[^ \n]*|[^ \n]+)|[ \n]+")

// wrapLine breaks a line between words. What follows stands below the beginning of the line's last column.
func wrapLine(line string, width int) string {
	if columns(line) <= width {
		return line
	}
	hang := hangOf(line, width)
	var b strings.Builder
	at, broken := 0, false
	for _, piece := range pieces.FindAllString(line, -1) {
		word := strings.TrimLeft(piece, " ")
		if broken && len(piece)-len(word) > 2 { // no columns are left to stand below
			piece = "  " + word
		}
		if at > hang && at+columns(piece) > width && strings.TrimSpace(word) != "" {
			b.WriteString("\n" + strings.Repeat(" ", hang))
			at, piece, broken = hang, word, true
		}
		b.WriteString(piece)
		at += columns(piece)
	}
	return b.String()
}

// columns is how many columns of a terminal a text takes.
func columns(s string) int {
	return text.StringWidthWithoutEscSequences(strings.TrimSuffix(s, "\n"))
}

// hangOf is where the last column begins, as far as it leaves room for something: columns are two or more spaces apart.
func hangOf(line string, width int) int {
	hang := columns(line[:len(line)-len(strings.TrimLeft(line, " "))]) + 2
	for _, gap := range gaps.FindAllStringIndex(line, -1) {
		if at := columns(line[:gap[1]]); at <= width*2/3 && gap[0] > 0 {
			hang = at
		}
	}
	return min(hang, width/2+width/6)
}

var gaps = regexp.MustCompile(` {2,}`)
