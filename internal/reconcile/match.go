package reconcile

import (
	"fmt"
	"slices"
	"strings"

	"syncd/internal/contact"
)

// findChangedKeys looks for links, unlinked ones too, whose row is gone while a row without a link has their phone,
// their e-mail or all of their values: its key was changed. Deleting one and creating the other would lose the contact's
// history, so both stay as they are until a person says `syncd rekey`. A link whose contact is gone too has nothing to
// lose.
func (d *decider) findChangedKeys() {
	gone := map[string][]*contact.Link{} // identity -> links whose row is gone
	note := func(s Subject) {
		for _, id := range d.identities(Row{Values: baseValues(s.Link.Base), ContactID: s.Link.ContactID}) {
			gone[id] = append(gone[id], s.Link)
		}
	}
	for _, s := range d.Subjects {
		if s.Link != nil && s.Row == nil && s.Contact != nil {
			note(s)
		}
	}
	for _, s := range d.Bystanders { // whose contacts were not looked for
		if s.Link.Linked() && s.Row == nil {
			note(s)
		}
	}
	for _, s := range slices.Concat(d.Subjects, d.Bystanders) {
		if s.Row != nil && s.Link == nil && !s.Settled {
			if old := d.formerLinks(gone, *s.Row, s.Contact != nil); len(old) > 0 {
				d.moved[s.Key] = true
				d.plan.Problems = append(d.plan.Problems, contact.Problem{Key: s.Key, Row: s.Row.Record.Row,
					Reason: d.changedKeyReason(old)})
			}
		}
	}
	for _, row := range d.Keyless {
		problems := slices.Clone(row.Problems)
		switch old := d.formerLinks(gone, row, false); {
		case len(old) == 0:
		case len(problems) == 0: // of a doubled key, which is a problem of its own
			key, _ := d.Mapping.Key(row.Record)
			problems = []contact.Problem{{Key: key, Row: row.Record.Row, Reason: d.changedKeyReason(old)}}
		default:
			problems[0].Reason += "; " + d.changedKeyReason(old)
		}
		d.plan.Problems = append(d.plan.Problems, problems...)
	}
}

// formerLinks returns the gone links that share an identity with a row, and marks them as moved. A row that
// has a contact is not that of a record that was taken apart.
func (d *decider) formerLinks(gone map[string][]*contact.Link, row Row, paired bool) []*contact.Link {
	if len(gone) == 0 {
		return nil
	}
	var old []*contact.Link
	for _, id := range d.identities(row) {
		for _, link := range gone[id] {
			if paired && !link.Linked() {
				continue
			}
			d.moved[link.Key] = true
			if !slices.Contains(old, link) {
				old = append(old, link)
			}
		}
	}
	slices.SortFunc(old, func(a, b *contact.Link) int { return strings.Compare(a.Key, b.Key) })
	return old
}

// changedKeyReason says which record a row seems to be, and how to tell syncd so.
func (d *decider) changedKeyReason(old []*contact.Link) string {
	var keys, ids []string
	for _, link := range old {
		keys, ids = append(keys, link.Key), append(ids, link.ContactID)
	}
	if !d.Mapping.Keyed() {
		return fmt.Sprintf("this looks like the row of contact %s without its id: put the id back", strings.Join(ids, " or "))
	}
	return fmt.Sprintf("this looks like record %s under another key: put the key back, or move the record with `syncd rekey`",
		strings.Join(keys, " or "))
}

// identities are what two rows of one person share: a phone number, an e-mail, all mapped values, or the contact's id.
func (d *decider) identities(row Row) []string {
	ids := d.Mapping.Identities(row.Values)
	if row.ContactID != "" {
		ids = append(ids, nameOf(row.ContactID))
	}
	var all strings.Builder
	filled := false
	for _, f := range d.Mapping.Fields() {
		fmt.Fprintf(&all, "%q ", row.Values[f.Name].Norm)
		filled = filled || !row.Values[f.Name].Empty()
	}
	if !filled {
		return ids
	}
	return append(ids, all.String())
}

