// Package contact holds what every other package talks about: the record of a source, the contact of Quo, the
// canonical fields between them and their values in normal form. It imports nothing of ours and does no I/O.
//
// Start with [Value], which makes equality mean something, then [Contact] and [Record].
package contact
