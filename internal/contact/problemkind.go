package contact

import "regexp"

// What differs in a reason from row to row, and what stands for it.
var (
	named       = regexp.MustCompile(`the contact .*?\b[0-9a-f]{24}\b`)
	anotherRow  = regexp.MustCompile(`^(?:row \d+|another row) (has|says)`)
	ofOneRow    = regexp.MustCompile("(?:: |; |, or |; if not, )`syncd .*$")
	ofOneAnswer = regexp.MustCompile(` \(trace [^)]*\)`)
)

// Kind is the reason without what differs from row to row: the problems that a person mends in one way have one kind.
// It reads as a reason does: "a contact in Quo already has this phone".
func (p Problem) Kind() string {
	kind := ofOneRow.ReplaceAllString(p.Reason, "")
	kind = named.ReplaceAllString(kind, "a contact")
	kind = anotherRow.ReplaceAllString(kind, "another row $1")
	return ofOneAnswer.ReplaceAllString(kind, "")
}
