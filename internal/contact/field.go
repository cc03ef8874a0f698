package contact

import "strings"

// Field names one canonical value that the mapping maps: "firstName", "phoneNumbers.mobile", "emails.work",
// "customFields.<key of the definition in Quo>". What follows the first dot of a phone or e-mail is the label
// of the slot, as configured.
type Field string

// The default fields that hold one value each, as Quo spells them.
const (
	FirstName Field = "firstName"
	LastName  Field = "lastName"
	Company   Field = "company"
	Role      Field = "role"
)

// The groups whose fields have a second part.
const (
	PhoneNumbers = "phoneNumbers"
	Emails       = "emails"
	CustomFields = "customFields"
)

// WholeRecord stands for the record itself in a conflict that is not about one field.
const WholeRecord Field = "*"

// FieldOf returns the field of a group, such as FieldOf(PhoneNumbers, "mobile").
func FieldOf(group, name string) Field { return Field(group + "." + name) }

// Split returns the group and the name of a field; the name is "" for the fields without a group.
func (f Field) Split() (group, name string) {
	group, name, _ = strings.Cut(string(f), ".")
	return group, name
}

// Direction says which way a field or a sync flows.
type Direction string

// The directions. TwoWay is the default of a sync; a field without one has that of its sync.
const (
	TwoWay  Direction = "two-way"
	ToQuo   Direction = "to-quo"
	FromQuo Direction = "from-quo"
)

// ConflictPolicy says who wins when both sides changed one field to different values.
type ConflictPolicy string

// The conflict policies. Ask is the default: neither side is written until a person settles it.
const (
	Ask        ConflictPolicy = "ask"
	TakeSource ConflictPolicy = "source"
	TakeQuo    ConflictPolicy = "quo"
	TakeNewest ConflictPolicy = "newest"
)

// Side is one of the two that a sync keeps the same.
type Side string

// The two sides.
const (
	Source Side = "source"
	Quo    Side = "quo"
)
