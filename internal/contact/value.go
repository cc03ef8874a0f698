package contact

// Kind is what sort of value a field holds; it decides its normal form. The kinds from Address to URL are the
// types of Quo's custom fields, spelled as Quo spells them.
//
// GET /v1/contact-custom-fields: https://www.quo.com/docs/mdx/api-reference/contacts/get-contact-custom-fields
type Kind string

// The kinds.
const (
	Text    Kind = "text"
	Phone   Kind = "phone"
	Email   Kind = "email"
	Address Kind = "address"
	Boolean Kind = "boolean"
	Date    Kind = "date"
	List    Kind = "multi-select"
	Number  Kind = "number"
	String  Kind = "string"
	URL     Kind = "url"
)

// Value is the value of one field. Two values are the same when their normal forms are; the spelling that a
// person or Quo used travels along, so that what means the same is never rewritten. The zero Value is empty.
type Value struct {
	// Norm is the normal form, "" when empty: E.164 for a phone number, lower case for an e-mail, NFC without
	// outer white space for text, "2006-01-02" for a date in the sync's time zone, digits without superfluous
	// zeros for a number, "true" for a boolean that is set (one that is not set is empty), a sorted JSON array
	// for a list.
	Norm string
	// Text is the value as it is written elsewhere: like Norm, but with the case of an e-mail, the order of a
	// list, "false" for a boolean that says so, and the time of day of a date that came from Quo (RFC 3339).
	Text string
}

// Same reports whether two values mean the same.
func (v Value) Same(w Value) bool { return v.Norm == w.Norm }

// Empty reports whether the value means nothing: an empty cell, null in Quo, a boolean that is not set.
func (v Value) Empty() bool { return v.Norm == "" }

// Blank reports whether nobody wrote anything; a boolean cell that says "no" is empty, but not blank.
func (v Value) Blank() bool { return v.Norm == "" && v.Text == "" }

// Values holds the values of a record or a contact by field; a field that is not there is empty.
type Values map[Field]Value

// Base holds, per field, what each side held when syncd last settled the field: two values in normal form,
// usually equal. A field that is not there was never settled.
type Base map[Field]Settled

// Settled is the pair of normal forms that the two sides of one field held.
type Settled struct {
	Source string `json:"source"`
	Quo    string `json:"quo"`
	// Reading says from where and how the value was read, see mapping.Field: under another one, Source says nothing.
	Reading string `json:"reading,omitempty"`
	// Undone is the run that left the two values as they are because it undid another one, 0 for none, below 0 when its
	// number is not known: no rule makes one of the other, until a person decides or changes one of them.
	Undone int64 `json:"undone,omitempty"`
}