func baseValues(base contact.Base) contact.Values {
	values := contact.Values{}
	for f, settled := range base {
		values[f] = contact.Value{Norm: settled.Source}
	}
	return values
}

// twin is the contact, or the contacts, that a record's new contact would duplicate.
type twin struct {
	contacts []*contact.Contact
	by       string // "phone" or "e-mail": what they share
	shared   bool   // another record that is to get a contact has the same twin
}

// findTwins looks for contacts that are not ours but have the phone or the e-mail of a record that would be created.
func (d *decider) findTwins() {
	if d.Policy.Match.None() {
		return
	}
	strangers := map[string][]*contact.Contact{}
	for i := range d.Strangers {
		for _, id := range d.Mapping.ContactIdentities(d.Strangers[i]) {
			strangers[id] = append(strangers[id], &d.Strangers[i])
		}
	}
	claims := map[string]int{}
	for _, s := range slices.Concat(d.Subjects, d.Bystanders) {
		if !d.wantsContact(&s) || s.Settled {
			continue
		}
		if t := twinOf(d.Mapping.Identities(s.Row.Values), strangers); len(t.contacts) > 0 {
			d.twins[s.Key] = t
			for _, c := range t.contacts {
				claims[c.ID]++
			}
		}
	}
	for key, t := range d.twins {
		t.shared = slices.ContainsFunc(t.contacts, func(c *contact.Contact) bool { return claims[c.ID] > 1 })
		d.twins[key] = t
	}
}

// wantsContact reports whether a contact would be made for the record, unless it has a twin or a problem.
func (d *decider) wantsContact(s *Subject) bool {
	if s.Row == nil || s.Contact != nil || s.Row.Filtered || d.moved[s.Key] {
		return false
	}
	return s.Link == nil || s.Link.Relink || s.Link.Linked() && (d.Policy.ContactGone == ContactGoneRecreate || d.rowChanged(s))
}

func twinOf(identities []string, strangers map[string][]*contact.Contact) twin {
	var t twin
	for _, id := range identities {
		for _, c := range strangers[id] {
			if t.by == "" {
				t.by, _, _ = strings.Cut(id, ":")
			}
			if !slices.ContainsFunc(t.contacts, func(have *contact.Contact) bool { return have.ID == c.ID }) {
				t.contacts = append(t.contacts, c)
			}
		}
	}
	slices.SortFunc(t.contacts, func(a, b *contact.Contact) int { return strings.Compare(a.ID, b.ID) })
	return t
}

// twin adopts the twin of a record where the policy says so and nothing is left to guess; else the row is a
// problem that names it.
func (d *decider) twin(s *Subject, t twin) {
	m := d.Policy.Match
	c := t.contacts[0]
	wanted := t.by == "phone" && m.Phone || t.by == "e-mail" && m.Email
	settle := fmt.Sprintf("`syncd match %s %s %s` links them, --new makes another contact", d.Policy.Sync, contact.ShellWord(s.Key), c.ID)
	ask := func(reason string) {
		d.problem(s, reason)
		twin := d.compare(s, t)
		if len(twin.Contacts) == 0 {
			twin.Never = reason
		}
		d.plan.Twins = append(d.plan.Twins, twin)
	}
	switch {
	case len(t.contacts) > 1: // a command to copy would be a guess
		ask(fmt.Sprintf("%d contacts in Quo have this %s: merge them there, or `syncd match %s %s ID` links one of them, "+
			"--new makes another: %s", len(t.contacts), t.by, d.Policy.Sync, contact.ShellWord(s.Key), names(t.contacts)))
	case t.shared:
		ask(fmt.Sprintf("several rows have the %s of the contact %s in Quo: only one of them can be its row; %s",
			t.by, names(t.contacts), settle))
	case d.ours(c):
		ask(fmt.Sprintf("the contact %s of this sync has this %s and no row: its key is %s; %s",
			names(t.contacts), t.by, contact.ShellWord(c.ExternalID), settle))
	case d.ofFormerSync(c):
		ask(fmt.Sprintf("the contact %s in Quo has this %s and belongs to a sync %s, which is not configured: was this sync renamed? "+
			"Then put `name: %[3]s` back; if not, `syncd match %[4]s %[5]s --new` makes another contact",
			names(t.contacts), t.by, strings.TrimPrefix(c.Source, contact.LabelPrefix), d.Policy.Sync, contact.ShellWord(s.Key)))
	case !adoptable(c):
		ask(fmt.Sprintf("the contact %s in Quo has this %s and belongs to %q: it cannot become this row's; "+
			"`syncd match %s %s --new` makes another", names(t.contacts), t.by, c.Source, d.Policy.Sync, contact.ShellWord(s.Key)))
	case !wanted:
		ask(fmt.Sprintf("the contact %s in Quo already has this %s: %s", names(t.contacts), t.by, settle))
	default:
		s.Contact = c
		d.merge(s, contact.Link{Key: s.Key, ContactID: c.ID, Adopted: true})
	}
}

