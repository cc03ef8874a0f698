package contact

import (
	"fmt"
	"strings"
	"time"
)

// Link is a record and its contact, paired for good.
type Link struct {
	Key       string
	ContactID string
	// Adopted says that syncd did not create the contact, as far as it knows.
	Adopted bool
	// Unlinked says why the link is only remembered, so that neither side is made again; "" while it stands.
	Unlinked string
	// Relink says that a person asked for the missing side of an unlinked record to be made again.
	Relink bool
	// Pending says that something about the record is open (a conflict, a problem, a held or waiting
	// operation), so that a run looks at it although nothing changed.
	Pending bool
	// SourceHash and QuoHash identify the row and the contact's whole content as last seen while the row was
	// there; zero when never.
	SourceHash Hash
	QuoHash    Hash
	// GoneAt is when a run first missed the row; zero while the row is there.
	GoneAt time.Time
	// Base is nil where a read leaves it out, and where a write shall leave it as it is.
	Base Base
}

// UndoOf is why links are only remembered of which an undo took or put back one side: the number is that of the run that was
// undone.
func UndoOf(run int64) string { return fmt.Sprintf("%s%d", undoOf, run) }

const undoOf = "undo of run "

// OutOfFilter is why links are only remembered whose rows the sync leaves out.
const OutOfFilter = "the row left the sync's filter"

// ByUndo reports whether an undo took the link apart.
func (l *Link) ByUndo() bool { return l != nil && strings.HasPrefix(l.Unlinked, undoOf) }

// Linked reports whether the link stands.
func (l *Link) Linked() bool { return l != nil && l.Unlinked == "" }
