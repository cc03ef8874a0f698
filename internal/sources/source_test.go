package sources_test

import (
	"testing"

	"syncd/internal/sources"
)

func TestColumnErrorNamesTheNearestColumn(t *testing.T) {
	columns := []string{"id", "First Name", "First", "Phone (mobile)", "E-Mail"}
	for column, want := range map[string]string{"first_name": "First Name", "Frist": "First", "phone": "Phone (mobile)", "email": "E-Mail",
		"First Name 2": "First Name", "ID": "id", "Birthday": "", "": ""} {
		e := &sources.ColumnError{Source: "rows.csv", Column: column, Columns: columns}
		if got := e.Near(); got != want {
			t.Errorf("%q: %q, want %q", column, got, want)
		}
	}
	e := &sources.ColumnError{Source: "rows.csv", Column: "Frist", Columns: columns[:3]}
	const want = `rows.csv: no column "Frist": did you mean "First"? Its columns are "id", "First Name", "First"`
	if e.Error() != want {
		t.Errorf("%s\nwant %s", e, want)
	}
}
