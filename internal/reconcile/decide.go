package reconcile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"syncd/internal/contact"
	"syncd/internal/mapping"
)

// Decide returns the plan that would make both sides agree. Equal input gives an equal plan: everything is sorted
// by key, and neither clock, network nor chance has a say.
func Decide(in Input) Plan {
	d := decider{Input: in, moved: map[string]bool{}, twins: map[string]twin{}}
	slices.SortFunc(d.Subjects, func(a, b Subject) int { return cmp.Compare(a.Key, b.Key) })
	d.findChangedKeys()
	d.findTwins()
	for i := range d.Subjects {
		d.record(&d.Subjects[i])
	}
	slices.SortStableFunc(d.plan.Problems, func(a, b contact.Problem) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Row, b.Row))
	})
	return d.plan
}

type decider struct {
	Input
	plan Plan
	// moved holds the keys of links whose row seems to stand under another key now, and the keys of those rows.
	moved map[string]bool
	twins map[string]twin // by the key of the record that is to get a contact
	// claims are the identities of the rows without a contact, gathered when they are asked for first.
	claims map[string]bool
}

// record is the table of the rules for one record: what to do for each state of row, contact and link.
func (d *decider) record(s *Subject) {
	row, c, linked := s.Row != nil, s.Contact != nil, s.Link.Linked()
	unlinked := s.Link != nil && !linked
	switch {
	case row && s.Row.Filtered:
		d.leaveFilter(s)
	case row && len(s.Row.Problems) > 0:
		d.plan.Problems = append(d.plan.Problems, s.Row.Problems...)
		d.leave(s)
	case d.moved[s.Key]:
		d.leave(s)

	case row && c && linked:
		d.merge(s, *s.Link)
	case row && c && unlinked: // the side that was missing is there again
		d.merge(s, contact.Link{Key: s.Key, ContactID: s.Contact.ID, Adopted: s.Link.Adopted || s.Link.ContactID != s.Contact.ID})
	case row && c: // state was lost, an earlier create went unheard, or the source or a person names the contact
		d.pair(s)

	case row && linked && d.Policy.Direction != contact.FromQuo && d.rowChanged(s):
		d.create(s, "deleted in Quo, then changed in the source")
	case row && linked:
		d.contactGone(s)
	case row && unlinked && s.Link.Relink:
		d.create(s, "relinked")
	case row && unlinked:
		d.rowIsBack(s)
	case row:
		d.create(s, "new in the source")

	case c && linked:
		d.rowGone(s)
	case c && unlinked && s.Link.Relink:
		d.createRow(s, "relinked")
	case c && unlinked:
	case c:
		d.contactAlone(s)

	default: // neither side is left
		d.plan.Drop = append(d.plan.Drop, s.Key)
	}
}

// pair links a row with a contact for the first time, as far as is known.
func (d *decider) pair(s *Subject) {
	switch c := s.Contact; {
	case d.ours(c) && c.ExternalID == s.Key:
		d.plan.FoundAgain++
	case d.Policy.Direction != contact.FromQuo && c.ExternalID != "" && !d.ours(c):
		d.problem(s, fmt.Sprintf("the contact %s in Quo has the external id %s of %q: it cannot become this row's",
			c.ID, c.ExternalID, c.Source))
		return
	case d.Policy.Direction != contact.FromQuo && c.ReadOnly():
		d.problem(s, fmt.Sprintf("the contact %s belongs to %s and is read-only: it cannot become this row's", c.ID, c.Source))
		return
	}
	d.merge(s, contact.Link{Key: s.Key, ContactID: s.Contact.ID, Adopted: true})
}

// ours reports whether a contact stands under our label.
func (d *decider) ours(c *contact.Contact) bool { return c.Source == d.Policy.Label }

// leaveFilter takes apart the link of a row that the sync's filter leaves out; the contact is never deleted.
func (d *decider) leaveFilter(s *Subject) {
	if s.Link.Linked() {
		d.unlink(s, contact.Quo, contact.OutOfFilter)
	}
}

// rowIsBack forgets that the row of an unlinked record was gone: only the contact is missing now.
func (d *decider) rowIsBack(s *Subject) {
	link := *s.Link
	link.SourceHash = s.Row.Hash
	d.settle(s, link)
}

