// Package reconcile decides what would make both sides of a sync agree. It is pure: values in, a [Plan] out, no
// I/O, no clock, no chance; equal input gives an equal plan.
//
// Start with [Decide]. The two tables of the rules are mergeField, for one field, and decider.record, for one
// record. [Brake.Apply] and [Check] are the guards between a plan and its execution.
package reconcile

import (
	"time"

	"syncd/internal/contact"
	"syncd/internal/mapping"
)

// Policy is what the configuration says about decisions.
type Policy struct {
	Sync           string // the sync's name, for commands that problems name
	Label          string // the source of contacts that are ours
	Direction      contact.Direction
	Match          Match
	CreateInSource CreateInSource
	RowGone        RowGone
	ContactGone    ContactGone
	// DeleteAdopted lets RowGone delete contacts that syncd did not create.
	DeleteAdopted bool
	// Grace is how long after the first run that missed the row a delete waits.
	Grace time.Duration
}

// Match says what to do about twins: contacts that are not ours but have the phone or e-mail of a new record.
type Match struct {
	Ask   bool // the row is a problem that names the twin
	Phone bool // adopt the contact with the record's phone number
	Email bool // adopt the contact with the record's e-mail
}

// None reports whether twins do not matter.
func (m Match) None() bool { return m == Match{} }

// RowGone says what to do with the contact of a row that went.
type RowGone string

// ContactGone says what to do with the row of a contact that went.
type ContactGone string

// CreateInSource says which contacts without a row get one.
type CreateInSource string

// The words of the policies, as in the configuration.
const (
	RowGoneDelete       RowGone        = "delete"
	RowGoneKeep         RowGone        = "keep"
	ContactGoneKeep     ContactGone    = "keep"
	ContactGoneDelete   ContactGone    = "delete"
	ContactGoneRecreate ContactGone    = "recreate"
	CreateOff           CreateInSource = "off"
	CreateOurs          CreateInSource = "ours"
	CreateAll           CreateInSource = "all"
)

// Row is a record as the mapping reads it.
type Row struct {
	Record    contact.Record
	Hash      contact.Hash
	Values    contact.Values
	UpdatedAt time.Time         // zero when the source has no such column
	ContactID string            // what the contact_id column says, "" when there is none
	Problems  []contact.Problem // why it cannot be mapped; it then stays as it is on both sides
	Filtered  bool              // the sync's filter leaves it out
}

// Subject is one key and what is known of it on both sides.
type Subject struct {
	Key     string
	Row     *Row             // nil when absent
	Contact *contact.Contact // nil when absent
	Link    *contact.Link    // with its base; nil when there is none
	// Take holds what a person chose for open conflicts.
	Take map[contact.Field]Choice
	// Settled says that a person told whose contact the record gets, whoever has its phone or its e-mail.
	Settled bool
}

// Choice is what a person chose for a conflict, and the values that the person saw: it holds for no others.
type Choice struct {
	Take        contact.Side
	Source, Quo string
}

// of returns the choice if the conflict is still the one that the person saw.
func (c Choice) of(source, quo string) contact.Side {
	if c.Source != source || c.Quo != quo {
		return ""
	}
	return c.Take
}

// Input is everything that a plan depends on.
type Input struct {
	Policy   Policy
	Mapping  *mapping.Mapping
	Now      time.Time
	Subjects []Subject
	// Labels are those of all configured syncs.
	Labels []string
	// Bystanders are records about which nothing is decided, because they are outside of the run's scope or wait for
	// the outcome of an operation. Their keys may have been changed, their rows may have another record's, and their
	// rows may have a twin that a subject has too.
	Bystanders []Subject
	// Keyless are rows whose key is empty or unusable; their Problems say so. Those of a doubled key are here for
	// their values only: their problems stand with the key.
	Keyless []Row
	// Strangers are the contacts without a record, ours or not, that have the phone or e-mail of a row that is to get a
	// contact.
	Strangers []contact.Contact
	// Rows are the keys of the rows that are there, in lower case: a contact whose key is one of them but for case gets no
	// row, for keys that differ only in case count as doubled.
	Rows map[string]bool
	// Unreadable is how many rows may be any record's row, because their key cannot be read. While there is one,
	// no row counts as gone, and no contact gets one.
	Unreadable int
}
