package engine_test

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/state"
)

var header = []string{"id", "contactId", "First", "Last", "Company", "Phone", "Email", "VIP", "Score", "Tags", "Born", "Kind", "Updated", "Status", "Notes", "No"}

const (
	colID = iota
	colContact
	colFirst
	colLast
	colCompany
	colPhone
	colEmail
	colVIP
	colScore
	colTags
	colBorn
	colKind
	colUpdated
	colStatus
	colNotes // not mapped
	colNo    // likewise; tells rows apart whatever else they hold
)

// line is one row of the file, the same one wherever it stands and whatever it holds.
type line struct {
	cells []string
	raw   []string // as they stand in the file
}

// saveRows writes the file as people hold it, in one go, as an editor does.
func (w *world) saveRows() {
	var b bytes.Buffer
	if w.shape.bom {
		b.WriteString("\ufeff")
	}
	w.head = w.encode(header)
	b.WriteString(w.joined(w.head))
	for _, r := range w.rows {
		if r.cells[colNo] == "" {
			w.numbered++
			r.cells[colNo] = strconv.Itoa(w.numbered)
		}
		r.raw = w.encode(r.cells)
		b.WriteString(w.joined(r.raw))
	}
	tmp := w.path("rows.new")
	if err := os.WriteFile(tmp, b.Bytes(), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(tmp, w.path("rows.csv")); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) encode(cells []string) []string {
	raw := make([]string, len(cells))
	for i, s := range cells {
		raw[i] = s
		if w.shape.quoted || strings.ContainsAny(s, "\"\r\n,;\t") {
			raw[i] = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
		}
	}
	return raw
}

func (w *world) joined(raw []string) string {
	end := "\n"
	if w.shape.crlf {
		end = "\r\n"
	}
	return strings.Join(raw, string(w.shape.comma)) + end
}

// lines are the rows that the file holds now, header first. What a run wrote must be in the file's own manner.
func (w *world) lines() []*line {
	data, err := os.ReadFile(w.path("rows.csv"))
	if err != nil {
		w.t.Fatal(err)
	}
	s := string(data)
	if w.shape.bom != strings.HasPrefix(s, "\ufeff") {
		w.t.Errorf("the byte order mark of the file came or went")
	}
	s = strings.TrimPrefix(s, "\ufeff")
	var all []*line
	var now line
	start, quoted := 0, false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case quoted || rune(c) != w.shape.comma && c != '\n':
		default:
			raw := s[start:i]
			if c == '\n' && w.shape.crlf {
				if !strings.HasSuffix(raw, "\r") {
					w.t.Errorf("a line of the file ends in another way")
				}
				raw = strings.TrimSuffix(raw, "\r")
			}
			now.raw, start = append(now.raw, raw), i+1
			now.cells = append(now.cells, decode(raw))
			if c == '\n' {
				all, now = append(all, &line{now.cells, now.raw}), line{}
			}
		}
	}
	if start != len(s) {
		w.t.Errorf("the file ends in the middle of a line: %q", s[start:])
	}
	return all
}

func decode(raw string) string {
	if len(raw) < 2 || raw[0] != '"' {
		return raw
	}
	return strings.ReplaceAll(raw[1:len(raw)-1], `""`, `"`)
}

// lookAtFile takes over what runs did to the file since people last held it, and checks each change.
func (w *world) lookAtFile(before map[string]state.Link) {
	now := w.lines()
	if len(now) == 0 || !slices.Equal(now[0].raw, w.head) {
		w.t.Errorf("the header of the file was changed")
		return
	}
	now = now[1:]
	var kept []*line
	i, added := 0, false
	for _, r := range w.rows {
		if i < len(now) && now[i].cells[colNo] == r.cells[colNo] {
			kept = append(kept, r)
			w.rowWritten(r, now[i])
			i++
			continue
		}
		w.rowRemoved(r)
	}
	for ; i < len(now); i++ { // at the end
		r := now[i]
		if len(r.cells) != len(header) || r.cells[colNo] != "" {
			w.t.Errorf("the file has the row %q, which nobody wrote", r.cells)
			continue
		}
		kept, added = append(kept, r), true
		w.rowAdded(r, before)
	}
	w.rows = kept
	if added { // the sheet numbers it
		w.saveRows()
	}
}
