package sheetssim

import "testing"

func TestDates(t *testing.T) {
	for _, test := range []struct {
		format Format
		value  float64
		want   string
	}{
		{Format{"DATE", ""}, 46027, "1/5/2026"},
		{Format{"DATE", "yyyy-mm-dd"}, 46027, "2026-01-05"},
		{Format{"DATE", "dd.mm.yy"}, 46027, "05.01.26"},
		{Format{"DATE", "mmm d, yyyy"}, 46027, "Jan 5, 2026"},
		{Format{"DATE_TIME", "yyyy-mm-dd hh:mm:ss"}, 46027.75, "2026-01-05 18:00:00"},
		{Format{"DATE_TIME", ""}, 46027.25, "1/5/2026 06:00:00"},
		{Format{"TIME", ""}, 0.5625, "1:30:00 PM"},
		{Format{"TIME", "mm:ss"}, 0.5625, "30:00"},
	} {
		if got := test.format.date(test.value); got != test.want {
			t.Errorf("%+v %v: got %q, want %q", test.format, test.value, got, test.want)
		}
	}
	if c := Date(2026, 1, 5, ""); c.Value != 46027.0 || c.Shown() != "1/5/2026" {
		t.Errorf("got %+v", c)
	}
}
