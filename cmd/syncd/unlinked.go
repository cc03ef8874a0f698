package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/state"
)

// unlinked is a record that is no longer kept the same, as -o json prints it. What only the journal knows is empty once that
// is pruned.
type unlinked struct {
	Key       string       `json:"key"`
	Name      string       `json:"name"`
	Side      contact.Side `json:"side"` // the one that is there
	ContactID string       `json:"contact_id"`
	Since     *time.Time   `json:"since"`
	Reason    string       `json:"reason"`
	Relink    bool         `json:"relink"` // the next run makes the other side
}

type unlinkedJSON struct {
	Sync     string     `json:"sync"`
	Unlinked []unlinked `json:"unlinked"`
}

// readUnlinked returns the unlinked records of a sync, by key.
func readUnlinked(ctx context.Context, store state.Store, sync string) ([]unlinked, error) {
	records, keys := []unlinked{}, []string{}
	for link, err := range store.Links(ctx, sync) {
		switch {
		case err != nil:
			return nil, err
		case !link.Linked():
			records = append(records, unlinked{Key: link.Key, ContactID: link.ContactID, Reason: link.Unlinked, Relink: link.Relink})
			keys = append(keys, link.Key)
		}
	}
	bases, err := store.Bases(ctx, sync, keys)
	if err != nil {
		return nil, err
	}
	for i := range records {
		u := &records[i]
		history, err := store.History(ctx, sync, u.Key)
		if err != nil {
			return nil, err
		}
		u.parted(history)
		u.Name = cmp.Or(baseName(bases[u.Key]), journalName(history))
	}
	return records, nil
}

// parted finds in the journal, newest first, when the record lost one side, and which one is left.
func (u *unlinked) parted(history []state.Entry) {
	run := int64(0)
	for _, e := range history {
		left := u.leftBy(e)
		if left == "" || run != 0 && e.Run != run {
			continue
		}
		if u.Side, run = left, e.Run; u.Since == nil {
			u.Since = new(entryAt(e))
		}
		if e.Action != contact.Update {
			return
		}
	}
}

// leftBy returns the side that is left by an operation which took one side of the record away or put it back, "" for others.
// Unlinking counts as a delete on the side that would have been deleted, and was not. An undo that makes a contact nobody's
// again leaves the row, unless that goes too.
func (u *unlinked) leftBy(e state.Entry) contact.Side {
	switch {
	case e.State != state.Done:
		return ""
	case e.Action == contact.Unlink, e.Action == contact.Create:
		return e.Side
	case e.Action == contact.Delete && e.Side == contact.Quo:
		return contact.Source
	case e.Action == contact.Delete:
		return contact.Quo
	case e.Side == contact.Quo && e.Reason == u.Reason && slices.ContainsFunc(e.Fields, isIdentity):
		return contact.Source
	}
	return ""
}

func isIdentity(f contact.FieldChange) bool { return f.Field == "externalId" || f.Field == "source" }

// baseName is what people call a record, by what both sides held last.
func baseName(base contact.Base) string {
	of := func(f contact.Field) string { return cmp.Or(base[f].Quo, base[f].Source) }
	return fullName(of(contact.FirstName), of(contact.LastName), of(contact.Company))
}

// journalName is what people called a record when it was made or deleted last.
func journalName(history []state.Entry) string {
	for _, e := range history {
		v := map[contact.Field]string{}
		for _, f := range e.Fields {
			v[f.Field] = cmp.Or(f.After, f.Before)
		}
		if name := fullName(v[contact.FirstName], v[contact.LastName], v[contact.Company]); name != "" && e.Action != contact.Update {
			return name
		}
	}
	return ""
}

func (c *cli) printUnlinked(s *config.Sync, records []unlinked) {
	if len(records) == 0 {
		fmt.Fprintf(c.out, "%s: no unlinked records\n", s.Name)
		return
	}
	rows := make([][]string, len(records))
	for i, u := range records {
		since, why := "", printable(u.Reason)
		if u.Since != nil {
			since = moment(*u.Since)
		}
		if u.Relink {
			why += " (the next run recreates the other)"
		}
		rows[i] = []string{value(u.Key), printable(u.Name), sideLeft[u.Side], since, why}
	}
	table(c.out, []string{"KEY", "NAME", "LEFT", "SINCE", "WHY"}, rows)
}

var sideLeft = map[contact.Side]string{contact.Source: "row", contact.Quo: "contact"}
