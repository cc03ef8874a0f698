package sheets

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	api "google.golang.org/api/sheets/v4"
)

// restorable is what is written into a cell so that it holds what it did; nil when that is not known.
func restorable(from *survey, was, column, row int) value {
	v := at(from.entered, was, column)
	if v == nil {
		return ""
	}
	if looksCalculated(v) {
		switch {
		case from.shown == nil && !from.isOfFormulas(column):
			return nil // it may be a text, which must not become a formula
		case from.shown != nil && textOf(at(from.shown, was, column)) == textOf(v):
			return v // a text
		}
		moved, ok := movedFormula(textOf(v), was+1, row+1)
		if !ok {
			return nil
		}
		return formula(moved)
	}
	return v
}

// isOfFormulas reports whether most cells of a column look like formulas.
func (s *survey) isOfFormulas(column int) bool {
	formulas, others := 0, 0
	for row := 1; row < len(s.entered); row++ {
		switch v := at(s.entered, row, column); {
		case looksCalculated(v):
			formulas++
		case textOf(v) != "":
			others++
		}
	}
	return formulas > others
}

// apart tells the targets that hold formulas, which no write of values can put back, from the others.
func apart(targets []*target) (values, formulas []*target) {
	for _, t := range targets {
		hasFormula := slices.ContainsFunc(slices.Collect(maps.Values(t.cells)), func(v value) bool { _, ok := v.(formula); return ok })
		if hasFormula {
			formulas = append(formulas, t)
		} else {
			values = append(values, t)
		}
	}
	return values, formulas
}

// restoreFormulas puts formulas back. Google does not say whose row that was, so the next round looks.
func (w *writer) restoreFormulas(ctx context.Context, targets []*target) error {
	if len(targets) == 0 {
		return nil
	}
	if err := w.admit(ctx); err != nil {
		return err
	}
	var requests []*api.Request
	for _, t := range targets {
		for _, column := range columnsOf(t.cells) {
			requests = append(requests, &api.Request{UpdateCells: &api.UpdateCellsRequest{
				Range: w.gridRange(t.row, column, column), Fields: "userEnteredValue",
				Rows: []*api.RowData{{Values: []*api.CellData{{UserEnteredValue: extended(t.cells[column])}}}},
			}})
		}
	}
	w.admitted = false
	if err := w.client.edit(ctx, patience, requests); err != nil {
		return w.failed(ctx, targets, nil, err)
	}
	w.sent = append(w.sent, targets...)
	return nil
}

// reference is a cell in a formula, or what looks like one.
var reference = regexp.MustCompile(`(\$?[A-Za-z]{1,3})(\$?)([0-9]+)`)

// movedFormula is a formula of one row as it reads in another. It is not ok when it names other rows, whose numbers may have
// changed too.
func movedFormula(text string, from, to int) (moved string, ok bool) {
	if from == to {
		return text, true
	}
	ok = true
	parts := strings.Split(text, `"`) // every other one is text
	for i := 0; i < len(parts); i += 2 {
		parts[i] = reference.ReplaceAllStringFunc(parts[i], func(cell string) string {
			m := reference.FindStringSubmatch(cell)
			if m[2] != "" || m[3] != strconv.Itoa(from) {
				ok = false
				return cell
			}
			return m[1] + strconv.Itoa(to)
		})
	}
	return strings.Join(parts, `"`), ok
}
