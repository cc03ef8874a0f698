package csvfile

import (
	"slices"
	"strings"
	"testing"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

// FuzzWrite changes one cell of whatever file, and adds a row and deletes it again: no other byte may change.
func FuzzWrite(f *testing.F) {
	for _, text := range []string{
		"id,name\n1,Ada\n", "\uFEFFid,\"name\"\r\n1,\"A\nda\",x\r\n2, \"b\n3,\n", "id,name\n1,a\n1,b\n\n2,c\r", "name,id\n,1\n\n\n",
		"id,name\n1,\xFF\n2,Zo\xEB",
	} {
		f.Add(text, "new \"value\",\r\n", "")
		f.Add(text, "Zoë", "windows-1252")
	}
	f.Fuzz(func(t *testing.T, text, value, encoding string) {
		path := save(t, text)
		file := New(Options{Path: path, Delimiter: ",", Encoding: encoding, Key: []string{"id"}})
		records, err := readAll(t, file, "id", "name")
		if err != nil || len(records) == 0 {
			return
		}
		editCell(t, file, records[len(records)/2], value)
		addAndDelete(t, file)
	})
}

// editCell changes the name of one record and compares the bytes of all cells.
func editCell(t *testing.T, file *File, record contact.Record, value string) {
	key, err := contact.NormalizeKey(record.Cells[0])
	if err != nil {
		return
	}
	before := load(t, file.options.Path)
	outcome := tryWrite(t, file, contact.Change{
		Action: contact.Update, Key: key, Before: record.Cells, After: []contact.Cell{record.Cells[0], {Text: value}},
	})
	after := load(t, file.options.Path)
	if outcome.Status != sources.Written || record.Cells[1].Text == value {
		if before != after {
			t.Fatalf("%+v, but the file changed from %q to %q", outcome, before, after)
		}
		return
	}
	old, changed := rawCells(t, file, before), rawCells(t, file, after)
	name := slices.IndexFunc(old[0], func(cell string) bool { return contact.NormalizeText(strings.Trim(cell, `"`)) == "name" })
	old[record.Row-1][name] = changed[record.Row-1][name]
	if !slices.EqualFunc(old, changed, slices.Equal) {
		t.Fatalf("the change of one cell made %q of %q", after, before)
	}
	records, err := readAll(t, file, "name")
	if err != nil || len(records) > 0 && !slices.ContainsFunc(records, func(r contact.Record) bool {
		return r.Row == record.Row && r.Cells[0].Text == value && r.Problem == ""
	}) {
		t.Fatalf("%q is not read back, error %v", value, err)
	}
}

// tryWrite makes one change. The only error that a file can cause that was read is that it would be read otherwise.
func tryWrite(t *testing.T, file *File, change contact.Change) sources.Outcome {
	outcomes, err := file.Write(t.Context(), []string{"id", "name"}, []contact.Change{change})
	if err != nil && !strings.Contains(err.Error(), "would be read as") {
		t.Fatalf("Write: %v", err)
	}
	return outcomes[0]
}

// rawCells returns the bytes of every cell, quotes included, with the line end as the last one of its record.
func rawCells(t *testing.T, file *File, text string) (rows [][]string) {
	snap, err := file.open(save(t, text))
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	pass, err := snap.pass()
	if err != nil {
		t.Fatal(err)
	}
	for s := newScanner(pass, ','); ; {
		rec, err := s.next()
		if err != nil {
			return rows
		}
		var row []string
		for _, cell := range rec.cells {
			row = append(row, string(rec.raw[cell.from:cell.to]))
		}
		rows = append(rows, append(row, string(rec.lineEnd())))
	}
}

// addAndDelete expects the file as it was, with the last line end that it may have lacked.
func addAndDelete(t *testing.T, file *File) {
	before := load(t, file.options.Path)
	added := tryWrite(t, file, change(contact.Create, "new key", "", "x"))
	if added.Status == sources.Stale {
		return // the file has the key
	}
	deleted := tryWrite(t, file, change(contact.Delete, "new key", "x", ""))
	after := load(t, file.options.Path)
	if added.Status != sources.Written || deleted.Status != sources.Written || !strings.HasPrefix(after, before) ||
		strings.Trim(after[len(before):], "\r\n\x00") != "" {
		t.Fatalf("%+v and %+v made %q of %q", added, deleted, after, before)
	}
}