// leave makes no decision about a record: neither side changes, and conflicts that are open stay open.
func (d *decider) leave(s *Subject) {
	d.plan.Undecided = append(d.plan.Undecided, s.Key)
	d.keepPending(s)
}

// keepPending leaves both sides alone and makes the next run look again. A row that is there is not gone.
func (d *decider) keepPending(s *Subject) {
	if s.Link == nil {
		return
	}
	link := *s.Link
	link.Pending = true
	if s.Row != nil {
		link.GoneAt = time.Time{}
	}
	d.settle(s, link)
}

// rowChanged reports whether the row of a linked record says something else than when it was last settled.
func (d *decider) rowChanged(s *Subject) bool {
	for _, f := range d.Mapping.Fields() {
		if base, known := settledAs(s.Link.Base, f); known && s.Row.Values[f.Name].Norm != base.Source {
			return true
		}
	}
	return false
}

// settledAs returns what a base holds of a field, if that was read as the field is read now.
func settledAs(base contact.Base, f mapping.Field) (contact.Settled, bool) {
	settled, known := base[f.Name]
	return settled, known && settled.Reading == f.Reading
}

// merge makes a pair agree, field by field.
func (d *decider) merge(s *Subject, link contact.Link) {
	link = back(link)
	near := nearOf(link.Base, s.Row.Values)
	quo := d.Mapping.ContactValues(*s.Contact, near)
	base := maps.Clone(link.Base)
	if base == nil {
		base = contact.Base{}
	}
	toQuoOp := Operation{Key: s.Key, Side: contact.Quo, Action: contact.Update, Row: s.Row, Contact: s.Contact, Settles: contact.Base{}, FirstSight: len(link.Base) == 0}
	toSourceOp := Operation{Key: s.Key, Side: contact.Source, Action: contact.Update, Row: s.Row, Contact: s.Contact, Settles: contact.Base{}, FirstSight: len(link.Base) == 0, Set: contact.Values{}}
	set, open := contact.Values{}, false
	for _, f := range d.Mapping.Fields() {
		settled, known := settledAs(link.Base, f)
		c := fieldCase{field: f, base: settled, known: known, source: s.Row.Values[f.Name], quo: quo[f.Name],
			take: s.Take[f.Name].of(s.Row.Values[f.Name].Norm, quo[f.Name].Norm), rowAt: s.Row.UpdatedAt, contactAt: s.Contact.UpdatedAt}
		what, why := mergeField(c)
		d.resolved(c.conflict(s.Key), c.take, what.side())
		switch what {
		case settle:
			base[f.Name] = contact.Settled{Source: c.source.Norm, Quo: c.quo.Norm, Reading: f.Reading}
		case toQuo:
			set[f.Name] = c.source
			toQuoOp.change(f, c.quo, c.source, why)
		case toSource:
			toSourceOp.Set[f.Name] = c.quo
			toSourceOp.change(f, c.source, c.quo, why)
		case conflict:
			open = true
			d.plan.Conflicts = append(d.plan.Conflicts, c.conflict(s.Key))
		case leave:
		}
	}
	toQuoOp.After = d.Mapping.Apply(*s.Contact, set, near)
	d.restoreIdentity(&toQuoOp, s)

	link.Base, link.SourceHash, link.QuoHash = base, s.Row.Hash, s.Contact.ContentHash()
	var operations []Operation
	for _, o := range []Operation{toQuoOp, toSourceOp} {
		if len(o.Fields) > 0 {
			operations = append(operations, o)
		}
	}
	d.finish(s, link, operations, open)
}

// finish adds the operations of a pair and settles its link as it is without them.
func (d *decider) finish(s *Subject, link contact.Link, operations []Operation, open bool) {
	allowed := operations[:0]
	for _, o := range operations {
		if o.Side == contact.Quo && s.Contact.ReadOnly() {
			d.problem(s, "this contact is read-only in Quo: it belongs to "+s.Contact.Source)
			open = true
			continue
		}
		allowed = append(allowed, o)
	}
	link.Pending = open || len(allowed) > 0
	for i := range allowed {
		allowed[i].Link = link
		allowed[i].Reason = reasonOf(allowed[i].Fields)
	}
	d.plan.Operations = append(d.plan.Operations, allowed...)
	if !d.settle(s, link) && !link.Pending {
		d.plan.Unchanged++
	}
}

