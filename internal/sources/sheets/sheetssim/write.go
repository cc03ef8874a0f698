package sheetssim

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxCell is how many characters a cell holds.
const maxCell = 50_000

// writing says how values come in, and what the answer tells about them.
type writing struct {
	user           string
	typed          bool // USER_ENTERED
	echo           bool
	rendering      rendering
	protectSkipped bool
}

// writing checks the options of a write.
func (s *Spreadsheet) writing(c *call, input string, echo bool, r rendering) (writing, error) {
	w := writing{c.user, input == "USER_ENTERED", echo, r.orDefault(), s.options.ProtectSkipped}
	if input == "" || input == "INPUT_VALUE_OPTION_UNSPECIFIED" {
		return w, invalid("'valueInputOption' is required but not specified")
	}
	for _, enum := range []struct {
		name, value string
		allowed     []string
	}{
		{"valueInputOption", input, inputEnum},
		{"responseValueRenderOption", r.value, valueEnum},
		{"responseDateTimeRenderOption", r.dates, datesEnum},
	} {
		if err := checkEnum(enum.name, enum.value, enum.allowed); err != nil {
			return w, err
		}
	}
	return w, nil
}

func (s *Spreadsheet) queryWriting(c *call) (writing, error) {
	q := c.query
	return s.writing(c, q.Get("valueInputOption"), q.Get("includeValuesInResponse") == "true",
		rendering{q.Get("responseValueRenderOption"), q.Get("responseDateTimeRenderOption")})
}

func (s *Spreadsheet) valuesUpdate(c *call) (any, error) {
	w, err := s.queryWriting(c)
	if err != nil {
		return nil, err
	}
	var v valueRange
	if err := c.decode(&v); err != nil {
		return nil, err
	}
	if v.Range != "" && v.Range != c.arg {
		return nil, invalid("Requested range %s does not match the range of the values, %s", c.arg, v.Range)
	}
	v.Range = c.arg
	b := s.book.clone()
	answer, err := b.write(v, w)
	if err != nil {
		return nil, err
	}
	s.commit(b)
	answer.SpreadsheetID = c.id
	return answer, nil
}

func (s *Spreadsheet) valuesBatchUpdate(c *call) (any, error) {
	var r batchUpdateRequest
	if err := c.decode(&r); err != nil {
		return nil, err
	}
	w, err := s.writing(c, r.ValueInputOption, r.IncludeValuesInResponse,
		rendering{r.ResponseValueRenderOption, r.ResponseDateTimeRenderOption})
	if err != nil {
		return nil, err
	}
	answer := batchUpdateResponse[updateResponse]{SpreadsheetID: c.id}
	b := s.book.clone()
	for i, v := range r.Data {
		one, err := b.write(v, w)
		if err != nil {
			return nil, inBatch(err, "data[%d]", i)
		}
		one.SpreadsheetID = c.id
		answer.add(one, one)
	}
	answer.TotalUpdatedSheets = b.titlesIn(r.Data)
	s.commit(b)
	return answer, nil
}

// add adds the response about a range and counts what was updated.
func (answer *batchUpdateResponse[R]) add(response R, one updateResponse) {
	answer.Responses = append(answer.Responses, response)
	answer.TotalUpdatedRows += one.UpdatedRows
	answer.TotalUpdatedColumns += one.UpdatedColumns
	answer.TotalUpdatedCells += one.UpdatedCells
}

func (b *Book) titlesIn(data []valueRange) int {
	seen := map[*Tab]bool{}
	for _, v := range data {
		if t, _, err := b.resolve(v.Range); err == nil {
			seen[t] = true
		}
	}
	return len(seen)
}

// inBatch says which part of a batch is refused.
func inBatch(err error, format string, args ...any) error {
	if refusal := new(apiError); errors.As(err, &refusal) {
		return refusal.in(format, args...)
	}
	return err
}

// write writes the values of one range.
func (b *Book) write(v valueRange, w writing) (updateResponse, error) {
	if err := checkEnum("majorDimension", v.MajorDimension, dimEnum); err != nil {
		return updateResponse{}, err
	}
	t, a, err := b.resolve(v.Range)
	if err != nil {
		return updateResponse{}, err
	}
	return t.write(a, v, w)
}

