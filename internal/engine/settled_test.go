package engine_test

import (
	"context"
	"slices"
	"strings"

	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
)

// checkSettled checks that both sides agree, once a run has nothing to do.
func (w *world) checkSettled(last engine.Report) {
	for id, c := range w.known {
		if r := w.rowOf(c); r == nil && (w.ours[id] || w.shape.create == reconcile.CreateAll) && !w.isOpen(nil, id) {
			w.checkAlone(c)
		}
	}
	for _, r := range w.rows {
		if !w.filtered(r) && !w.isOpen(r, "") {
			w.checkRow(r)
		}
	}
	for key, link := range w.links {
		_, there := w.known[link.ContactID]
		if _, ok := w.byKey(key); !there && !ok && !w.open[key] && w.row(key) == nil && w.row(link.ContactID) == nil && (w.shape.keyed || link.Linked()) {
			w.t.Errorf("the link of %s with %s is kept, but neither side is left", key, link.ContactID)
		}
	}
	w.checkOpen()
	if w.shape.status {
		w.checkStatus(last)
	}
}

// checkStatus checks that no row with a problem or a conflict says that it is synced. What cannot be told apart or read
// is not written.
func (w *world) checkStatus(last engine.Report) {
	wrong := func(r *line, why string) {
		if r != nil && r.cells[colStatus] == "synced" {
			w.t.Errorf("row %s (%s) says that it is synced, but: %s", w.identity(r), r.cells[colNo], why)
		}
	}
	for _, p := range last.Problems {
		unmarked := slices.ContainsFunc([]string{"has the same", "says the same", "two contacts in Quo claim", "cannot be read"},
			func(words string) bool { return strings.Contains(p.Reason, words) })
		if p.Row >= 2 && p.Row-2 < len(w.now.order) && !unmarked {
			wrong(w.now.order[p.Row-2], p.Reason)
		}
	}
	for _, c := range last.Conflicts {
		for _, r := range w.rows {
			if w.linkOf(r).Key == c.Key {
				wrong(r, "conflict in "+string(c.Field))
			}
		}
	}
}

// checkAlone checks that a contact may be without a row.
func (w *world) checkAlone(c quosim.Contact) {
	link, linked := w.byID[c.ID]
	key := text(c.ExternalID)
	if linked {
		if link.Linked() {
			w.t.Errorf("contact %s (%s) is linked and has no row, and nothing says why", c.ID, link.Key)
		} else if w.made[c.ID] && w.shape.rowGone == reconcile.RowGoneDelete && w.shape.direction != contact.FromQuo && !w.mayStay[link.Key] && !link.ByUndo() {
			w.t.Errorf("contact %s (%s) is unlinked (%s), but syncd made it and its row is gone", c.ID, link.Key, link.Unlinked)
		}
		return
	}
	if old, ok := w.links[key]; ok && !old.Linked() && isOurs(c) { // made again under the key of a record that was taken apart
		return
	}
	ours := text(c.Source) == label && key != ""
	claimed := slices.ContainsFunc(w.rows, func(r *line) bool {
		phone, email := w.shares(r, c)
		return (phone || email) || w.shape.keyed && strings.EqualFold(w.identity(r), key) || w.shape.contactID && r.cells[colContact] == c.ID
	})
	free := key == "" && !readOnly(c) || w.shape.direction == contact.FromQuo
	wanted := w.shape.create == reconcile.CreateAll && (ours || free) || w.shape.create == reconcile.CreateOurs && ours
	named := w.shape.writes(0, contact.Source) && text(c.FirstName) != "" || w.shape.writes(1, contact.Source) && text(c.LastName) != "" ||
		w.shape.writes(2, contact.Source) && text(c.Company) != ""
	if wanted && !claimed && named {
		w.t.Errorf("contact %s (%s) has no row, but create_in_source is %s", c.ID, key, w.shape.create)
	}
}

func readOnly(c quosim.Contact) bool {
	source := text(c.Source)
	return source == "device" || source == "google-people" || len(source) >= 9 && source[:9] == "openphone"
}

// checkRow checks that a row has its contact, and both say the same.
func (w *world) checkRow(r *line) {
	c, there := w.contactOf(r)
	link := w.linkOf(r)
	switch {
	case link.Key == "" && w.identity(r) == "" && w.unlinkedAlone(): // its contact went before its id was written
	case link.Key == "":
		w.t.Errorf("row %s (%s) has no link", w.identity(r), r.cells[colNo])
	case link.ByUndo() && there && text(c.ExternalID) != link.Key: // the contact is nobody's again
	case !link.Linked() && there && isOurs(c) && w.shape.direction != contact.FromQuo:
		w.t.Errorf("row %s is unlinked (%s), but its contact is there", w.identity(r), link.Unlinked)
	case link.ByUndo():
	case !link.Linked() && w.lost(link): // nothing ties it to the row any more
	case !link.Linked() && !w.peopleDeleted[link.ContactID]:
		w.t.Errorf("row %s is unlinked (%s), but nobody deleted its contact", w.identity(r), link.Unlinked)
	case !link.Linked() && strings.HasPrefix(link.Unlinked, "the row"): // nothing is done when the other side goes too
	case !link.Linked() && w.shape.contactGone != reconcile.ContactGoneKeep:
		w.t.Errorf("row %s is unlinked (%s), but contact_gone is %s", w.identity(r), link.Unlinked, w.shape.contactGone)
	case !link.Linked():
	case !there:
		w.t.Errorf("row %s is linked, but has no contact", w.identity(r))
	case link.ContactID != c.ID:
		w.t.Errorf("row %s is linked with %s, but its contact is %s", w.identity(r), link.ContactID, c.ID)
	case link.Adopted && w.made[c.ID]:
		w.t.Errorf("row %s: its contact is adopted, but syncd made it", w.identity(r))
	default:
		w.compare(r, c, link)
	}
}

