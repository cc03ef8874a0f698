package reconcile

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"syncd/internal/contact"
	"syncd/internal/mapping"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func mappingOf(t *testing.T, direction contact.Direction) *mapping.Mapping {
	t.Helper()
	m, err := mapping.New(mapping.Options{Key: []string{"id"}, Region: "US", Fields: []mapping.Field{
		{Name: contact.FirstName, Column: "First", Direction: direction, Conflicts: contact.Ask},
		{Name: "phoneNumbers.mobile", Column: "Phone", Direction: direction, Conflicts: contact.Ask},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// rowOf is a row with a name and a phone number.
func rowOf(number int, name, phone string) *Row {
	return &Row{Record: contact.Record{Row: number}, Hash: contact.HashOf([]byte(name + phone)),
		Values: contact.Values{contact.FirstName: val(name), "phoneNumbers.mobile": val(phone)}}
}

func contactOf(id, source, key, name, phone string) *contact.Contact {
	c := contact.New(source, key)
	c.ID, c.FirstName = id, name
	if phone != "" {
		c.PhoneNumbers = []contact.Item{{ID: "i", Name: "mobile", Value: phone}}
	}
	return &c
}

func linkOf(key string, c *contact.Contact, name, phone string) *contact.Link {
	return &contact.Link{Key: key, ContactID: c.ID, QuoHash: c.ContentHash(), Base: contact.Base{
		contact.FirstName:     {Source: name, Quo: name},
		"phoneNumbers.mobile": {Source: phone, Quo: phone},
	}}
}

// readAs makes the base of a link one that was read under the mapping.
func readAs(m *mapping.Mapping, link *contact.Link) {
	if link == nil {
		return
	}
	base := contact.Base{}
	for _, f := range m.Fields() {
		settled := link.Base[f.Name]
		settled.Reading = f.Reading
		base[f.Name] = settled
	}
	link.Base = base
}

// summary is a plan in a few words, for the tables of tests.
func summary(p Plan) string {
	var parts []string
	for _, o := range p.Operations {
		fields := make([]string, len(o.Fields))
		for i, f := range o.Fields {
			fields[i] = fmt.Sprintf("%s=%s", f.Field, f.After)
		}
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", o.Action, o.Side, o.Key, strings.Join(fields, ","))))
	}
	for _, w := range p.Waiting {
		parts = append(parts, "wait "+w.Key)
	}
	for _, c := range p.Conflicts {
		parts = append(parts, fmt.Sprintf("conflict %s %s", c.Key, c.Field))
	}
	for _, problem := range p.Problems {
		parts = append(parts, "problem "+problem.Key)
	}
	for _, d := range p.Drop {
		parts = append(parts, "drop "+d)
	}
	for _, key := range p.Unmanaged {
		parts = append(parts, "unmanaged "+key)
	}
	return strings.Join(parts, "; ")
}

const ann, phone, other = "Ann", "+14155550100", "+14155550199"

// TestDecideRecord is the table of the rules for one record, row by row.
func TestDecideRecord(t *testing.T) {
	ours := contactOf("1", "syncd-a", "k", ann, phone)
	edited := contactOf("1", "syncd-a", "k", ann, phone)
	edited.Role = "CTO" // not mapped, and still a change for a delete
	link := linkOf("k", ours, ann, phone)
	with := func(change func(*contact.Link)) *contact.Link { l := *link; change(&l); return &l }
	unlinked := with(func(l *contact.Link) { l.Unlinked = "the contact was deleted in Quo" })
	gone := with(func(l *contact.Link) { l.GoneAt = now.Add(-time.Hour) })
	base := Policy{Label: "syncd-a", Direction: contact.TwoWay, Match: Match{Ask: true}, CreateInSource: CreateOff,
		RowGone: RowGoneDelete, ContactGone: ContactGoneKeep, Grace: 10 * time.Minute}
	policy := func(change func(*Policy)) Policy { p := base; change(&p); return p }
	problematic := &Row{Record: contact.Record{Row: 2}, Problems: []contact.Problem{{Key: "k", Row: 2, Reason: "bad"}}}
	readOnly := contactOf("1", "openphone-clio", "k", ann, phone)
	took := func(side contact.Side) map[contact.Field]Choice {
		return map[contact.Field]Choice{contact.WholeRecord: {Take: side, Source: "the row is gone",
			Quo: "the contact changed, last at " + edited.UpdatedAt.UTC().Format(time.RFC3339Nano)}}
	}
	for _, c := range []struct {
		name    string
		policy  Policy
		subject Subject
		want    string
	}{
		{"new row", base, Subject{Row: rowOf(2, ann, phone)}, "create quo k firstName=Ann,phoneNumbers.mobile=" + phone},
		{"new row and our contact: linked", base, Subject{Row: rowOf(2, ann, phone), Contact: ours}, ""},
		{"new row and our contact, first sight", base, Subject{Row: rowOf(2, "Eve", ""), Contact: ours}, "update source k phoneNumbers.mobile=" + phone + "; conflict k firstName"},
		{"our contact without row or link", base, Subject{Contact: ours}, "unmanaged k"},
		{"our contact without row, create_in_source", policy(func(p *Policy) { p.CreateInSource = CreateOurs }), Subject{Contact: ours}, "create source k firstName=Ann,phoneNumbers.mobile=" + phone},
		{"unchanged", base, Subject{Row: rowOf(2, ann, phone), Contact: ours, Link: link}, ""},
		{"row changed", base, Subject{Row: rowOf(2, "Eve", phone), Contact: ours, Link: link}, "update quo k firstName=Eve"},
		{"contact changed", base, Subject{Row: rowOf(2, ann, phone), Contact: contactOf("1", "syncd-a", "k", "Eve", phone), Link: link}, "update source k firstName=Eve"},
		{"each side changed another field", base, Subject{Row: rowOf(2, "Eve", phone), Contact: contactOf("1", "syncd-a", "k", ann, other), Link: link}, "update quo k firstName=Eve; update source k phoneNumbers.mobile=" + other},
		{"both changed one field", base, Subject{Row: rowOf(2, "Eve", phone), Contact: contactOf("1", "syncd-a", "k", "Zoe", phone), Link: link}, "conflict k firstName"},
		{"the contact lost our label", base, Subject{Row: rowOf(2, ann, phone), Contact: contactOf("1", "", "k", ann, phone), Link: link}, "update quo k source=syncd-a"},
		{"the contact lost its external id", base, Subject{Row: rowOf(2, ann, phone), Contact: contactOf("1", "syncd-a", "", ann, phone), Link: link}, "update quo k externalId=k"},
		{"the contact became read-only", base, Subject{Row: rowOf(2, "Eve", phone), Contact: readOnly, Link: link}, "problem k"},
		{"a row that cannot be mapped", base, Subject{Row: problematic, Contact: ours, Link: gone}, "problem k"},
		{"a row that cannot be mapped, contact gone", base, Subject{Row: problematic, Link: link}, "problem k"},

		{"row gone, first seen", base, Subject{Contact: ours, Link: link}, "wait k"},
		{"row gone, grace over", base, Subject{Contact: ours, Link: gone}, "delete quo k firstName=,phoneNumbers.mobile="},
		{"row gone, no grace", policy(func(p *Policy) { p.Grace = 0 }), Subject{Contact: ours, Link: link}, "delete quo k firstName=,phoneNumbers.mobile="},
		{"row gone, kept", policy(func(p *Policy) { p.RowGone = RowGoneKeep }), Subject{Contact: ours, Link: gone}, "unlink quo k"},
		{"row gone, adopted", base, Subject{Contact: ours, Link: with(func(l *contact.Link) { l.Adopted, l.GoneAt = true, gone.GoneAt })}, "unlink quo k"},
		{"row gone, adopted may go", policy(func(p *Policy) { p.DeleteAdopted = true }), Subject{Contact: ours, Link: with(func(l *contact.Link) { l.Adopted, l.GoneAt = true, gone.GoneAt })}, "delete quo k firstName=,phoneNumbers.mobile="},
		{"row gone, contact changed", base, Subject{Contact: edited, Link: gone}, "conflict k *"},
		{"row gone, contact changed, kept anyway", policy(func(p *Policy) { p.RowGone = RowGoneKeep }), Subject{Contact: edited, Link: gone}, "unlink quo k"},
		{"row gone, contact changed, take source", base, Subject{Contact: edited, Link: gone, Take: took(contact.Source)}, "delete quo k firstName=,phoneNumbers.mobile="},
		{"row gone, contact changed, take quo", base, Subject{Contact: edited, Link: gone, Take: took(contact.Quo)}, "unlink quo k"},
		{"row gone, contact changed, take quo, with rows made", policy(func(p *Policy) { p.CreateInSource = CreateOurs }), Subject{Contact: edited, Link: gone, Take: took(contact.Quo)}, "create source k firstName=Ann,phoneNumbers.mobile=" + phone},
		{"row gone, from-quo", policy(func(p *Policy) { p.Direction = contact.FromQuo }), Subject{Contact: ours, Link: gone}, "unlink quo k"},

		{"contact gone", base, Subject{Row: rowOf(2, ann, phone), Link: link}, "unlink source k"},
		{"contact gone, recreate", policy(func(p *Policy) { p.ContactGone = ContactGoneRecreate }), Subject{Row: rowOf(2, ann, phone), Link: link}, "create quo k firstName=Ann,phoneNumbers.mobile=" + phone},
		{"contact gone, delete the row", policy(func(p *Policy) { p.ContactGone = ContactGoneDelete }), Subject{Row: rowOf(2, ann, phone), Link: link}, "delete source k"},
		{"contact gone, row changed", base, Subject{Row: rowOf(2, "Eve", phone), Link: link}, "create quo k firstName=Eve,phoneNumbers.mobile=" + phone},
		{"both gone", base, Subject{Link: link}, "drop k"},
		{"both gone, unlinked", base, Subject{Link: unlinked}, "drop k"},

		{"unlinked, only the row", base, Subject{Row: rowOf(2, ann, phone), Link: unlinked}, ""},
		{"unlinked, only the row, changed", base, Subject{Row: rowOf(2, "Eve", phone), Link: unlinked}, ""},
		{"unlinked, only the contact", base, Subject{Contact: edited, Link: unlinked}, ""},
		{"unlinked, relink the row", base, Subject{Row: rowOf(2, ann, phone), Link: with(func(l *contact.Link) { l.Unlinked, l.Relink = "x", true })}, "create quo k firstName=Ann,phoneNumbers.mobile=" + phone},
		{"unlinked, relink the contact", base, Subject{Contact: ours, Link: with(func(l *contact.Link) { l.Unlinked, l.Relink = "x", true })}, "create source k firstName=Ann,phoneNumbers.mobile=" + phone},
		{"unlinked, both there again", base, Subject{Row: rowOf(2, "", phone), Contact: ours, Link: unlinked}, "update source k firstName=Ann"},

		{"left the filter", base, Subject{Row: &Row{Filtered: true}, Contact: ours, Link: link}, "unlink quo k"},
		{"left the filter, never linked", base, Subject{Row: &Row{Filtered: true}}, ""},
		{"left the filter, unlinked", base, Subject{Row: &Row{Filtered: true}, Contact: ours, Link: unlinked}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.subject.Key = "k"
			m := mappingOf(t, c.policy.Direction)
			readAs(m, c.subject.Link)
			p := Decide(Input{Policy: c.policy, Mapping: m, Now: now, Subjects: []Subject{c.subject}})
			if got := summary(p); got != c.want {
				t.Errorf("plan: %s\nwant: %s", got, c.want)
			}
		})
	}
}

func TestUnreadableRowsHoldDeletes(t *testing.T) {
	c := contactOf("1", "syncd-a", "k", ann, phone)
	link := linkOf("k", c, ann, phone)
	link.GoneAt = now.Add(-time.Hour)
	p := Decide(Input{Policy: Policy{Label: "syncd-a", RowGone: RowGoneDelete}, Mapping: mappingOf(t, contact.ToQuo), Now: now,
		Subjects: []Subject{{Key: "k", Contact: c, Link: link}}, Unreadable: 1})
	if got := summary(p); got != "wait k" {
		t.Errorf("plan: %s, want the delete to wait", got)
	}
}

func TestChangedKey(t *testing.T) {
	c := contactOf("1", "syncd-a", "old", ann, phone)
	link := linkOf("old", c, ann, phone)
	link.GoneAt = now.Add(-time.Hour)
	policy := Policy{Label: "syncd-a", Direction: contact.ToQuo, RowGone: RowGoneDelete}
	filtered := rowOf(2, "Anne", phone)
	filtered.Filtered = true
	for _, test := range []struct {
		name    string
		row     *Row
		keyless bool
		want    string
	}{
		{"new key, same phone", rowOf(2, "Anne", phone), false, "problem new"},
		{"new key, all values the same", rowOf(2, ann, phone), false, "problem new"},
		{"new key, same name only", rowOf(2, ann, other), false, "create quo new firstName=Ann,phoneNumbers.mobile=" + other + "; delete quo old firstName=,phoneNumbers.mobile="},
		{"new key, same phone, left the filter", filtered, false, "problem new"},
		{"empty key, same phone", rowOf(2, "Anne", phone), true, "problem "},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := Input{Policy: policy, Mapping: mappingOf(t, contact.ToQuo), Now: now, Subjects: []Subject{{Key: "old", Contact: c, Link: link}}}
			if test.keyless {
				test.row.Problems = []contact.Problem{{Row: 2, Reason: "the key is empty"}}
				in.Keyless = []Row{*test.row}
			} else {
				in.Subjects = append(in.Subjects, Subject{Key: "new", Row: test.row})
			}
			p := Decide(in)
			if got := summary(p); got != test.want {
				t.Errorf("plan: %s\nwant: %s", got, test.want)
			}
			if strings.HasPrefix(test.want, "problem") && !strings.Contains(p.Problems[0].Reason, "record old under another key") {
				t.Errorf("reason %q does not name the record", p.Problems[0].Reason)
			}
		})
	}
}

func TestTwins(t *testing.T) {
	stranger := func(id, source, key, phone string) contact.Contact { return *contactOf(id, source, key, "Anna", phone) }
	free := stranger("9", "", "", phone)
	for _, c := range []struct {
		name      string
		match     Match
		strangers []contact.Contact
		rows      int
		want      string
	}{
		{"ask", Match{Ask: true}, []contact.Contact{free}, 1, "problem k1"},
		{"none", Match{}, []contact.Contact{free}, 1, "create quo k1 firstName=Ann,phoneNumbers.mobile=" + phone},
		{"adopt", Match{Phone: true}, []contact.Contact{free}, 1, "update quo k1 firstName=Ann,externalId=k1,source=syncd-a"},
		{"no twin", Match{Ask: true}, []contact.Contact{stranger("9", "", "", other)}, 1, "create quo k1 firstName=Ann,phoneNumbers.mobile=" + phone},
		{"two candidates", Match{Phone: true}, []contact.Contact{free, stranger("8", "", "", phone)}, 1, "problem k1"},
		{"two rows", Match{Phone: true}, []contact.Contact{free}, 2, "problem k1; problem k2"},
		{"another system's", Match{Phone: true}, []contact.Contact{stranger("9", "crm", "77", phone)}, 1, "problem k1"},
		{"read-only", Match{Phone: true}, []contact.Contact{stranger("9", "openphone-clio", "", phone)}, 1, "problem k1"},
		{"from a CSV import", Match{Phone: true}, []contact.Contact{stranger("9", "csv-v2", "", phone)}, 1, "update quo k1 firstName=Ann,externalId=k1,source=syncd-a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := Input{Policy: Policy{Label: "syncd-a", Direction: contact.ToQuo, Match: c.match}, Mapping: mappingOf(t, contact.ToQuo), Now: now, Strangers: c.strangers}
			for i := range c.rows {
				in.Subjects = append(in.Subjects, Subject{Key: fmt.Sprintf("k%d", i+1), Row: rowOf(i+2, ann, phone)})
			}
			p := Decide(in)
			if got := summary(p); got != c.want {
				t.Errorf("plan: %s\nwant: %s", got, c.want)
			}
			for _, o := range p.Operations {
				if o.Action == contact.Update && (!o.Adopts || !o.Link.Adopted) {
					t.Error("an adopted contact is not marked as such")
				}
			}
		})
	}
}

