// Package sheetssim is a spreadsheet behind the real HTTP API of Google Sheets, for tests.
package sheetssim