// settle records the link if it differs from the stored one, and reports whether something about it that a person
// would call a change did.
func (d *decider) settle(s *Subject, link contact.Link) (changed bool) {
	if s.Link != nil && sameLink(*s.Link, link) {
		return false
	}
	d.plan.Settled = append(d.plan.Settled, link)
	return s.Link == nil || s.Link.Unlinked != link.Unlinked
}

func sameLink(a, b contact.Link) bool {
	return maps.Equal(a.Base, b.Base) && a.GoneAt.Equal(b.GoneAt) && a.Key == b.Key && a.ContactID == b.ContactID && a.Adopted == b.Adopted && a.Unlinked == b.Unlinked &&
		a.Relink == b.Relink && a.Pending == b.Pending && a.SourceHash == b.SourceHash && a.QuoHash == b.QuoHash
}

// restoreIdentity puts our label and the key back on a linked contact that lost them, or gives them to one that is
// adopted now.
func (d *decider) restoreIdentity(o *Operation, s *Subject) {
	if d.Policy.Direction == contact.FromQuo {
		return
	}
	if len(o.Fields) == 0 && s.Contact.ExternalID == "" {
		o.FirstSight = true // it overwrites nothing that anybody wrote
	}
	becomes := !s.Link.Linked() || s.Link.ContactID != s.Contact.ID
	o.Adopts = becomes && (s.Contact.Source != d.Policy.Label || s.Contact.ExternalID != s.Key)
	for _, member := range []struct {
		name              contact.Field
		before, want, why string
		after             *string
	}{
		{"externalId", s.Contact.ExternalID, s.Key, "the key of the contact's record", &o.After.ExternalID},
		{"source", s.Contact.Source, d.Policy.Label, "the label of the contact's sync", &o.After.Source},
	} {
		if becomes {
			member.why = becomesReason
		}
		if member.before != member.want {
			*member.after = member.want
			o.Fields = append(o.Fields, contact.FieldChange{Field: member.name, Before: member.before, After: member.want, Reason: member.why})
		}
	}
}

// becomesReason is why a contact that was not ours gets the identity of a record.
const becomesReason = "the contact becomes this record's"

// create makes the contact of a row, unless it has a twin.
func (d *decider) create(s *Subject, why string) {
	if d.Policy.Direction == contact.FromQuo {
		d.problem(s, "this row names no contact, and this sync writes nothing to Quo: put the contact's id there")
		return
	}
	if t, ok := d.twins[s.Key]; ok {
		d.twin(s, t)
		return
	}
	values := contact.Values{}
	o := Operation{Key: s.Key, Side: contact.Quo, Action: contact.Create, Row: s.Row, Reason: why, Settles: contact.Base{},
		Link: contact.Link{Key: s.Key, Base: contact.Base{}, SourceHash: s.Row.Hash}}
	for _, f := range d.Mapping.Fields() {
		v := s.Row.Values[f.Name]
		switch {
		case v.Blank():
			o.Settles[f.Name] = contact.Settled{Reading: f.Reading}
		case f.Direction != contact.FromQuo:
			values[f.Name] = v
			o.change(f, contact.Value{}, v, why)
		}
	}
	o.After = d.Mapping.Apply(contact.New(d.Policy.Label, s.Key), values, nil)
	if s.Link != nil {
		d.keepPending(s)
	}
	d.plan.Operations = append(d.plan.Operations, o)
}

// deletesContact reports whether a linked contact may be deleted when its row goes.
func (p Policy) deletesContact(link *contact.Link) bool {
	return p.RowGone == RowGoneDelete && p.Direction != contact.FromQuo && (!link.Adopted || p.DeleteAdopted)
}

// rowGone handles the contact of a row that went.
func (d *decider) rowGone(s *Subject) {
	source, quo := "the row is gone", "the contact changed, last at "+s.Contact.UpdatedAt.UTC().Format(time.RFC3339Nano)
	take := s.Take[contact.WholeRecord].of(source, quo)
	whole := contact.Conflict{Key: s.Key, Field: contact.WholeRecord, Base: "as last synced", Source: source, Quo: quo, Reason: contact.BothChanged}
	switch changed := s.Contact.ContentHash() != s.Link.QuoHash; {
	case !d.Policy.deletesContact(s.Link):
		d.unlink(s, contact.Quo, "the row is gone, the contact is kept")
	case changed && take == contact.Quo && d.Policy.CreateInSource != CreateOff:
		d.resolved(whole, take, contact.Source)
		d.createRow(s, "the row was gone, settled for Quo")
	case changed && take == contact.Quo:
		d.resolved(whole, take, contact.Quo)
		d.unlink(s, contact.Quo, "the row is gone, the contact is kept: settled for Quo")
	case changed && take == "":
		d.plan.Conflicts = append(d.plan.Conflicts, whole)
		d.settle(s, d.missed(s))
	default:
		d.resolved(whole, take, contact.Quo)
		d.deleteContact(s)
	}
}

