package reconcile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"syncd/internal/contact"
	"syncd/internal/mapping"
)

// Past is an operation that a run did, as its journal tells it.
type Past struct {
	Key       string
	Side      contact.Side
	Action    contact.Action
	ContactID string
	Fields    []contact.FieldChange
	// Before and After are the contact of an operation on Quo's side, RowBefore and RowAfter the cells by column of one on
	// the source's; nil where there was none.
	Before, After       *contact.Contact
	RowBefore, RowAfter map[string]contact.Cell
}

// UndoInput is everything that the plan of an undo depends on.
type UndoInput struct {
	Policy  Policy
	Mapping *mapping.Mapping
	Run     int64 // that is undone
	In      int64 // that undoes it, 0 in a plan
	Past    []Past
	// Subjects are both sides of the records as they are now, by key.
	Subjects map[string]Subject
	// Contacts are those that the run wrote, as they are now, by id; those that are gone are not there.
	Contacts map[string]*contact.Contact
	// KeepsRows says that the source never deletes rows.
	KeepsRows bool
	Beside    Beside
}

// Beside is what a source has in columns that the mapping does not name. No journal knows what stands there.
type Beside struct {
	// None says that there are no such columns.
	None bool
	// Filled are those that hold something, by the key of each row that the run made and that could be looked at.
	Filled map[string][]string
	// Unseen is why no row could be looked at.
	Unseen string
}

// Undoing is what would put back what a run did, and what is left as it is.
type Undoing struct {
	Plan Plan
	Left []Left
}

// Left is what an undo leaves as it is.
type Left struct {
	Key   string        `json:"key"`
	Side  contact.Side  `json:"side"`
	Field contact.Field `json:"field"` // "" for the whole record
	Now   string        `json:"now"`   // what the field holds
	Why   string        `json:"why"`
}

// Undo plans the reverse of what a run did, on both sides, where nobody changed it since. What it puts back does not happen
// again by itself: a field becomes a conflict ([contact.Settled.Undone]), a record that loses or gets back one of its sides
// is unlinked.
func Undo(in UndoInput) Undoing {
	u := &undoer{UndoInput: in, why: contact.UndoOf(in.Run), links: map[string]contact.Link{}, stays: map[string]bool{}}
	for i := range in.Past {
		if p := &in.Past[i]; !p.mark() {
			u.reverse(p, in.Subjects[p.Key])
		}
	}
	u.finish()
	return u.undoing
}

type undoer struct {
	UndoInput
	why     string
	undoing Undoing
	links   map[string]contact.Link // that become unlinked, by key
	stays   map[string]bool         // keys of rows that the run made and that are left
}

// mark reports whether the operation only noted in the row what syncd itself keeps there.
func (p *Past) mark() bool {
	return p.Side == contact.Source && len(p.Fields) > 0 && !slices.ContainsFunc(p.Fields, func(f contact.FieldChange) bool {
		return f.Field != "contactId" && f.Field != "status"
	})
}

// reverse is the table of what undoes what.
func (u *undoer) reverse(p *Past, s Subject) {
	s.Key = p.Key
	switch {
	case p.Action == contact.Unlink:
		u.leave(p, "", "", "nothing was written: `syncd relink` recreates the missing side")
	case p.Side == contact.Quo && u.Policy.Direction == contact.FromQuo:
		u.leave(p, "", "", "this sync does not write Quo any more")
	case p.Side == contact.Source && u.Policy.Direction == contact.ToQuo:
		u.leave(p, "", "", "this sync does not write the source any more")
	case s.Row != nil && len(s.Row.Problems) > 0:
		u.leave(p, "", "", "its row has a problem: "+s.Row.Problems[0].Reason)
	case p.Side == contact.Quo && p.Action == contact.Create:
		u.deleteContact(p, s)
	case p.Side == contact.Quo && p.Action == contact.Delete:
		u.createContact(p, s)
	case p.Side == contact.Quo:
		u.updateContact(p, s)
	case p.Action == contact.Create:
		u.deleteRow(p, s)
	case p.Action == contact.Delete:
		u.createRow(p, s)
	default:
		u.updateRow(p, s)
	}
}

