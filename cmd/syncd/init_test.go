package main

import (
	"errors"
	"testing"

	"syncd/internal/sources"
)

// What the sources say of options is said of the flags of init.
func TestInFlags(t *testing.T) {
	for said, want := range map[string]string{
		`sheet "tab": no credentials were found: set credentials_file: to the key`: `sheet "tab": no credentials were found: set --credentials to the key`,
		"check table: and the database of url:":                                    "check --table and the database of --postgres",
		"name \"a b\": use letters\ntab is the title of the tab":                   "--name \"a b\": use letters\n--tab is the title of the tab",
		`rows.csv: no column "url"`:                                                `rows.csv: no column "url"`,
	} {
		if got := inFlags(errors.New(said)).Error(); got != want {
			t.Errorf("%q becomes %q, want %q", said, got, want)
		}
	}
	if _, ok := errors.AsType[*sources.ColumnError](inFlags(&sources.ColumnError{})); !ok {
		t.Error("its type is lost")
	}
}
