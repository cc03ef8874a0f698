package sheetssim

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// batch is one spreadsheets.batchUpdate, at work on a copy of the book.
type batch struct {
	*Spreadsheet
	book *Book
	user string
}

type batchRequest struct {
	Requests []map[string]jsontext.Value `json:"requests"`
}

type batchResponse struct {
	SpreadsheetID string `json:"spreadsheetId"`
	Replies       []any  `json:"replies,omitempty"`
}

// kinds are the requests that a batch may have. The reply to a request is named after it; nil is an empty one.
var kinds = map[string]func(*batch, jsontext.Value) (any, error){
	"insertDimension":         kind((*batch).insertDimension),
	"deleteDimension":         kind((*batch).deleteDimension),
	"moveDimension":           kind((*batch).moveDimension),
	"appendDimension":         kind((*batch).appendDimension),
	"sortRange":               kind((*batch).sortRange),
	"appendCells":             kind((*batch).appendCells),
	"updateCells":             kind((*batch).updateCells),
	"repeatCell":              kind((*batch).repeatCell),
	"findReplace":             kind((*batch).findReplace),
	"createDeveloperMetadata": kind((*batch).createDeveloperMetadata),
	"deleteDeveloperMetadata": kind((*batch).deleteDeveloperMetadata),
	"addProtectedRange":       kind((*batch).addProtectedRange),
	"updateSheetProperties":   kind((*batch).updateSheetProperties),
}

func kind[R any](do func(*batch, R) (any, error)) func(*batch, jsontext.Value) (any, error) {
	return func(b *batch, raw jsontext.Value) (any, error) {
		var r R
		if err := json.Unmarshal(raw, &r, json.RejectUnknownMembers(true)); err != nil {
			return nil, invalid("Invalid JSON payload received. %v", err)
		}
		return do(b, r)
	}
}

// batchUpdate makes all changes or none.
//
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/batchUpdate
func (s *Spreadsheet) batchUpdate(c *call) (any, error) {
	var r batchRequest
	if err := c.decode(&r); err != nil {
		return nil, err
	}
	if len(r.Requests) == 0 {
		return nil, invalid("Must specify at least one request.")
	}
	answer := batchResponse{SpreadsheetID: c.id}
	b := &batch{s, s.book.clone(), c.user}
	for i, one := range r.Requests {
		if len(one) != 1 {
			return nil, invalid("Invalid value at 'requests[%d]': it takes one kind of request, not %d", i, len(one))
		}
		for name, raw := range one {
			do, known := kinds[name]
			if !known {
				c.record.Unknown = name
				return nil, invalid("Invalid JSON payload received. Unknown name %q at 'requests[%d]': Cannot find field.", name, i)
			}
			reply, err := do(b, raw)
			if err != nil {
				return nil, inBatch(err, "requests[%d].%s", i, name)
			}
			named := map[string]any{}
			if reply != nil {
				named[name] = reply
			}
			answer.Replies = append(answer.Replies, named)
		}
	}
	s.commit(b.book)
	return answer, nil
}

// tab finds the tab of a request.
func (b *batch) tab(id int64) (*Tab, error) {
	if t := b.book.tabWithID(id); t != nil && t.kind() == grid {
		return t, nil
	}
	return nil, invalid("No grid with id: %d", id)
}

// span makes the ends of a range: what is left out is open.
func span(start, end *int, size int) (from, to int, err error) {
	to = size
	if start != nil {
		from = *start
	}
	if end != nil {
		to = *end
	}
	switch {
	case from < 0 || to < from:
		return 0, 0, invalid("The range from index %d to index %d is not valid", from, to)
	case from >= size && from != to, to > size:
		return 0, 0, invalid("The range from index %d to index %d exceeds grid limits, of %d", from, to, size)
	default:
		return from, to, nil
	}
}

// area finds the cells of a range.
func (b *batch) area(g gridRange) (*Tab, area, error) {
	t, err := b.tab(g.SheetID)
	if err != nil {
		return nil, area{}, err
	}
	a, err := t.areaOf(g)
	return t, a, err
}

func (t *Tab) areaOf(g gridRange) (a area, err error) {
	if a.top, a.bottom, err = span(g.StartRowIndex, g.EndRowIndex, len(t.rows)); err != nil {
		return area{}, err
	}
	a.left, a.right, err = span(g.StartColumnIndex, g.EndColumnIndex, t.columns)
	return a, err
}

// grown refuses n more rows or columns of a tab if they are too many.
func (b *batch) grown(t *Tab, d dimension, n int) error {
	if d == dimRows {
		return b.fits(t, len(t.rows)+n, t.columns)
	}
	return b.fits(t, len(t.rows), t.columns+n)
}