// resolved notes that a person's word settles a conflict by an operation on one side.
func (d *decider) resolved(c contact.Conflict, take, side contact.Side) {
	if take != "" && side != "" {
		d.plan.Resolved = append(d.plan.Resolved, Resolved{c, side})
	}
}

// missed returns the link of a row that is gone, with the time of the first run that missed it.
func (d *decider) missed(s *Subject) contact.Link {
	d.plan.Undecided = append(d.plan.Undecided, s.Key) // a row that comes back finds its conflicts as they were
	link := *s.Link
	link.Pending = true
	if link.GoneAt.IsZero() {
		link.GoneAt = d.Now
	}
	return link
}

// deleteContact deletes the contact of a row that went, once the grace is over.
func (d *decider) deleteContact(s *Subject) {
	link := d.missed(s)
	d.settle(s, link)
	until := link.GoneAt.Add(d.Policy.Grace)
	switch {
	case d.Unreadable > 0:
		d.plan.Waiting = append(d.plan.Waiting, Waiting{Key: s.Key, ContactID: link.ContactID,
			Reason: fmt.Sprintf("its row may be among those that cannot be read (%d)", d.Unreadable)})
	case d.Now.Before(until):
		d.plan.Waiting = append(d.plan.Waiting, Waiting{Key: s.Key, ContactID: link.ContactID, Until: until,
			Reason: "its row is gone; a row that comes back in time keeps it"})
	default:
		d.plan.Operations = append(d.plan.Operations, Operation{Key: s.Key, Side: contact.Quo, Action: contact.Delete,
			Reason: "the row is gone", Contact: s.Contact, Link: link, Fields: d.lost(s)})
	}
}

// lost lists what a deleted contact held in the mapped fields, for the plan and the journal.
func (d *decider) lost(s *Subject) []contact.FieldChange {
	values := d.Mapping.ContactValues(*s.Contact, nearOf(s.Link.Base, nil))
	var lost []contact.FieldChange
	for _, f := range d.Mapping.Fields() {
		if v := values[f.Name]; !v.Empty() {
			lost = append(lost, contact.FieldChange{Field: f.Name, Before: shown(v), Reason: "the row is gone"})
		}
	}
	return lost
}

// contactGone handles the unchanged row of a contact that went.
func (d *decider) contactGone(s *Subject) {
	switch d.Policy.ContactGone {
	case ContactGoneRecreate:
		d.create(s, "deleted in Quo, recreated by deletes.contact_gone")
	case ContactGoneDelete:
		d.plan.Operations = append(d.plan.Operations, Operation{Key: s.Key, Side: contact.Source, Action: contact.Delete,
			Reason: "the contact was deleted in Quo", Row: s.Row, Link: *s.Link})
		d.keepPending(s)
	default:
		d.unlink(s, contact.Source, "the contact was deleted in Quo, the row is kept")
	}
}

// unlink remembers the link without making either side again. It counts as a delete on the side that would have
// been deleted.
func (d *decider) unlink(s *Subject, side contact.Side, why string) {
	link := *s.Link
	link.Unlinked, link.Relink, link.Pending = why, false, false
	if s.Row != nil {
		link.SourceHash = s.Row.Hash
	}
	o := Operation{Key: s.Key, Side: side, Action: contact.Unlink, Reason: why, Row: s.Row, Contact: s.Contact, Link: link}
	d.plan.Operations = append(d.plan.Operations, o)
	d.keepPending(s)
}

// contactAlone handles a contact without row and link. One that has the phone or e-mail of a row without a contact waits
// until that row is settled: it may be the same person.
func (d *decider) contactAlone(s *Subject) {
	wanted := d.Policy.CreateInSource == CreateAll || d.Policy.CreateInSource == CreateOurs && d.ours(s.Contact)
	switch {
	case wanted && !d.Rows[strings.ToLower(s.Key)] && !d.claimed(s.Contact) && d.admits(s):
		d.createRow(s, "in Quo, without a row")
	case d.ours(s.Contact):
		d.plan.Unmanaged = append(d.plan.Unmanaged, s.Key)
	}
}