func (u *undoer) leave(p *Past, field contact.Field, now, why string) {
	u.undoing.Left = append(u.undoing.Left, Left{Key: p.Key, Side: p.Side, Field: field, Now: now, Why: why})
}

const changedSince = "it was changed since"

// operation is one that a person asked for, so that no brake holds or counts it.
func (u *undoer) operation(p *Past, s Subject, action contact.Action) Operation {
	return Operation{Key: p.Key, Side: p.Side, Action: action, Reason: u.why, Row: s.Row, Settles: contact.Base{}, Approved: true}
}

// unlink remembers the record without making either side again.
func (u *undoer) unlink(s Subject, contactID string) contact.Link {
	link := contact.Link{Key: s.Key, Base: contact.Base{}}
	if s.Link != nil {
		link = *s.Link
	}
	link.ContactID, link.Unlinked, link.Relink, link.Pending = contactID, u.why, false, false
	if s.Row != nil {
		link.SourceHash = s.Row.Hash
	}
	u.links[s.Key] = link
	return link
}

// deleteContact undoes the create of a contact.
func (u *undoer) deleteContact(p *Past, s Subject) {
	switch now := u.Contacts[p.ContactID]; {
	case now == nil:
		u.leave(p, "", "", "the contact is gone already")
	case !u.holds(now, p.After):
		u.leave(p, "", "", changedSince)
	default:
		o := u.operation(p, s, contact.Delete)
		o.Contact, o.Link = now, u.unlink(s, now.ID)
		u.lost(&o, u.Mapping.ContactValues(*now, nil))
		u.add(o)
	}
}

// holds reports whether a contact is as it was left, but for the spelling of mapped values.
func (u *undoer) holds(now, left *contact.Contact) bool {
	if left == nil {
		return false
	}
	is, was := u.Mapping.ContactValues(*now, nil), u.Mapping.ContactValues(*left, nil)
	for _, f := range u.Mapping.Fields() {
		if !is[f.Name].Same(was[f.Name]) {
			return false
		}
	}
	return sameBesides(u.Mapping, *now, *left)
}

// sameBesides compares what is not mapped.
func sameBesides(m *mapping.Mapping, a, b contact.Contact) bool {
	nothing := contact.Values{}
	for _, f := range m.Fields() {
		nothing[f.Name] = contact.Value{}
	}
	a, b = m.Apply(a, nothing, nil), m.Apply(b, nothing, nil)
	return a.ContentHash() == b.ContentHash()
}

// createContact undoes the delete of a contact: another one with the same content, and another id.
func (u *undoer) createContact(p *Past, s Subject) {
	switch {
	case p.Before == nil:
		u.leave(p, "", "", "the journal does not say what it held")
		return
	case s.Contact != nil:
		u.leave(p, "", "", "the record has a contact again")
		return
	}
	o := u.operation(p, s, contact.Create)
	o.After = p.Before.Clone()
	o.After.ID, o.After.ExternalID, o.After.Source = "", p.Key, u.Policy.Label
	for _, items := range [][]contact.Item{o.After.PhoneNumbers, o.After.Emails} {
		for i := range items {
			items[i].ID = ""
		}
	}
	o.Link = u.unlink(s, "")
	values := u.Mapping.ContactValues(o.After, nil)
	for _, f := range u.Mapping.Fields() {
		if v := values[f.Name]; !v.Blank() {
			o.Fields = append(o.Fields, contact.FieldChange{Field: f.Name, After: shown(v), Reason: u.why})
		}
	}
	u.add(o)
}

