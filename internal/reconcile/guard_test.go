package reconcile

import (
	"fmt"
	"strings"
	"testing"

	"syncd/internal/contact"
)

func planOf(kinds map[Kind]int) Plan {
	var p Plan
	for _, k := range []Kind{{contact.Quo, contact.Create}, {contact.Quo, contact.Update}, {contact.Quo, contact.Delete},
		{contact.Quo, contact.Unlink}, {contact.Source, contact.Unlink}} {
		for i := range kinds[k] {
			p.Operations = append(p.Operations, Operation{Key: fmt.Sprintf("%s-%d", k.Action, i), Side: k.Side, Action: k.Action})
		}
	}
	return p
}

func heldOf(p Plan) map[Kind]int {
	held := map[Kind]int{}
	for _, o := range p.Operations {
		if o.Held {
			held[Kind{o.Side, o.Action}]++
		}
	}
	return held
}

func TestBrake(t *testing.T) {
	create, update, del := Kind{contact.Quo, contact.Create}, Kind{contact.Quo, contact.Update}, Kind{contact.Quo, contact.Delete}
	unlink, unlinkSource := Kind{contact.Quo, contact.Unlink}, Kind{contact.Source, contact.Unlink}
	percent := func(p float64) Limit { return Limit{Percent: p, IsPercent: true} }
	normal := Brake{Deletes: percent(10), Updates: percent(50), Creates: percent(50), Links: 100}
	with := func(change func(*Brake)) Brake { b := normal; change(&b); return b }
	for _, c := range []struct {
		name  string
		brake Brake
		plan  map[Kind]int
		want  map[Kind]int
	}{
		{"at the limit", normal, map[Kind]int{del: 10, update: 50}, nil},
		{"one delete more", normal, map[Kind]int{del: 11, update: 1}, map[Kind]int{del: 11}},
		{"held deletes hold the creates", normal, map[Kind]int{del: 11, create: 1, update: 1}, map[Kind]int{del: 11, create: 1}},
		{"unlinking counts as a delete", normal, map[Kind]int{del: 6, unlink: 5}, map[Kind]int{del: 6, unlink: 5}},
		{"each side is counted apart", normal, map[Kind]int{del: 6, unlinkSource: 6}, nil},
		{"one update more", normal, map[Kind]int{update: 51}, map[Kind]int{update: 51}},
		{"5 deletes always pass", with(func(b *Brake) { b.Links = 3 }), map[Kind]int{del: 5, update: 20, create: 500}, nil},
		{"6 deletes of 3 links", with(func(b *Brake) { b.Links = 3 }), map[Kind]int{del: 6, update: 21, create: 501}, map[Kind]int{del: 6, update: 21, create: 501}},
		{"creates are free in the first run", with(func(b *Brake) { b.FirstRun = true }), map[Kind]int{create: 9000}, nil},
		{"0 holds all", with(func(b *Brake) { b.Deletes = Limit{} }), map[Kind]int{del: 1}, map[Kind]int{del: 1}},
		{"a count", with(func(b *Brake) { b.Deletes = Limit{Count: 7} }), map[Kind]int{del: 8}, map[Kind]int{del: 8}},
		{"the last 24 hours count", with(func(b *Brake) { b.Recent = map[Kind]int{del: 10} }), map[Kind]int{del: 1}, map[Kind]int{del: 1}},
		{"lifted", with(func(b *Brake) { b.AllowDeletes = true }), map[Kind]int{del: 99, create: 1}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := planOf(c.plan)
			c.brake.Apply(&p)
			got := heldOf(p)
			if len(got) != len(c.want) {
				t.Fatalf("held %v, want %v", got, c.want)
			}
			for kind, n := range c.want {
				if got[kind] != n {
					t.Errorf("held %v, want %v", got, c.want)
				}
			}
		})
	}
}