// compare puts a row beside the contacts that may be its own.
func (d *decider) compare(s *Subject, t twin) Twin {
	out := Twin{Key: s.Key, Row: s.Row.Record.Row, By: t.by}
	var held []contact.Values
	for _, c := range t.contacts {
		if d.ours(c) || adoptable(c) {
			out.Contacts = append(out.Contacts, c.ID)
			held = append(held, d.Mapping.ContactValues(*c, nearOf(nil, s.Row.Values)))
		}
	}
	for _, f := range d.Mapping.Fields() {
		compared, filled := TwinField{Field: f.Name, Row: shown(s.Row.Values[f.Name])}, !s.Row.Values[f.Name].Blank()
		for _, values := range held {
			compared.Quo = append(compared.Quo, shown(values[f.Name]))
			filled = filled || !values[f.Name].Blank()
		}
		if filled {
			out.Fields = append(out.Fields, compared)
		}
	}
	return out
}

// adoptable reports whether a contact that is not ours may become a record's: nobody else's key is on it, and Quo
// lets it be changed.
func adoptable(c *contact.Contact) bool { return c.ExternalID == "" && !c.ReadOnly() }

// ofFormerSync reports whether a contact stands under the label of a sync that is not configured any more.
func (d *decider) ofFormerSync(c *contact.Contact) bool {
	return c.ExternalID != "" && strings.HasPrefix(c.Source, contact.LabelPrefix) && !slices.Contains(d.Labels, c.Source)
}

func names(contacts []*contact.Contact) string {
	var all []string
	for i, c := range contacts {
		if i == 3 {
			all = append(all, "…")
			break
		}
		name := strings.TrimSpace(c.FirstName + " " + c.LastName)
		if name == "" {
			name = c.Company
		}
		all = append(all, strings.TrimSpace(name+" "+c.ID))
	}
	return strings.Join(all, ", ")
}

// claimed reports whether a row that has no contact, for whatever reason, has the contact's phone or e-mail or names it,
// or may do so, because it cannot be read.
func (d *decider) claimed(c *contact.Contact) bool {
	if d.claims == nil {
		d.claims = map[string]bool{}
		note := func(row *Row) {
			for _, id := range append(d.Mapping.Identities(row.Values), nameOf(row.ContactID)) {
				d.claims[id] = true
			}
		}
		for _, s := range slices.Concat(d.Subjects, d.Bystanders) {
			if s.Row != nil && !s.Link.Linked() {
				note(s.Row)
			}
		}
		for i := range d.Keyless {
			note(&d.Keyless[i])
		}
	}
	ids := append(d.Mapping.ContactIdentities(*c), nameOf(c.ID))
	return d.Unreadable > 0 || slices.ContainsFunc(ids, func(id string) bool { return d.claims[id] })
}

// nameOf is the identity of a contact by its id.
func nameOf(contactID string) string { return "contact:" + contactID }
