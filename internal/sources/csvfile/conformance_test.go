package csvfile

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"syncd/internal/sources"
	"syncd/internal/sources/sourcetest"
)

func TestConformance(t *testing.T) {
	for name, encode := range map[string]func(string) string{
		"utf-8": func(text string) string { return text },
		"crlf with byte order mark": func(text string) string {
			return "\uFEFF" + strings.ReplaceAll(text, "\n", "\r\n")
		},
		"utf-16": func(text string) string { return utf16Text("\xFF\xFE", text) },
	} {
		t.Run(name, func(t *testing.T) {
			sourcetest.Run(t, func(t *testing.T, header []string, rows [][]string) sourcetest.Harness {
				h := &harness{t: t, path: filepath.Join(t.TempDir(), "contacts.csv"), header: header, encode: encode}
				h.save(rows)
				if name == "utf-8" {
					return h
				}
				return struct{ sourcetest.Harness }{h}
			})
		})
	}
}

// harness is a person who edits the file with a program that rewrites it whole.
type harness struct {
	t      *testing.T
	path   string
	header []string
	encode func(text string) string
}

func (h *harness) Source() sources.Source {
	return New(Options{Path: h.path, Delimiter: ",", Key: []string{sourcetest.Key}})
}

func (h *harness) Rows() [][]string {
	data, err := os.ReadFile(h.path)
	if err != nil {
		h.t.Fatal(err)
	}
	text := string(data)
	if strings.HasPrefix(text, "\xFF\xFE") {
		text = fromUTF16Text(h.t, text)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\uFEFF"))).ReadAll()
	if err != nil {
		h.t.Fatal(err)
	}
	return rows[1:]
}

func (h *harness) save(rows [][]string) {
	var text bytes.Buffer
	if err := csv.NewWriter(&text).WriteAll(append([][]string{h.header}, rows...)); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(h.path, []byte(h.encode(text.String())), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) SetCell(row int, column, text string) {
	rows := h.Rows()
	rows[row][slices.Index(h.header, column)] = text
	h.save(rows)
}

func (h *harness) DeleteRow(row int) { h.save(slices.Delete(h.Rows(), row, row+1)) }

func (h *harness) InsertRow(row int, cells []string) { h.save(slices.Insert(h.Rows(), row, cells)) }

func (h *harness) Sort(column string) {
	rows, i := h.Rows(), slices.Index(h.header, column)
	slices.SortStableFunc(rows, func(a, b []string) int { return cmp.Compare(b[i], a[i]) })
	h.save(rows)
}

// Meanwhile edits as a program does that knows of the lock: others can take back what was written meanwhile.
func (h *harness) Meanwhile(key, column, text string) error {
	unlock, err := lock(context.Background(), h.path)
	if err != nil {
		return err
	}
	defer unlock()
	rows := h.Rows()
	row := slices.IndexFunc(rows, func(row []string) bool { return row[0] == key })
	rows[row][slices.Index(h.header, column)] = text
	h.save(rows)
	return nil
}

func (h *harness) Fill(n int, row func(i int) []string) {
	file, err := os.Create(h.path)
	if err != nil {
		h.t.Fatal(err)
	}
	w := csv.NewWriter(file)
	err = w.Write(h.header)
	for i := range n {
		err = errors.Join(err, w.Write(row(i)))
	}
	w.Flush()
	if err := errors.Join(err, w.Error(), file.Close()); err != nil {
		h.t.Fatal(err)
	}
}
