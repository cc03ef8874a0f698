// Package quosim is a Quo workspace behind the v1 contact API of Quo (formerly OpenPhone), for tests and for trying
// syncd out without an account. It imitates what the API is documented or was observed to do, and where that is not
// known it does the strictest thing: a client that works here should work there, not the other way round.
//
// A [Workspace] is an [http.Handler]. Its other methods are a person in Quo's app ([Workspace.Add], [Workspace.Edit],
// [Workspace.Delete]), a bad network ([Workspace.Inject], [Workspace.RandomFaults]) and a witness
// ([Workspace.Requests], [Workspace.OnRequest]). Start reading in workspace.go, then handlers.go. The package shares
// no code with the client that it tests, for a mistake in shared code would hide.
//
// The API: https://www.quo.com/docs/mdx/api-reference/contacts/list-contacts and its neighbours.
package quosim
