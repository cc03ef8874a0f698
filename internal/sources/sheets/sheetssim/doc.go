// Package sheetssim is a spreadsheet behind the HTTP API of Google Sheets, for tests. It imitates what the API is
// documented or was observed to do; where that is not known it does the strictest thing or has an option for either.
//
// A [Spreadsheet] is an [http.Handler]; [Spreadsheet.Transport] reaches it without a network. Its other methods are
// people who edit the sheet ([Spreadsheet.Edit] and, between the two calls of a client, [Spreadsheet.Before] and
// [Spreadsheet.After]), a bad network ([Spreadsheet.Inject], [Spreadsheet.RandomFaults]) and a witness
// ([Spreadsheet.Requests]). Start reading in spreadsheet.go, then serve.go. The package shares no code with the
// adapter that it tests, for a mistake in shared code would hide: its A1 notation is its own.
//
// The API: https://developers.google.com/workspace/sheets/api/reference/rest
package sheetssim
