package contact

import "fmt"

// Problem is a row or a contact that cannot be synced, with the reason; the others go on.
type Problem struct {
	Key    string `json:"key"`    // "" when the row has no usable key
	Row    int    `json:"row"`    // the source's own number of the row; 0 when it has none
	Column string `json:"column"` // the source's column; "" when the problem is not about one
	Value  string `json:"value"`  // what stands there; personal data, so for reports and the state store only
	Reason string `json:"reason"` // why, and what to do
}

// Conflict is one field, or the whole record, that both sides changed and no rule decides, that was different when the pair
// was first seen, or that an undo left different.
type Conflict struct {
	Key    string `json:"key"`
	Field  Field  `json:"field"`
	Base   string `json:"base"`
	Source string `json:"source"`
	Quo    string `json:"quo"`
	Reason string `json:"reason"` // BothChanged, FirstSight or UndoneIn
}

// BothChanged is why most conflicts are open.
const BothChanged = "changed on both sides"

// FirstSight is why a conflict is open of which nothing tells what was there before; its Base is empty.
const FirstSight = "different at first sight"

// UndoneIn is why a conflict is open whose two values an undo left different: the number is that of the run that undid, below
// 0 when it is not known.
func UndoneIn(run int64) string {
	if run < 0 {
		return "undone in an earlier run"
	}
	return fmt.Sprintf("undone in run %d", run)
}

// FieldChange is what an operation does to one field, and why.
type FieldChange struct {
	Field  Field  `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
	Reason string `json:"reason"`
}

// Definition is one custom field as the workspace defines it.
//
// GET /v1/contact-custom-fields: https://www.quo.com/docs/mdx/api-reference/contacts/get-contact-custom-fields
type Definition struct {
	Key  string `json:"key"`
	Name string `json:"name"`
	Type Kind   `json:"type"`
}