// lost reports whether the contact of a link has another label or key now.
func (w *world) lost(link linkState) bool {
	c, there := w.view[link.ContactID]
	return there && (!isOurs(c) || text(c.ExternalID) != link.Key)
}

// unlinkedAlone reports whether a link is unlinked whose contact people deleted and that no row names.
func (w *world) unlinkedAlone() bool {
	for id, link := range w.byID {
		if !link.Linked() && w.peopleDeleted[id] && w.row(id) == nil {
			return true
		}
	}
	return false
}

// compare checks that a row and its contact say the same, and that the row says so.
func (w *world) compare(r *line, c quosim.Contact, link linkState) {
	if w.shape.direction != contact.FromQuo && (!isOurs(c) || w.shape.keyed && text(c.ExternalID) != w.identity(r)) {
		w.t.Errorf("contact %s of row %s has the key %q and the label %q", c.ID, w.identity(r), text(c.ExternalID), text(c.Source))
	}
	if w.shape.contactID && r.cells[colContact] != c.ID {
		w.t.Errorf("row %s has the contact id %q, want %s", w.identity(r), r.cells[colContact], c.ID)
	}
	if w.shape.status && r.cells[colStatus] != "synced" {
		w.t.Errorf("row %s has the status %q, but is synced", w.identity(r), r.cells[colStatus])
	}
	for i := range facets {
		f, flow := &facets[i], w.shape.flows[i]
		cell, there := f.norm(w, r.cells[f.column]), f.value(w, &c)
		switch {
		case cell == there:
		case w.apart[undoneField{r, c.ID, i}] == sides{cell, there}: // a person said so
		case flow.keepEmpty && cell == "":
		case flow.direction == contact.ToQuo && cell == "" && !w.filled[place{nil, c.ID, i}]:
		case flow.direction == contact.FromQuo && there == "" && !w.filled[place{nil, c.ID, i}]:
		case link.Adopted && (mobileSlot.hides(f, c) || workSlot.hides(f, c)): // under a label that no state knows: it is theirs
		default:
			w.t.Errorf("record %s (%s): %s is %q in the file and %q in Quo", w.identity(r), c.ID, f.name, cell, there)
		}
	}
}

// checkOpen checks that what is left open has a reason.
func (w *world) checkOpen() {
	ctx := context.Background()
	conflicts, err := w.state.Conflicts(ctx, "customers")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range conflicts {
		i := slices.IndexFunc(facets, func(f facet) bool { return f.field == c.Field })
		if i < 0 {
			continue
		}
		if flow := w.shape.flows[i]; !strings.HasPrefix(c.Reason, "undone in ") && (flow.direction != contact.TwoWay || flow.conflicts != contact.Ask && flow.conflicts != contact.TakeNewest) {
			w.t.Errorf("record %s has a conflict in %s, which is %s and %s", c.Key, c.Field, flow.direction, flow.conflicts)
		}
		if c.Source == c.Quo {
			w.t.Errorf("record %s has a conflict in %s, where both sides say %q", c.Key, c.Field, c.Quo)
		}
	}
	problems, err := w.state.Problems(ctx, "customers")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range problems {
		// A row without a key whose contact was made by a run that died, and that was edited before the next run could
		// write the id there, is a row with another key to all who look at it: section 4, Keys.
		moved := !w.shape.keyed && strings.Contains(p.Reason, "without its id")
		if w.shape.calm && w.shape.direction != contact.FromQuo && !moved {
			w.t.Errorf("record %s has a problem, though nobody did anything odd: %s", p.Key, p.Reason)
		}
	}
}

// checkCalls checks that a run of which it is known what it finds made no more requests than invariant 9 says.
func (w *world) checkCalls(report engine.Report, scoped bool) {
	n := count(w.quo.Requests())
	pages := func(contacts int) int { return max(1, (contacts+49)/50) }
	whole := w.now.fresh || w.shape.create == reconcile.CreateAll || w.shape.direction == contact.FromQuo
	want := pages(w.now.counted)
	if whole {
		want = pages(w.now.all)
	}
	if report.Created > 0 || len(report.Problems) > 0 { // a contact that is made again: its twins are looked for
		want += pages(w.now.all)
	}
	done := report.Created + report.Updated + report.Deleted + report.Stale
	twenties := func(n int) int { return (n + 19) / 20 }
	if w.now.edited {
		want++ // a page more
	}
	if n.Fields != 1 || !scoped && n.Pages > want {
		w.t.Errorf("a run made %d requests for custom fields and listed %d pages, want 1 and at most %d", n.Fields, n.Pages, want)
	}
	if n.writes() > done+len(report.Problems) {
		w.t.Errorf("a run sent %d writes for %d operations and %d problems", n.writes(), done, len(report.Problems))
	}
	if most := twenties(w.now.unlisted) + twenties(done) + twenties(w.problems) + 1; !scoped && n.LookUps > most {
		w.t.Errorf("a run made %d look-ups, want at most %d", n.LookUps, most)
	}
	if most := 2*w.now.unlisted + done + len(report.Problems) + w.problems + report.Unlinked; n.Gets > most {
		w.t.Errorf("a run read %d contacts, want at most %d", n.Gets, most)
	}
	if quiet := done+len(report.Problems)+w.problems+w.now.unlisted == 0; quiet && !scoped && n.LookUps+n.Gets > 0 {
		w.t.Errorf("a run with nothing to do made %d look-ups and read %d contacts", n.LookUps, n.Gets)
	}
}