func TestBrakeApproval(t *testing.T) {
	p := planOf(map[Kind]int{{contact.Quo, contact.Delete}: 20})
	approved := p.Operations[3].Fingerprint()
	Brake{Links: 20, Deletes: Limit{Percent: 10, IsPercent: true}, Approved: map[contact.Hash]bool{approved: true}}.Apply(&p)
	for i, o := range p.Operations {
		if o.Approved != (i == 3) || o.Held != (i != 3) {
			t.Errorf("operation %d: approved %t, held %t", i, o.Approved, o.Held)
		}
	}
}

func TestBrakeKeepsWhatWaitsForAHeldRow(t *testing.T) {
	for _, lifted := range []bool{false, true} {
		p := Plan{Operations: []Operation{{Key: "k", Side: contact.Source, Action: contact.Create},
			{Key: "k", Side: contact.Quo, Action: contact.Update, AfterRow: true}}}
		Brake{Links: 20, Updates: Limit{Count: 9}, AllowCreates: lifted}.Apply(&p)
		want := 1
		if lifted {
			want = 2
		}
		if len(p.Operations) != want || p.Operations[0].Held == lifted {
			t.Errorf("creates lifted %t: the plan is %+v", lifted, p.Operations)
		}
	}
}

func TestFingerprint(t *testing.T) {
	c := contact.New("syncd-a", "k")
	c.ID, c.FirstName = "1", "Ann"
	o := Operation{Key: "k", Side: contact.Quo, Action: contact.Delete, Contact: &c}
	was := o.Fingerprint()
	edited := c.Clone()
	edited.Role = "CTO"
	o.Contact = &edited
	if o.Fingerprint() == was {
		t.Error("a delete of a contact that changed has the fingerprint of the one that was approved")
	}
}

func TestCheck(t *testing.T) {
	normal := Facts{Links: 100, Rows: 100, Ours: 100, Keys: 100, Label: "syncd-a", OldLabel: "syncd-a"}
	with := func(change func(*Facts)) Facts { f := normal; change(&f); return f }
	for _, c := range []struct {
		name  string
		facts Facts
		want  string // a part of the error, "" for none
	}{
		{"all is well", normal, ""},
		{"first run of an empty source", Facts{Label: "syncd-a", FirstRun: true}, ""},
		{"emptied source", with(func(f *Facts) { f.Rows = 0 }), "the source is empty"},
		{"emptied source, meant", with(func(f *Facts) { f.Rows, f.AllowEmptied = 0, true }), ""},
		{"emptied workspace", with(func(f *Facts) { f.Ours = 0 }), "none of the 100"},
		{"another label", with(func(f *Facts) { f.Label = "syncd-b" }), "syncd-a"},
		{"another label is never meant", with(func(f *Facts) { f.Label, f.AllowEmptied = "syncd-b", true }), "syncd-a"},
		{"the key column's values changed", with(func(f *Facts) { f.Gone, f.New = 95, 95 }), "key column"},
		{"most rows gone, few new: the brake's business", with(func(f *Facts) { f.Gone, f.New = 95, 3 }), ""},
		{"just 90% changed", with(func(f *Facts) { f.Gone, f.New = 90, 90 }), ""},
		{"few links changed", with(func(f *Facts) { f.Links, f.Gone, f.New = 9, 9, 9 }), ""},
		{"renamed sync", Facts{Label: "syncd-b", FirstRun: true, Rows: 20, Keys: 20, Elsewhere: map[string]int{"syncd-a": 11}}, "label: syncd-a"},
		{"a few keys under another label", Facts{Label: "syncd-b", FirstRun: true, Rows: 20, Keys: 20, Elsewhere: map[string]int{"syncd-a": 9}}, ""},
		{"a small part under another label", Facts{Label: "syncd-b", FirstRun: true, Rows: 50, Keys: 50, Elsewhere: map[string]int{"syncd-a": 11}}, ""},
		{"not the first run", Facts{Label: "syncd-b", Rows: 20, Keys: 20, Elsewhere: map[string]int{"syncd-a": 20}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Check(c.facts)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("stops: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
