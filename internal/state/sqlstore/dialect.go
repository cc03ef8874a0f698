package sqlstore

import "time"

// Dialect is what a database does in its own way.
type Dialect struct {
	// Lock is a query with the parameters sync, token and holder. It makes the transaction the only one that writes the
	// sync, waiting for others to end, and only then returns whether token and holder are those of the sync's standing
	// lease, and the database's time (null where the database has no clock of its own).
	Lock string
	// Reserve takes slots: its parameters are the limit's name, the store's time (null for the database's) and how many
	// microseconds are taken. It returns the end of what was taken, and the time.
	Reserve string
	// Unlocked ends a query for rows that are to be changed: it locks them, and leaves out those that another transaction
	// has locked. "" where one transaction at a time writes.
	Unlocked string
	// Now is a query that returns the database's time; "" where it has none.
	Now string
	// Numbered are queries that make new ids follow those of rows that were copied.
	Numbered []string

	// Array returns the type of an array of values, for a statement that is given many rows as one array per column. Nil
	// where a statement is better executed once for each row.
	Array func(Type) string
	// In is the condition that a text is one of those of a parameter, which Set makes of them.
	In  func(parameter int) string
	Set func(texts []string) any

	// Time makes a parameter of a time that is not zero.
	Time func(time.Time) any
	// Text makes a parameter of a text, and Plain gives it back: not every database takes all texts. Nil for one that does.
	Text, Plain func(string) string
	// JSON makes a parameter of a document.
	JSON func(text string) any

	// Duplicate reports whether err means that a row would break a unique index or a primary key.
	Duplicate func(err error) bool
	// Again reports whether err means that another transaction was in the way, that nothing was written and that the
	// same transaction may go through now.
	Again func(err error) bool
	// Explain says what to do about an error of the database.
	Explain func(err error) error
}

// Type is the type of a value in the words that all dialects share.
type Type string

// The types. A zero time and a zero hash are null.
const (
	Text   Type = "text"
	Bool   Type = "bool"
	Number Type = "number"
	Time   Type = "time"
	Hash   Type = "hash"
	JSON   Type = "json"
)