// write writes values into an area, which a single cell is only the corner of. null skips a cell, "" empties it.
func (t *Tab) write(a area, v valueRange, w writing) (updateResponse, error) {
	lines := v.Values
	if v.MajorDimension == "COLUMNS" {
		lines = transposed(lines)
	}
	extent := area{a.top, a.left, a.top + len(lines), a.left}
	for _, line := range lines {
		extent.right = max(extent.right, a.left+len(line))
	}
	if a.single() {
		a.bottom, a.right = max(a.bottom, extent.bottom), max(a.right, extent.right)
	}
	if err := t.checkWrite(a, extent); err != nil {
		return updateResponse{}, err
	}
	answer := updateResponse{UpdatedRange: t.name(extent), UpdatedRows: extent.rows(), UpdatedColumns: extent.columns()}
	if extent.rows() == 0 || extent.columns() == 0 {
		answer = updateResponse{UpdatedRange: t.name(area{a.top, a.left, a.top + 1, a.left + 1})}
	}
	for i, line := range lines {
		for j, value := range line {
			written, err := t.enter(a.top+i, a.left+j, value, w)
			if err != nil {
				return updateResponse{}, err
			}
			answer.UpdatedCells += btoi(written)
		}
	}
	if w.echo {
		echo := t.values(a.within(len(t.rows), t.columns), v.MajorDimension, w.rendering)
		answer.UpdatedData = &echo
	}
	return answer, nil
}

func (t *Tab) checkWrite(a, extent area) error {
	switch {
	case extent.bottom > a.bottom:
		return invalid("Requested writing within range [%s], but tried writing to row [%d]", t.quoted(a), a.bottom+1)
	case extent.right > a.right:
		return invalid("Requested writing within range [%s], but tried writing to column [%s]", t.quoted(a), columnName(a.right))
	case a.top >= len(t.rows), a.left >= t.columns,
		a.bottom != open && a.bottom > len(t.rows), a.right != open && a.right > t.columns,
		extent.bottom > len(t.rows), extent.right > t.columns:
		return t.outside(a)
	default:
		return nil
	}
}

// quoted is name with the title in quotes at all times, as some messages have it.
func (t *Tab) quoted(a area) string {
	return "'" + strings.ReplaceAll(t.title, "'", "''") + "'!" + a.String()
}

// enter writes one value. It reports false for one that skips its cell.
func (t *Tab) enter(row, column int, value any, w writing) (bool, error) {
	if value == nil && !w.protectSkipped {
		return false, nil
	}
	if err := t.mayEdit(area{row, column, row + 1, column + 1}, w.user); err != nil {
		return false, err
	}
	if value == nil {
		return false, nil
	}
	c, err := t.entered(t.at(row, column), value, w.typed)
	if err != nil {
		return false, err
	}
	if !t.covered(row, column) {
		t.put(row, column, c)
	}
	return true, nil
}

// entered is a cell after a value was written to it.
func (t *Tab) entered(old Cell, value any, typed bool) (Cell, error) {
	switch v := value.(type) {
	case float64, bool:
		return old.filled(Cell{Value: v}), nil
	case string:
		if utf8.RuneCountInString(v) > maxCell {
			return Cell{}, tooLong()
		}
		if typed {
			return t.book.typed(old, v), nil
		}
		return old.filled(Cell{Value: plain(v)}), nil
	default:
		return Cell{}, invalid("Invalid values: a cell takes a string, a number or a bool, not %s", kindOf(value))
	}
}

func kindOf(v any) string {
	if _, list := v.([]any); list {
		return "list_value"
	}
	return fmt.Sprintf("struct_value {%v}", v)
}

func transposed(lines [][]any) [][]any {
	width := 0
	for _, line := range lines {
		width = max(width, len(line))
	}
	across := make([][]any, width)
	for i := range across {
		across[i] = make([]any, len(lines))
		for j, line := range lines {
			if i < len(line) {
				across[i][j] = line[i]
			}
		}
	}
	return across
}

// mayEdit refuses what a protection forbids the user.
func (t *Tab) mayEdit(a area, user string) error {
	for _, p := range t.protections {
		if p.forbids(a, user) {
			return invalid("You are trying to edit a protected cell or object. Please contact the spreadsheet owner to " +
				"remove protection if you need to edit.")
		}
	}
	return nil
}