// updateContact undoes the update of a contact.
func (u *undoer) updateContact(p *Past, s Subject) {
	now := u.Contacts[p.ContactID]
	switch {
	case now == nil:
		u.leave(p, "", "", "the contact is gone")
		return
	case now.ReadOnly():
		u.leave(p, "", "", "this contact is read-only in Quo: it belongs to "+now.Source)
		return
	case p.Before == nil || p.After == nil:
		u.leave(p, "", "", "the journal does not say what it held")
		return
	}
	o := u.operation(p, s, contact.Update)
	o.Contact = now
	if s.Link != nil {
		o.Link = *s.Link
	}
	near := nearOf(o.Link.Base, nil)
	before, after, is := u.Mapping.ContactValues(*p.Before, near), u.Mapping.ContactValues(*p.After, near), u.Mapping.ContactValues(*now, near)
	set := contact.Values{}
	for _, change := range p.Fields {
		f, mapped := u.field(change.Field)
		switch v := is[f.Name]; {
		case change.Field == "externalId" || change.Field == "source":
		case !mapped:
			u.leave(p, change.Field, "", "it is not mapped any more")
		case v.Same(before[f.Name]):
		case !v.Same(after[f.Name]):
			u.leave(p, f.Name, shown(v), changedSince)
		default:
			set[f.Name] = before[f.Name]
			o.Fields = append(o.Fields, contact.FieldChange{Field: f.Name, Before: shown(v), After: shown(before[f.Name]), Reason: u.why})
			if linkedWith(s, now) {
				u.open(&o, f, s.Row.Values[f.Name].Norm, before[f.Name].Norm)
			}
		}
	}
	o.After = u.Mapping.Apply(*now, set, near)
	u.giveBack(p, &o, s)
	if len(o.Fields) > 0 {
		u.add(o)
	}
}

// linkedWith reports whether a record's row and this contact are kept the same.
func linkedWith(s Subject, c *contact.Contact) bool {
	return s.Row != nil && s.Link.Linked() && s.Link.ContactID == c.ID
}

// giveBack undoes that a contact became a record's: it gets back the external id and the source that it had. Where the
// source or the sync would make it the record's again, it stays.
func (u *undoer) giveBack(p *Past, o *Operation, s Subject) {
	adopted := slices.ContainsFunc(p.Fields, func(f contact.FieldChange) bool {
		return (f.Field == "externalId" || f.Field == "source") && f.Reason == becomesReason
	})
	_, rowGoes := u.links[p.Key] // the run made the row too
	switch {
	case !adopted || o.Contact.ExternalID != p.After.ExternalID || o.Contact.Source != p.After.Source:
		return
	case u.stays[p.Key]:
		u.leave(p, "externalId", o.Contact.ExternalID, "the contact stays this record's, as the row stays")
		return
	case !u.Mapping.Keyed(), u.Policy.CreateInSource == CreateAll && s.Row != nil && !rowGoes:
		u.leave(p, "externalId", o.Contact.ExternalID, "the contact stays this record's: the next run would make it so again")
		return
	case contact.ReservedSource(p.Before.Source):
		u.leave(p, "source", o.Contact.Source, "Quo lets nobody write "+p.Before.Source+" there: the contact stays this record's")
		return
	}
	for _, member := range []struct {
		name contact.Field
		is   *string
		was  string
	}{{"externalId", &o.After.ExternalID, p.Before.ExternalID}, {"source", &o.After.Source, p.Before.Source}} {
		if *member.is != member.was {
			o.Fields = append(o.Fields, contact.FieldChange{Field: member.name, Before: *member.is, After: member.was, Reason: u.why})
			*member.is = member.was
		}
	}
	o.Settles, o.Opens = contact.Base{}, nil
	if rowGoes { // the contact is remembered, so that it gets no row again
		o.Link = u.unlink(s, p.ContactID)
		return
	}
	o.Link, o.GivesUp = u.unlink(s, ""), true // the row is remembered, so that it gets no contact again
}

