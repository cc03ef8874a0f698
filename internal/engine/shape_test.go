package engine_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/mapping"
	"syncd/internal/reconcile"
)

// shape is the configuration of a schedule, and what its people are like.
type shape struct {
	direction     contact.Direction
	flows         []flow // of the facets
	create        reconcile.CreateInSource
	match         reconcile.Match
	rowGone       reconcile.RowGone
	contactGone   reconcile.ContactGone
	deleteAdopted bool
	only          bool // a filter: people move rows in and out of it
	keyed         bool // there is a key column; else rows are found by the id of their contact
	contactID     bool // there is a column for it
	status        bool // likewise
	zone          *time.Location
	// calm people only add, edit, sort and delete, and no state is lost: nothing may then be left open at the end but
	// conflicts.
	calm bool
	// noCreates is a brake that holds all creates after the first run.
	noCreates bool
	// How the file is written.
	comma             rune
	crlf, quoted, bom bool
}

// flow is what the configuration says of one facet.
type flow struct {
	direction contact.Direction
	conflicts contact.ConflictPolicy
	keepEmpty bool
}

// drawShape draws a configuration that passes the checks of package config.
func drawShape(rng *rand.Rand) shape {
	one := func(n int) bool { return rng.IntN(n) == 0 }
	s := shape{direction: pick(rng, contact.TwoWay, contact.TwoWay, contact.TwoWay, contact.ToQuo, contact.FromQuo),
		create: reconcile.CreateOff, rowGone: pick(rng, reconcile.RowGoneDelete, reconcile.RowGoneDelete, reconcile.RowGoneKeep),
		contactGone:   pick(rng, reconcile.ContactGoneKeep, reconcile.ContactGoneRecreate, reconcile.ContactGoneDelete),
		match:         pick(rng, reconcile.Match{Ask: true}, reconcile.Match{Ask: true}, reconcile.Match{}, reconcile.Match{Phone: true}, reconcile.Match{Phone: true, Email: true}),
		deleteAdopted: one(4), only: one(4), contactID: one(2), status: one(3), keyed: !one(4), calm: one(4), comma: pick(rng, ',', ',', ';', '\t'), crlf: one(3), quoted: one(4),
		bom: one(5), zone: pick(rng, time.UTC, newYork)}
	if !s.keyed || s.direction == contact.FromQuo {
		s.contactID = true
	}
	if s.direction != contact.ToQuo {
		s.create = pick(rng, reconcile.CreateOff, reconcile.CreateOurs, reconcile.CreateAll)
	}
	if s.direction == contact.ToQuo && s.contactGone == reconcile.ContactGoneDelete ||
		s.direction == contact.FromQuo && s.contactGone == reconcile.ContactGoneRecreate {
		s.contactGone = reconcile.ContactGoneKeep
	}
	policy := pick(rng, contact.Ask, contact.Ask, contact.TakeSource, contact.TakeQuo, contact.TakeNewest)
	s.noCreates = !s.calm && one(8)
	for i := range facets {
		f := flow{direction: s.direction, conflicts: policy, keepEmpty: one(6)}
		if s.direction == contact.TwoWay && one(5) {
			f.direction = pick(rng, contact.ToQuo, contact.FromQuo)
		}
		if one(5) {
			f.conflicts = pick(rng, contact.Ask, contact.TakeSource, contact.TakeQuo, contact.TakeNewest)
		}
		if i == 0 && s.direction == contact.TwoWay { // a contact needs a name
			f.direction = contact.TwoWay
		}
		s.flows = append(s.flows, f)
	}
	return s
}

var newYork = mustZone("America/New_York")

func mustZone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}

func pick[T any](rng *rand.Rand, choices ...T) T { return choices[rng.IntN(len(choices))] }

func (s shape) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, create_in_source %s, match %+v, row_gone %s, contact_gone %s, adopted %v, zone %v", s.direction, s.create, s.match,
		s.rowGone, s.contactGone, s.deleteAdopted, s.zone)
	for _, option := range []struct {
		name string
		on   bool
	}{{"keyed", s.keyed}, {"contact_id", s.contactID}, {"status", s.status}, {"only", s.only}, {"calm", s.calm}, {"no creates", s.noCreates}} {
		if option.on {
			b.WriteString(", " + option.name)
		}
	}
	for i, f := range s.flows {
		fmt.Fprintf(&b, "\n  %s: %s %s", facets[i].name, f.direction, f.conflicts)
		if f.keepEmpty {
			b.WriteString(" empty: keep")
		}
	}
	return b.String()
}

// options are the options of the mapping.
func (s shape) options() mapping.Options {
	o := mapping.Options{Region: "US", Location: s.zone, UpdatedAt: header[colUpdated]}
	if s.keyed {
		o.Key = []string{header[colID]}
	}
	if s.contactID {
		o.ContactID = header[colContact]
	}
	if s.status {
		o.Status = header[colStatus]
	}
	if s.only {
		o.Only = map[string][]string{header[colKind]: {"customer", "lead"}}
	}
	for i, f := range facets {
		o.Fields = append(o.Fields, mapping.Field{Name: f.name, Column: header[f.column], Direction: s.flows[i].direction,
			Conflicts: s.flows[i].conflicts, KeepEmpty: s.flows[i].keepEmpty, Separator: ","})
	}
	return o
}

func (s shape) sync() engine.Sync {
	creates := reconcile.Limit{Percent: 50, IsPercent: true}
	if s.noCreates {
		creates = reconcile.Limit{}
	}
	return engine.Sync{Name: "customers", Labels: []string{label}, Mapping: s.options(),
		Policy: reconcile.Policy{Sync: "customers", Label: label, Direction: s.direction, Match: s.match, CreateInSource: s.create,
			RowGone: s.rowGone, ContactGone: s.contactGone, DeleteAdopted: s.deleteAdopted, Grace: grace},
		Deletes: reconcile.Limit{Percent: 10, IsPercent: true}, Updates: reconcile.Limit{Percent: 50, IsPercent: true},
		Creates: creates}
}

// writes reports whether the sync may write the facet on a side.
func (s shape) writes(i int, side contact.Side) bool {
	if side == contact.Quo {
		return s.flows[i].direction != contact.FromQuo
	}
	return s.flows[i].direction != contact.ToQuo
}