// admits reports whether the source can hold a row for the contact: one that the sync's filter lets in, and that says
// whose it is.
func (d *decider) admits(s *Subject) bool {
	return d.Mapping.Admits(s.Key, d.rowValues(s))
}

// rowValues is what the row of a contact is to hold. What a former link knows finds a number under another label.
func (d *decider) rowValues(s *Subject) contact.Values {
	values, near := contact.Values{}, mapping.Near(nil)
	if s.Link != nil {
		near = nearOf(s.Link.Base, nil)
	}
	quo := d.Mapping.ContactValues(*s.Contact, near)
	for _, f := range d.Mapping.Fields() {
		if v := quo[f.Name]; f.Direction != contact.ToQuo && !v.Blank() {
			values[f.Name] = v
		}
	}
	return values
}

// createRow makes the row of a contact. One that is not ours becomes the row's once that is there.
func (d *decider) createRow(s *Subject, why string) {
	if d.Policy.Direction == contact.ToQuo {
		d.problem(s, "its row is gone, and this sync does not write the source: add the row there")
		return
	}
	link := contact.Link{Key: s.Key, ContactID: s.Contact.ID, Adopted: s.Link == nil || s.Link.Adopted || s.Link.ContactID != s.Contact.ID,
		Base: contact.Base{}, QuoHash: s.Contact.ContentHash()}
	o := Operation{Key: s.Key, Side: contact.Source, Action: contact.Create, Reason: why, Contact: s.Contact, Link: link,
		Settles: contact.Base{}, Set: d.rowValues(s)}
	for _, f := range d.Mapping.Fields() {
		switch v, written := o.Set[f.Name]; {
		case written:
			o.change(f, contact.Value{}, v, why)
		case f.Direction != contact.ToQuo && f.Default == "": // both sides are empty then
			o.Settles[f.Name] = contact.Settled{Reading: f.Reading}
		}
	}
	d.plan.Operations = append(d.plan.Operations, o)

	adopt := Operation{Key: s.Key, Side: contact.Quo, Action: contact.Update, Contact: s.Contact, After: *s.Contact, Link: link,
		Settles: contact.Base{}, AfterRow: true}
	d.restoreIdentity(&adopt, s)
	if len(adopt.Fields) > 0 {
		adopt.Reason = reasonOf(adopt.Fields)
		d.plan.Operations = append(d.plan.Operations, adopt)
	}
}

func (d *decider) problem(s *Subject, reason string) {
	p := contact.Problem{Key: s.Key, Reason: reason}
	if s.Row != nil {
		p.Row = s.Row.Record.Row
	}
	d.plan.Problems = append(d.plan.Problems, p)
	d.keepPending(s)
}

// change notes what the operation does to a field: both sides hold the new value once it is done.
func (o *Operation) change(f mapping.Field, before, after contact.Value, why string) {
	o.Fields = append(o.Fields, contact.FieldChange{Field: f.Name, Before: shown(before), After: shown(after), Reason: why})
	o.Settles[f.Name] = contact.Settled{Source: after.Norm, Quo: after.Norm, Reading: f.Reading}
	o.FirstSight = o.FirstSight && before.Blank()
}

// shown is a value as people read it: its normal form, or "false" for a boolean that says so.
func shown(v contact.Value) string {
	if v.Norm == "" {
		return v.Text
	}
	return v.Norm
}

// back returns the link of a row that is there: not gone, not unlinked.
func back(link contact.Link) contact.Link {
	link.GoneAt, link.Unlinked, link.Relink = time.Time{}, "", false
	return link
}

// nearOf tells the mapping what a slot held, so that it finds it under another label: the base's value, or at
// first sight the record's.
func nearOf(base contact.Base, row contact.Values) mapping.Near {
	return func(f contact.Field) contact.Value {
		if settled, known := base[f]; known {
			return contact.Value{Norm: settled.Quo, Text: settled.Quo}
		}
		return row[f]
	}
}

// reasonOf sums up the reasons of an operation's fields: the first one, which the plan shows for the whole.
func reasonOf(fields []contact.FieldChange) string { return fields[0].Reason }