// deleteRow undoes the create of a row.
func (u *undoer) deleteRow(p *Past, s Subject) {
	if s.Row == nil {
		u.leave(p, "", "", "the row is gone already")
		return
	}
	if why := u.keepsRow(p, s); why != "" {
		u.stays[p.Key] = true
		u.leave(p, "", "", why)
		return
	}
	o := u.operation(p, s, contact.Delete)
	o.Contact, o.Link = s.Contact, u.unlink(s, p.ContactID)
	u.lost(&o, s.Row.Values)
	u.add(o)
}

// keepsRow says why a row that the run made is left, "" when it may go.
func (u *undoer) keepsRow(p *Past, s Subject) string {
	filled, seen := u.Beside.Filled[p.Key]
	switch {
	case !u.rowHolds(s.Row, p.RowAfter):
		return changedSince
	case u.KeepsRows:
		return "rows of this source are never deleted: " + u.byHand(s)
	case len(filled) > 0:
		return fmt.Sprintf("other columns were filled, by somebody or by the table (%s): %s", strings.Join(filled, ", "), u.byHand(s))
	case !seen && !u.Beside.None:
		return fmt.Sprintf("whether other columns were filled is not known (%s): %s", cmp.Or(u.Beside.Unseen, "they cannot be read"), u.byHand(s))
	}
	return ""
}

// byHand says what a person can do about a row that is left.
func (u *undoer) byHand(s Subject) string {
	if s.Contact != nil && s.Link.Linked() && u.Policy.deletesContact(s.Link) {
		return "when you delete it by hand, its contact is deleted too"
	}
	return "delete the row by hand"
}

// rowHolds reports whether a row holds what was written to it, but for what syncd itself notes there.
func (u *undoer) rowHolds(row *Row, left map[string]contact.Cell) bool {
	record := u.record(left)
	was, _ := u.Mapping.Values(record)
	for _, f := range u.Mapping.Fields() {
		if !row.Values[f.Name].Same(was[f.Name]) {
			return false
		}
	}
	return u.Mapping.SameKind(row.Record, record)
}

// record is a row of the journal, in the order of the mapping's columns.
func (u *undoer) record(cells map[string]contact.Cell) contact.Record {
	record := contact.Record{}
	for _, column := range u.Mapping.Columns() {
		record.Cells = append(record.Cells, cells[column])
	}
	return record
}

// createRow undoes the delete of a row.
func (u *undoer) createRow(p *Past, s Subject) {
	switch {
	case s.Row != nil:
		u.leave(p, "", "", "the row is there again")
		return
	case p.RowBefore == nil:
		u.leave(p, "", "", "the journal does not say what it held")
		return
	}
	record := u.record(p.RowBefore)
	values, _ := u.Mapping.Values(record)
	o := u.operation(p, s, contact.Create)
	o.Contact, o.Cells, o.Link = s.Contact, record.Cells, u.unlink(s, p.ContactID)
	if !u.Beside.None {
		o.Reason += ", without what its other columns held"
	}
	for _, f := range u.Mapping.Fields() {
		if v := values[f.Name]; !v.Blank() {
			o.Fields = append(o.Fields, contact.FieldChange{Field: f.Name, After: shown(v), Reason: u.why})
			o.Settles[f.Name] = contact.Settled{Source: v.Norm, Quo: v.Norm, Reading: f.Reading}
		}
	}
	u.add(o)
}

