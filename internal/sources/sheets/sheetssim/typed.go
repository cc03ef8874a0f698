package sheetssim

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// This file is what happens to a text that is typed, or written as USER_ENTERED: Sheets takes it for something else.

var (
	sum  = regexp.MustCompile(`^[+-]?[0-9.]+([+-][0-9.]+)+$`)
	term = regexp.MustCompile(`[+-]?[0-9.]+`)
	days = []string{"2006-1-2", "1/2/2006", "1-2-2006", "1/2", "1-2"}
)

// typed is a cell after a text was typed into it.
func (b *Book) typed(c Cell, text string) Cell {
	if c.Format.Type == PlainText.Type {
		return c.filled(Cell{Value: plain(text)})
	}
	if rest, quoted := strings.CutPrefix(text, "'"); quoted {
		return c.filled(Cell{Value: plain(rest)})
	}
	trimmed := strings.TrimSpace(text)
	if n, err := strconv.ParseFloat(strings.ReplaceAll(trimmed, ",", ""), 64); err == nil && isNumeral(trimmed) {
		return c.filled(Cell{Value: n}) // +15551234567 and 0207 too
	}
	switch {
	case trimmed == "":
		return c.filled(Cell{Value: plain(text)})
	case trimmed[0] == '=':
		return c.filled(b.calculated(trimmed))
	case trimmed[0] == '+', trimmed[0] == '-' && len(trimmed) > 1:
		return c.filled(b.calculated("=" + trimmed))
	case strings.EqualFold(trimmed, "true"), strings.EqualFold(trimmed, "false"):
		return c.filled(Cell{Value: strings.EqualFold(trimmed, "true")})
	}
	for _, layout := range days {
		if day, err := time.Parse(layout, trimmed); err == nil {
			if day.Year() == 0 {
				day = day.AddDate(2026, 0, 0) // of the year in which it is typed
			}
			return c.filled(Cell{Value: serial(day), Format: Format{Type: "DATE"}})
		}
	}
	return c.filled(Cell{Value: plain(text)})
}

// isNumeral leaves out what only Go takes for a number: "Inf", "0x1p-2", "1_000".
func isNumeral(s string) bool { return strings.Trim(s, "0123456789.,+-eE") == "" }

// calculated is the cell of a formula: with the result that a test said it has, or one of Sheets's own if it is a sum, as
// a phone number is that was typed with its plus and hyphens.
func (b *Book) calculated(formula string) Cell {
	if result, known := b.results[formula]; known {
		return Cell{Value: result, Formula: formula}
	}
	if !sum.MatchString(formula[1:]) {
		return Cell{Value: Error("#ERROR!"), Formula: formula}
	}
	total := 0.0
	for _, t := range term.FindAllString(formula[1:], -1) {
		n, err := strconv.ParseFloat(t, 64)
		if err != nil {
			return Cell{Value: Error("#ERROR!"), Formula: formula}
		}
		total += n
	}
	return Cell{Value: total, Formula: formula}
}
