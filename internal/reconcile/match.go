package reconcile

import (
	"fmt"
	"slices"
	"strings"

	"syncd/internal/contact"
)

// findChangedKeys looks for links whose row is gone while a row without a link has their phone, their e-mail or all
// of their values: its key was changed. Deleting one and creating the other would lose the contact's history, so
// both stay as they are until a person says `syncd rekey`. A link whose contact is gone too has nothing to lose.
func (d *decider) findChangedKeys() {
	gone := map[string][]string{} // identity -> keys of gone links
	note := func(s Subject) {
		for _, id := range d.identities(Row{Values: baseValues(s.Link.Base), ContactID: s.Link.ContactID}) {
			gone[id] = append(gone[id], s.Key)
		}
	}
	for _, s := range d.Subjects {
		if s.Link.Linked() && s.Row == nil && s.Contact != nil {
			note(s)
		}
	}
	for _, s := range d.Bystanders { // whose contacts were not looked for
		if s.Link.Linked() && s.Row == nil {
			note(s)
		}
	}
	for _, s := range slices.Concat(d.Subjects, d.Bystanders) {
		if s.Row != nil && s.Link == nil {
			if old := d.formerKeys(gone, *s.Row); len(old) > 0 {
				d.moved[s.Key] = true
				d.plan.Problems = append(d.plan.Problems, contact.Problem{Key: s.Key, Row: s.Row.Record.Row,
					Reason: changedKeyReason(old)})
			}
		}
	}
	for _, row := range d.Keyless {
		problems := slices.Clone(row.Problems)
		switch old := d.formerKeys(gone, row); {
		case len(old) == 0:
		case len(problems) == 0: // of a doubled key, which is a problem of its own
			key, _ := d.Mapping.Key(row.Record)
			problems = []contact.Problem{{Key: key, Row: row.Record.Row, Reason: changedKeyReason(old)}}
		default:
			problems[0].Reason += "; " + changedKeyReason(old)
		}
		d.plan.Problems = append(d.plan.Problems, problems...)
	}
}

// formerKeys returns the keys of the gone links that share an identity with a row, and marks them as moved.
func (d *decider) formerKeys(gone map[string][]string, row Row) []string {
	if len(gone) == 0 {
		return nil
	}
	var old []string
	for _, id := range d.identities(row) {
		for _, key := range gone[id] {
			d.moved[key] = true
			if !slices.Contains(old, key) {
				old = append(old, key)
			}
		}
	}
	slices.Sort(old)
	return old
}

func changedKeyReason(old []string) string {
	return fmt.Sprintf("this looks like record %s under another key: put the key back, or move the record with `syncd rekey`",
		strings.Join(old, " or "))
}

// identities are what two rows of one person share: a phone number, an e-mail, all mapped values, or the contact's id.
func (d *decider) identities(row Row) []string {
	ids := d.Mapping.Identities(row.Values)
	if row.ContactID != "" {
		ids = append(ids, "contact:"+row.ContactID)
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
		if !d.wantsContact(&s) {
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
	switch {
	case len(t.contacts) > 1:
		d.problem(s, fmt.Sprintf("%d contacts in Quo have this %s (%s): merge them there",
			len(t.contacts), t.by, names(t.contacts)))
	case t.shared:
		d.problem(s, fmt.Sprintf("several rows have the %s of the contact %s in Quo: only one of them can be its row",
			t.by, names(t.contacts)))
	case !adoptable(c):
		d.problem(s, fmt.Sprintf("the contact %s in Quo has this %s and belongs to %q: it cannot become this row's",
			names(t.contacts), t.by, c.Source))
	case !wanted:
		d.problem(s, fmt.Sprintf("the contact %s in Quo already has this %s: match: [phone, email] makes it this row's, match: none makes another",
			names(t.contacts), t.by))
	default:
		s.Contact = c
		d.merge(s, contact.Link{Key: s.Key, ContactID: c.ID, Adopted: true})
	}
}

// adoptable reports whether a contact that is not ours may become a record's: nobody else's key is on it, and Quo
// lets it be changed.
func adoptable(c *contact.Contact) bool { return c.ExternalID == "" && !c.ReadOnly() }

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
