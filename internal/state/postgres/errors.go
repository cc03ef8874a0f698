package postgres

import "syncd/internal/pgserver"

// cures says what to do about errors of the server that mean something else for a state than for other databases.
var cures = map[string]string{
	pgserver.NoPrivilege: "this user needs the right to create tables in the schema: GRANT ALL ON SCHEMA ... TO ...",
	pgserver.NoTable:     "its tables are gone: run syncd migrate",
}

func duplicate(err error) bool { return pgserver.Code(err) == pgserver.UniqueViolation }

// explain says what to do about an error of the server or the network.
func explain(err error) error { return pgserver.Explain(err, cures) }
