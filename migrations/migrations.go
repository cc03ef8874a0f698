// Package migrations holds the schema of the state store as goose migrations, one directory per database. Equal
// numbers mean equal tables, columns and nullability; only the types differ.
package migrations

import "embed"

// FS holds the migrations of each database in a directory of its name.
//
//go:embed postgres/*.sql sqlite/*.sql
var FS embed.FS
