// Package quo is a client of the contact part of Quo's v1 API. It keeps the rate limit of the API key, repeats what
// may be repeated, reads lists whole or not at all, and tells of every write whether it happened, did not happen, or
// went unheard ([ErrUnheard]). What to write, and what an error means for a run, it leaves to its callers.
//
// Start with [Client], then do in call.go: throttle, gate, send, judge, and perhaps again.
//
// The API: https://www.quo.com/docs/mdx/api-reference/contacts/list-contacts and its neighbours.
package quo
