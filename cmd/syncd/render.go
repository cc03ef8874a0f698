package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
)

const (
	widest  = 48  // a wider cell does not widen its column
	longest = 300 // a longer one is cut: -o json has it whole; what syncd itself says fits
)

// align returns rows of cells as lines of columns, two spaces apart; a column without text takes no room. The cells
// must be printable.
func align(rows [][]string) []string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = wider(widths[i], cell)
		}
	}
	lines := make([]string, len(rows))
	for i, row := range rows {
		var b strings.Builder
		for j, cell := range row {
			if cell != "" || widths[j] > 0 {
				b.WriteString(column(cell, widths[j]))
			}
		}
		lines[i] = strings.TrimRight(b.String(), " ")
	}
	return lines
}

// wider returns the width of a column that has one more cell.
func wider(width int, cell string) int {
	if w := text.StringWidth(cell); w <= widest {
		return max(width, w)
	}
	return width
}

// column is a cell and the space up to the next column.
func column(cell string, width int) string {
	cell = cut(cell)
	return cell + strings.Repeat(" ", max(width-text.StringWidth(cell), 0)+2)
}

func cut(cell string) string { return text.Snip(cell, longest, "…") }

// table prints rows under a heading, without the columns in which nothing stands.
func table(w io.Writer, heading []string, rows [][]string) {
	shown := make([]string, len(heading))
	for i := range heading {
		if slices.ContainsFunc(rows, func(row []string) bool { return row[i] != "" }) {
			shown[i] = heading[i]
		}
	}
	printLines(w, "", align(append([][]string{shown}, rows...)))
}

func printLines(w io.Writer, indent string, lines []string) {
	for _, line := range lines {
		fmt.Fprintln(w, indent+line)
	}
}

// printJSON prints a result as JSON.
func (c *cli) printJSON(v any) error {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	c.verbatim()
	_, err := io.WriteString(c.out, jsonEscape(b.String()))
	return err
}

// count is a number with its noun: "1 contact", "193 contacts".
func count[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// either returns one form of a word for one thing and another one for more.
func either(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// took is a duration as people say it: "12 ms", "0.4 s", "3 min 12 s", "1 h 5 min".
func took(d time.Duration) string {
	switch {
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute-50*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour-500*time.Millisecond:
		d = d.Round(time.Second)
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	default:
		d = d.Round(time.Minute)
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	}
}

// moment is a time in the local time zone, "" for the zero time.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// clock is a time of day, with its date unless that is the day of now.
func clock(t, now time.Time) string {
	t, now = t.Local(), now.Local()
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	return t.Format("15:04 on 2 January")
}

// paint colours text when results may be coloured.
func (c *cli) paint(color text.Color, s string) string {
	if !c.color {
		return s
	}
	return color.EscapeSeq() + s + text.Reset.EscapeSeq()
}
