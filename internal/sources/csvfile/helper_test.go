package csvfile

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf16"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

// save writes a new file and returns its path.
func save(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "contacts.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// readAll returns what Read yields, up to its error.
func readAll(t testing.TB, f *File, columns ...string) (records []contact.Record, err error) {
	t.Helper()
	for record, err := range f.Read(t.Context(), columns) {
		if err != nil {
			return records, err
		}
		records = append(records, record)
	}
	return records, nil
}

func cells(texts ...string) []contact.Cell {
	cells := make([]contact.Cell, len(texts))
	for i, text := range texts {
		cells[i].Text = text
	}
	return cells
}

// texts are the cells of records, for comparing.
func texts(records []contact.Record) [][]string {
	var rows [][]string
	for _, record := range records {
		row := []string{}
		for _, cell := range record.Cells {
			row = append(row, cell.Text)
		}
		rows = append(rows, row)
	}
	return rows
}

// change is one change to a row with the columns id and name.
func change(action contact.Action, key, before, after string) contact.Change {
	c := contact.Change{Action: action, Key: key}
	if action != contact.Create {
		c.Before = cells(key, before)
	}
	if action != contact.Delete {
		c.After = cells(key, after)
	}
	return c
}

// write makes changes to the columns id and name and returns the outcomes; an error fails the test.
func write(t testing.TB, f *File, changes ...contact.Change) []sources.Outcome {
	t.Helper()
	outcomes, err := f.Write(t.Context(), []string{"id", "name"}, changes)
	if err != nil {
		t.Fatalf("Write: %v", err)
	}
	return outcomes
}

// utf16Text is text in UTF-16, in the byte order that the mark says, with the mark.
func utf16Text(mark, text string) string {
	var order binary.AppendByteOrder = binary.LittleEndian
	if mark == "\xFE\xFF" {
		order = binary.BigEndian
	}
	data := []byte(mark)
	for _, unit := range utf16.Encode([]rune(text)) {
		data = order.AppendUint16(data, unit)
	}
	return string(data)
}

// fromUTF16Text is the text of a file in UTF-16 in little-endian order with a mark.
func fromUTF16Text(t testing.TB, data string) string {
	t.Helper()
	if len(data)%2 != 0 {
		t.Fatalf("UTF-16 in %d bytes", len(data))
	}
	return string(utf16.Decode(unitsOf([]byte(data[2:]))))
}
