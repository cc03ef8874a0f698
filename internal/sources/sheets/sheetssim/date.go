package sheetssim

import (
	"math"
	"strings"
	"time"
)

// epoch is the day with the serial number 0.
//
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/DateTimeRenderOption
var epoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

// Date is a cell with a day, in the format of the pattern; "" is that of the locale, en_US.
func Date(year int, month time.Month, day int, pattern string) Cell {
	return Cell{Value: serial(time.Date(year, month, day, 0, 0, 0, 0, time.UTC)), Format: Format{"DATE", pattern}}
}

func serial(t time.Time) float64 { return t.Sub(epoch).Hours() / 24 }

func (f Format) dated() bool { return f.Type == "DATE" || f.Type == "TIME" || f.Type == "DATE_TIME" }

// date writes a serial number as the format's pattern has it.
func (f Format) date(v float64) string {
	pattern := f.Pattern
	if pattern == "" {
		pattern = map[string]string{"DATE": "m/d/yyyy", "TIME": "h:mm:ss am/pm", "DATE_TIME": "m/d/yyyy h:mm:ss"}[f.Type]
	}
	seconds := time.Duration(math.Round(v*24*60*60)) * time.Second
	return epoch.Add(seconds).Format(layout(pattern))
}

// layout is the Go layout of a pattern such as "yyyy-mm-dd h:mm am/pm". An m beside hours or seconds is minutes.
func layout(pattern string) string {
	noon := strings.Contains(pattern, "am/pm")
	var b strings.Builder
	var last byte
	for pattern != "" {
		if rest, ok := strings.CutPrefix(pattern, "am/pm"); ok {
			b.WriteString("PM")
			pattern = rest
			continue
		}
		c := pattern[0]
		rest := strings.TrimLeft(pattern, string(c))
		run := pattern[:len(pattern)-len(rest)]
		pattern = rest
		if c == 'm' && (last == 'h' || strings.HasPrefix(strings.TrimLeft(rest, ":."), "s")) {
			c = 'M'
		}
		b.WriteString(layoutPart(c, run, noon))
		if strings.IndexByte("ymdhMs", c) >= 0 {
			last = c
		}
	}
	return b.String()
}

func layoutPart(c byte, run string, noon bool) string {
	long := len(run) > 1
	choose := func(short, full string) string {
		if long {
			return full
		}
		return short
	}
	switch {
	case c == 'y' && len(run) > 2:
		return "2006"
	case c == 'y':
		return "06"
	case c == 'm' && len(run) > 2:
		return "Jan"
	case c == 'm':
		return choose("1", "01")
	case c == 'd':
		return choose("2", "02")
	case c == 'h' && noon:
		return choose("3", "03")
	case c == 'h':
		return "15"
	case c == 'M':
		return choose("4", "04")
	case c == 's':
		return choose("5", "05")
	default:
		return run
	}
}