// updateRow undoes the update of a row: the cells that were written hold again what they held, as it was spelled.
func (u *undoer) updateRow(p *Past, s Subject) {
	if s.Row == nil {
		u.leave(p, "", "", "the row is gone")
		return
	}
	o := u.operation(p, s, contact.Update)
	o.Contact, o.Cells = s.Contact, slices.Clone(s.Row.Record.Cells)
	if s.Link != nil {
		o.Link = *s.Link
	}
	before, _ := u.Mapping.Values(u.record(p.RowBefore))
	after, _ := u.Mapping.Values(u.record(p.RowAfter))
	var quo contact.Values
	if s.Contact != nil {
		quo = u.Mapping.ContactValues(*s.Contact, nearOf(o.Link.Base, nil))
	}
	for _, change := range p.Fields {
		f, mapped := u.field(change.Field)
		column := slices.Index(u.Mapping.Columns(), f.Column)
		was, known := p.RowBefore[f.Column]
		switch v := s.Row.Values[f.Name]; {
		case !mapped || !known || column < 0:
			u.leave(p, change.Field, "", "it is not mapped any more")
		case v.Same(before[f.Name]):
		case !v.Same(after[f.Name]):
			u.leave(p, f.Name, shown(v), changedSince)
		default:
			o.Cells[column] = was
			o.Fields = append(o.Fields, contact.FieldChange{Field: f.Name, Before: shown(v), After: shown(before[f.Name]), Reason: u.why})
			if s.Contact != nil && linkedWith(s, s.Contact) {
				u.open(&o, f, before[f.Name].Norm, quo[f.Name].Norm)
			}
		}
	}
	if len(o.Fields) > 0 {
		u.add(o)
	}
}

// open notes what the two sides of a field hold once an operation is done: while they differ, the next run asks.
func (u *undoer) open(o *Operation, f mapping.Field, source, quo string) {
	settled := contact.Settled{Source: source, Quo: quo, Reading: f.Reading}
	if source != quo {
		settled.Undone = u.In
		o.Opens = append(o.Opens, contact.Conflict{Key: o.Key, Field: f.Name, Base: quo, Source: source, Quo: quo, Reason: contact.UndoneIn(u.In)})
	}
	o.Settles[f.Name] = settled
}

// field returns a mapped field.
func (u *undoer) field(name contact.Field) (mapping.Field, bool) {
	for _, f := range u.Mapping.Fields() {
		if f.Name == name {
			return f, true
		}
	}
	return mapping.Field{}, false
}

// lost lists what a delete takes away.
func (u *undoer) lost(o *Operation, values contact.Values) {
	for _, f := range u.Mapping.Fields() {
		if v := values[f.Name]; !v.Empty() {
			o.Fields = append(o.Fields, contact.FieldChange{Field: f.Name, Before: shown(v), Reason: u.why})
		}
	}
}

func (u *undoer) add(o Operation) { u.undoing.Plan.Operations = append(u.undoing.Plan.Operations, o) }

// finish brings the plan into its order and leaves all that is open about the records as it is.
func (u *undoer) finish() {
	plan := &u.undoing.Plan
	slices.SortStableFunc(plan.Operations, func(a, b Operation) int { return cmp.Compare(a.Key, b.Key) })
	slices.SortStableFunc(u.undoing.Left, func(a, b Left) int { return cmp.Compare(a.Key, b.Key) })
	plan.Undecided = slices.Sorted(maps.Keys(u.Subjects))
	for _, key := range plan.Undecided {
		if row := u.Subjects[key].Row; row != nil {
			plan.Problems = append(plan.Problems, row.Problems...)
		}
	}
	for i := range plan.Operations { // two operations of a record leave one link
		if link, ok := u.links[plan.Operations[i].Key]; ok {
			plan.Operations[i].Link = link
		}
	}
	for _, key := range slices.Sorted(maps.Keys(u.links)) {
		plan.Settled = append(plan.Settled, u.links[key])
	}
}

// Only returns the plan without the operations that a person did not see.
func (p Plan) Only(seen map[contact.Hash]bool) Plan {
	kept, keys := []Operation{}, map[string]bool{}
	for i := range p.Operations {
		if o := p.Operations[i]; seen[o.Fingerprint()] {
			kept, keys[o.Key] = append(kept, o), true
		}
	}
	p.Operations = kept
	p.Settled = slices.DeleteFunc(slices.Clone(p.Settled), func(l contact.Link) bool { return !keys[l.Key] })
	return p
}
