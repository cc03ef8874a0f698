package reconcile

import (
	"encoding/json"
	"time"

	"syncd/internal/contact"
)

// Plan is what would make both sides agree: a value and not a side effect. Everything in it is sorted by key.
type Plan struct {
	Operations []Operation
	// Settled are links that change whatever becomes of the operations: both sides came to agree, a row came back,
	// something about the record is open (Pending).
	Settled []contact.Link
	// Drop are the keys of the links that nothing is left of, on either side.
	Drop      []string
	Conflicts []contact.Conflict
	// Resolved are the conflicts that operations of the plan, or waiting ones, settle by a person's word.
	Resolved []Resolved
	Problems []contact.Problem
	// Twins are the problems of Problems that a person settles by saying whose a contact is.
	Twins []Twin
	// Undecided are the keys of the records that are left as they are until a problem of theirs is gone: conflicts that
	// are open stay open.
	Undecided []string
	Waiting   []Waiting
	// Unmanaged are the keys of contacts that are ours and have no row.
	Unmanaged []string
	// FoundAgain is how many contacts of ours the state did not know: it was lost, or restored from an older copy. They
	// are linked again and count as adopted.
	FoundAgain int
	// Unchanged is how many linked records need nothing.
	Unchanged int
}

// Resolved is a conflict that a person settled, and the side on which the operation is that carries the word out.
type Resolved struct {
	contact.Conflict
	Side contact.Side
}

// Twin is a row that gets no contact of its own, because contacts in Quo have its phone or its e-mail.
type Twin struct {
	Key      string
	Row      int      // the source's own number of the row, 0 when it has none
	By       string   // what both have: "phone" or "e-mail"
	Contacts []string // the ids of those that can become the row's
	Never    string   // why none of them can, "" when one can
	Fields   []TwinField
}

// TwinField is a field that the row or one of the contacts holds, as people read it.
type TwinField struct {
	Field contact.Field
	Row   string
	Quo   []string // by contact
}

// Waiting is a delete that waits for its grace.
type Waiting struct {
	Key       string    `json:"key"`
	ContactID string    `json:"contact_id"`
	Until     time.Time `json:"until,omitzero"` // zero: until the rows that cannot be read are mended
	Reason    string    `json:"reason"`
}

// Operation is one create, update, delete or unlinking of one record on one side.
type Operation struct {
	Key    string
	Side   contact.Side
	Action contact.Action
	Reason string
	Fields []contact.FieldChange
	// Row is the record, nil when it is absent.
	Row *Row
	// Contact is Quo's side as the plan saw it, nil when it is absent; After is what a create or an update on
	// Quo's side makes of it.
	Contact *contact.Contact
	After   contact.Contact
	// Set holds the values that an operation on the source's side writes.
	Set contact.Values
	// Cells, when it is not nil, is the row as an operation on the source's side leaves it, instead of Set.
	Cells []contact.Cell
	// Link is the link as the plan leaves it before the operation: the stored one, settled where nothing needs to be
	// written, or a new one. Settles is what its base gains when the operation is done.
	Link    contact.Link
	Settles contact.Base
	// AfterRow says that the operation waits for the one that makes the record's row, and is not made without it.
	AfterRow bool
	// Adopts says that the operation makes a contact ours that was not.
	Adopts bool
	// GivesUp says that the operation makes a contact no longer ours, so that the link has none.
	GivesUp bool
	// Opens are the conflicts that are open once an undo is done.
	Opens []contact.Conflict
	// FirstSight says that it merges a pair seen for the first time and overwrites no filled value.
	FirstSight bool
	// Approved says that a person let it through; Held that the brake keeps it back; Lifted that the brake was lifted for
	// its kind, by a flag or in the first run, so that later runs do not count it.
	Approved bool
	Held     bool
	Lifted   bool
}

// ContactID is the id of the operation's contact, "" for one that is yet to be created.
func (o *Operation) ContactID() string {
	if o.Contact != nil {
		return o.Contact.ID
	}
	return o.Link.ContactID
}

// Fingerprint identifies the operation and its values, so that an approval holds for nothing else.
func (o *Operation) Fingerprint() contact.Hash {
	var content contact.Hash
	if o.Contact != nil && o.Action != contact.Update {
		content = o.Contact.ContentHash()
	}
	data, err := json.Marshal([]any{o.Key, o.Side, o.Action, o.ContactID(), o.Fields, content})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return contact.HashOf(data)
}
