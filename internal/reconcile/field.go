package reconcile

import (
	"time"

	"syncd/internal/contact"
	"syncd/internal/mapping"
)

// verdict is what happens to one field of a pair.
type verdict uint8

const (
	leave    verdict = iota // nothing is written, the base stays
	settle                  // nothing is written, the base becomes what both sides hold
	toQuo                   // the source's value goes to Quo
	toSource                // Quo's value goes to the source
	conflict                // neither side is written until a person decides
)

// side is the side that the verdict writes, "" when it writes none.
func (v verdict) side() contact.Side {
	switch v {
	case toQuo:
		return contact.Quo
	case toSource:
		return contact.Source
	}
	return ""
}

// fieldCase is one field of a pair, with all that its verdict depends on.
type fieldCase struct {
	field       mapping.Field
	base        contact.Settled
	known       bool // there is a base
	source, quo contact.Value
	take        contact.Side // what a person chose for the open conflict, "" when nothing
	rowAt       time.Time    // when the row was updated, zero when the source does not say
	contactAt   time.Time
}

func (c fieldCase) sourceChanged() bool { return c.source.Norm != c.base.Source }
func (c fieldCase) quoChanged() bool    { return c.quo.Norm != c.base.Quo }

// mergeField is the table of the rules for one field. The reason is for a person, "" when nothing is written.
func mergeField(c fieldCase) (verdict, string) {
	switch {
	case c.source.Same(c.quo):
		return settle, ""
	case c.undone():
		return c.settleUndone()
	case c.field.KeepEmpty && c.source.Blank():
		if c.known && c.quoChanged() && c.field.Direction != contact.ToQuo {
			return toSource, "changed in Quo"
		}
		return settle, ""
	case c.field.Direction == contact.ToQuo:
		return c.oneWay(toQuo, c.source, c.base.Source, c.quoChanged(), "changed in Quo, but this field flows to Quo only")
	case c.field.Direction == contact.FromQuo:
		return c.oneWay(toSource, c.quo, c.base.Quo, c.sourceChanged(), "changed in the source, but this field flows from Quo only")
	case !c.known && c.source.Blank():
		return toSource, "empty in the source, filled in Quo"
	case !c.known && c.quo.Blank():
		return toQuo, "empty in Quo, filled in the source"
	case !c.known, c.sourceChanged() && c.quoChanged():
		return c.settleConflict()
	case c.sourceChanged():
		return toQuo, "changed in the source"
	case c.quoChanged():
		return toSource, "changed in Quo"
	default: // the two sides were settled as they are, such as a value that Quo spells in its own way
		return leave, ""
	}
}

// undone reports whether the two values are those that an undo left, as far as the sides are concerned from which a rule
// would take one.
func (c fieldCase) undone() bool {
	fromSource := c.sourceChanged() && c.field.Direction != contact.FromQuo
	fromQuo := c.quoChanged() && c.field.Direction != contact.ToQuo
	return c.known && c.base.Undone != 0 && !fromSource && !fromQuo
}

// conflict describes the field of a record as the conflict that it is when no rule decides it.
func (c fieldCase) conflict(key string) contact.Conflict {
	k := contact.Conflict{Key: key, Field: c.field.Name, Base: c.base.Quo, Source: c.source.Norm, Quo: c.quo.Norm, Reason: contact.BothChanged}
	switch {
	case c.undone():
		k.Reason = contact.UndoneIn(c.base.Undone)
	case !c.known:
		k.Reason = contact.FirstSight
	}
	return k
}

// settleUndone decides a field that an undo left different: by a person's word only. Where the field cannot flow as the
// person says, the two values stay as they are.
func (c fieldCase) settleUndone() (verdict, string) {
	switch {
	case c.take == "":
		return conflict, ""
	case c.take == contact.Source && c.field.Direction != contact.FromQuo:
		return toQuo, "conflict, settled for the source"
	case c.take == contact.Quo && c.field.Direction != contact.ToQuo:
		return toSource, "conflict, settled for Quo"
	}
	return settle, ""
}

// oneWay decides a field that flows one way only: it has no conflicts, and the side that it flows from is put back
// over an edit on the other. An empty value that was never the agreed one wipes nothing: a pair's first sight, or
// a field that was settled as empty on one side.
func (c fieldCase) oneWay(write verdict, from contact.Value, fromBase string, edited bool, putBack string) (verdict, string) {
	agreed := c.known && c.base.Source == c.base.Quo
	switch {
	case from.Blank() && !agreed && (!c.known || fromBase == ""):
		return settle, ""
	case !c.known:
		return write, "differs, and the field flows this way only"
	case from.Norm != fromBase && write == toQuo:
		return write, "changed in the source"
	case from.Norm != fromBase:
		return write, "changed in Quo"
	case edited:
		return write, putBack
	default:
		return leave, ""
	}
}

// settleConflict decides a field that both sides hold differently: by a person's word, else by the field's policy.
func (c fieldCase) settleConflict() (verdict, string) {
	switch {
	case c.take == contact.Source:
		return toQuo, "conflict, settled for the source"
	case c.take == contact.Quo:
		return toSource, "conflict, settled for Quo"
	case c.field.Conflicts == contact.TakeSource:
		return toQuo, "changed on both sides, the source wins"
	case c.field.Conflicts == contact.TakeQuo:
		return toSource, "changed on both sides, Quo wins"
	case c.field.Conflicts == contact.TakeNewest && c.rowAt.After(c.contactAt):
		return toQuo, "changed on both sides, the source is newer"
	case c.field.Conflicts == contact.TakeNewest && c.contactAt.After(c.rowAt) && !c.rowAt.IsZero():
		return toSource, "changed on both sides, Quo is newer"
	default:
		return conflict, ""
	}
}
