package contact

// Problem is a row or a contact that cannot be synced, with the reason; the others go on.
type Problem struct {
	Key    string `json:"key"`    // "" when the row has no usable key
	Row    int    `json:"row"`    // the source's own number of the row; 0 when it has none
	Column string `json:"column"` // the source's column; "" when the problem is not about one
	Value  string `json:"value"`  // what stands there; personal data, so for reports and the state store only
	Reason string `json:"reason"` // why, and what to do
}

// Conflict is one field, or the whole record, that both sides changed and no rule decides.
type Conflict struct {
	Key    string `json:"key"`
	Field  Field  `json:"field"`
	Base   string `json:"base"`
	Source string `json:"source"`
	Quo    string `json:"quo"`
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