// TestTwinThatNobodyMayChange: the problem says what to do instead.
func TestTwinThatNobodyMayChange(t *testing.T) {
	p := Decide(Input{Policy: Policy{Sync: "a", Label: "syncd-a", Direction: contact.ToQuo, Match: Match{Phone: true}}, Mapping: mappingOf(t, contact.ToQuo),
		Now: now, Strangers: []contact.Contact{*contactOf("9", "openphone-clio", "", "Anna", phone)}, Subjects: []Subject{{Key: "k", Row: rowOf(2, ann, phone)}}})
	if len(p.Problems) != 1 || !strings.Contains(p.Problems[0].Reason, "`syncd match a k --new` makes another") {
		t.Errorf("problems: %+v", p.Problems)
	}
}

// TestAnotherReading maps a field to another column, whose cell is empty: nobody emptied it, so nothing is wiped.
func TestAnotherReading(t *testing.T) {
	for _, c := range []struct {
		direction contact.Direction
		want      string
	}{
		{contact.TwoWay, "update source k phoneNumbers.mobile=" + phone},
		{contact.ToQuo, ""},
	} {
		ours := contactOf("1", "syncd-a", "k", ann, phone)
		link := linkOf("k", ours, ann, phone)
		readAs(mappingOf(t, c.direction), link)
		m, err := mapping.New(mapping.Options{Key: []string{"id"}, Region: "US", Fields: []mapping.Field{
			{Name: contact.FirstName, Column: "First", Direction: c.direction, Conflicts: contact.Ask},
			{Name: "phoneNumbers.mobile", Column: "Another", Direction: c.direction, Conflicts: contact.Ask},
		}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		p := Decide(Input{Policy: Policy{Label: "syncd-a", Direction: c.direction}, Mapping: m, Now: now,
			Subjects: []Subject{{Key: "k", Row: rowOf(2, ann, ""), Contact: ours, Link: link}}})
		if got := summary(p); got != c.want {
			t.Errorf("%s: plan: %s\nwant: %s", c.direction, got, c.want)
		}
	}
}

// TestContactOfARecordWithAnotherKeyGetsThatKey, as after `syncd rekey`: nobody changed it in Quo.
func TestContactOfARecordWithAnotherKeyGetsThatKey(t *testing.T) {
	c := contactOf("1", "syncd-a", "old", ann, phone)
	m, link := mappingOf(t, contact.ToQuo), linkOf("new", c, ann, phone)
	readAs(m, link)
	p := Decide(Input{Policy: Policy{Label: "syncd-a", Direction: contact.ToQuo}, Mapping: m, Now: now,
		Subjects: []Subject{{Key: "new", Row: rowOf(2, ann, phone), Contact: c, Link: link}}})
	if got, want := summary(p), "update quo new externalId=new"; got != want {
		t.Fatalf("plan: %s\nwant: %s", got, want)
	}
	if got := p.Operations[0].Reason; got != "the key of the contact's record" || p.Operations[0].Adopts {
		t.Errorf("reason %q, adopts %t", got, p.Operations[0].Adopts)
	}
}

// TestFirstSightFillsOnlyWhatNobodyWrote: a boolean that says "no" is overwritten, and the brake counts that.
func TestFirstSightFillsOnlyWhatNobodyWrote(t *testing.T) {
	for _, c := range []struct {
		before contact.Value
		want   bool
	}{{contact.Value{}, true}, {val(no), false}, {val(ann), false}} {
		o := Operation{FirstSight: true, Settles: contact.Base{}}
		o.change(mapping.Field{Name: contact.Role}, c.before, val("true"), "settled")
		if o.FirstSight != c.want {
			t.Errorf("first sight over %+v: %t, want %t", c.before, o.FirstSight, c.want)
		}
	}
}
