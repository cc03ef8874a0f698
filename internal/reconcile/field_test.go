package reconcile

import (
	"testing"
	"time"

	"syncd/internal/contact"
	"syncd/internal/mapping"
)

// no is a boolean that says so, in the tables of tests.
const no = "false"

func val(s string) contact.Value {
	if s == no {
		return contact.Value{Text: s}
	}
	return contact.Value{Norm: s, Text: s}
}

// TestMergeField is the table of the rules for one field, row by row.
func TestMergeField(t *testing.T) {
	early, late := time.Unix(1000, 0), time.Unix(2000, 0)
	field := func(d contact.Direction, p contact.ConflictPolicy) mapping.Field {
		return mapping.Field{Name: contact.Role, Direction: d, Conflicts: p}
	}
	two, toQ, fromQ := field(contact.TwoWay, contact.Ask), field(contact.ToQuo, contact.Ask), field(contact.FromQuo, contact.Ask)
	keep, keepToQuo, keepFromQuo := two, toQ, fromQ
	keep.KeepEmpty, keepToQuo.KeepEmpty, keepFromQuo.KeepEmpty = true, true, true
	settledAs := func(source, quo string) *contact.Settled { return &contact.Settled{Source: source, Quo: quo} }
	both := func(s string) *contact.Settled { return settledAs(s, s) }
	for _, c := range []struct {
		name        string
		field       mapping.Field
		base        *contact.Settled
		source, quo string
		take        contact.Side
		rowAt       time.Time
		want        verdict
	}{
		{"both the same as before", two, both("a"), "a", "a", "", early, settle},
		{"both changed to the same", two, both("a"), "b", "b", "", early, settle},
		{"same at first sight", two, nil, "a", "a", "", early, settle},
		{"only the source changed", two, both("a"), "b", "a", "", early, toQuo},
		{"only the source changed, to empty", two, both("a"), "", "a", "", early, toQuo},
		{"only Quo changed", two, both("a"), "a", "b", "", early, toSource},
		{"only Quo changed, to empty", two, both("a"), "a", "", "", early, toSource},
		{"both changed", two, both("a"), "b", "c", "", early, conflict},
		{"both changed, one to empty", two, both("a"), "", "c", "", early, conflict},
		{"settled as different, neither changed", two, settledAs("1.00", "1"), "1.00", "1", "", early, leave},
		{"settled as different, source changed", two, settledAs("1.00", "1"), "2.00", "1", "", early, toQuo},
		{"first sight, source empty", two, nil, "", "a", "", early, toSource},
		{"first sight, Quo empty", two, nil, "a", "", "", early, toQuo},
		{"first sight, both filled", two, nil, "a", "b", "", early, conflict},
		{"conflict, source wins", field(contact.TwoWay, contact.TakeSource), both("a"), "b", "c", "", early, toQuo},
		{"conflict, Quo wins", field(contact.TwoWay, contact.TakeQuo), both("a"), "b", "c", "", early, toSource},
		{"conflict, source newer", field(contact.TwoWay, contact.TakeNewest), both("a"), "b", "c", "", late.Add(time.Hour), toQuo},
		{"conflict, Quo newer", field(contact.TwoWay, contact.TakeNewest), both("a"), "b", "c", "", early, toSource},
		{"conflict, equally new", field(contact.TwoWay, contact.TakeNewest), both("a"), "b", "c", "", late, conflict},
		{"conflict, the row has no time", field(contact.TwoWay, contact.TakeNewest), both("a"), "b", "c", "", time.Time{}, conflict},
		{"conflict, a person took the source", two, both("a"), "b", "c", contact.Source, early, toQuo},
		{"conflict, a person took Quo", two, both("a"), "b", "c", contact.Quo, early, toSource},

		{"to-quo, source changed", toQ, both("a"), "b", "a", "", early, toQuo},
		{"to-quo, source emptied", toQ, both("a"), "", "a", "", early, toQuo},
		{"to-quo, Quo edited: put back", toQ, both("a"), "a", "b", "", early, toQuo},
		{"to-quo, Quo emptied: put back", toQ, both("a"), "a", "", "", early, toQuo},
		{"to-quo, both changed: no conflict", toQ, both("a"), "b", "c", "", early, toQuo},
		{"to-quo, first sight, both filled", toQ, nil, "a", "b", "", early, toQuo},
		{"to-quo, first sight, empty source wipes nothing", toQ, nil, "", "b", "", early, settle},
		{"to-quo, empty since first sight, Quo edited", toQ, settledAs("", "b"), "", "c", "", early, settle},
		{"to-quo, empty since first sight, untouched", toQ, settledAs("", "b"), "", "b", "", early, settle},
		{"to-quo, both were empty, Quo filled: put back", toQ, both(""), "", "c", "", early, toQuo},
		{"to-quo, settled as different", toQ, settledAs("1.00", "1"), "1.00", "1", "", early, leave},

		{"from-quo, Quo changed", fromQ, both("a"), "a", "b", "", early, toSource},
		{"from-quo, source edited: put back", fromQ, both("a"), "b", "a", "", early, toSource},
		{"from-quo, both changed: no conflict", fromQ, both("a"), "b", "c", "", early, toSource},
		{"from-quo, first sight, empty Quo wipes nothing", fromQ, nil, "b", "", "", early, settle},
		{"from-quo, first sight, both filled", fromQ, nil, "b", "c", "", early, toSource},

		{"empty: keep, cell emptied", keep, both("a"), "", "a", "", early, settle},
		{"empty: keep, cell emptied and Quo changed", keep, both("a"), "", "b", "", early, toSource},
		{"empty: keep, first sight", keep, nil, "", "a", "", early, settle},
		{"empty: keep, filled cell", keep, both("a"), "b", "a", "", early, toQuo},
		{"empty: keep, to-quo", keepToQuo, both("a"), "", "a", "", early, settle},
		{"empty: keep, to-quo, Quo changed", keepToQuo, both("a"), "", "b", "", early, settle},
		{"empty: keep, from-quo", keepFromQuo, both("a"), "", "a", "", early, settle},
		{"empty: keep, from-quo, first sight", keepFromQuo, nil, "", "a", "", early, settle},
		{"empty: keep, from-quo, Quo changed", keepFromQuo, both(""), "", "b", "", early, toSource},
		{"empty: keep, from-quo, cell edited: put back", keepFromQuo, both("a"), "b", "a", "", early, toSource},

		{"first sight, the source says no", two, nil, no, "true", "", early, conflict},
		{"first sight, Quo says no", two, nil, "true", no, "", early, conflict},
		{"first sight, one says no, the other nothing", two, nil, no, "", "", early, settle},
		{"to-quo, first sight, the source says no", toQ, nil, no, "true", "", early, toQuo},
		{"from-quo, first sight, Quo says no", fromQ, nil, "true", no, "", early, toSource},
	} {
		t.Run(c.name, func(t *testing.T) {
			fc := fieldCase{field: c.field, source: val(c.source), quo: val(c.quo), take: c.take, rowAt: c.rowAt, contactAt: late}
			if c.base != nil {
				fc.base, fc.known = *c.base, true
			}
			got, reason := mergeField(fc)
			if got != c.want {
				t.Errorf("verdict %d, want %d", got, c.want)
			}
			if writes := got == toQuo || got == toSource; writes != (reason != "") {
				t.Errorf("reason %q for verdict %d", reason, got)
			}
		})
	}
}
