package sheets

import (
	"context"

	api "google.golang.org/api/sheets/v4"
)

// add writes new rows after the last one that holds anything. Of all ways to do so this one neither looks for a table,
// which an empty row or column would end, nor names a row that somebody else may fill meanwhile; the grid grows when it
// must. It does not say where the rows went, so the next round looks for them.
func (w *writer) add(ctx context.Context, now *survey, creates []*target) error {
	if len(creates) == 0 {
		return nil
	}
	if err := w.admit(ctx); err != nil {
		return err
	}
	var rows []*api.RowData
	for _, t := range creates {
		rows = append(rows, rowData(t, len(now.header)))
	}
	w.admitted = false
	err := w.client.edit(ctx, longPatience, []*api.Request{{AppendCells: &api.AppendCellsRequest{
		SheetId: w.tab.id, Rows: rows, Fields: "userEnteredValue", ForceSendFields: []string{"SheetId"},
	}}})
	switch {
	case err == nil || isSilent(err):
		for _, t := range creates {
			t.silence = err
		}
		w.sent = append(w.sent, creates...)
		return nil
	case isPlaceClosed(err):
		for _, t := range creates {
			w.refuse(t.change, "%s", refusal(err))
		}
		if isFull(err) {
			w.halt(err)
		}
		return nil
	}
	return w.failed(ctx, creates, nil, err)
}

// leaveOpen gives up a new row that is not there, and that Google may add yet: a second one would be there twice.
func (w *writer) leaveOpen(t *target) {
	w.givenUp[t.change] = "Google did not say whether the row was added, and may add it yet: the next run looks for it"
	w.halt(t.silence)
}

// rowData is a row as the API takes it.
func rowData(t *target, columns int) *api.RowData {
	row := &api.RowData{}
	for column := range columns {
		row.Values = append(row.Values, &api.CellData{UserEnteredValue: extended(t.cells[column])})
	}
	return row
}

// extended is a value as the API takes it where it has a type; nil leaves a new cell empty and clears another.
func extended(v value) *api.ExtendedValue {
	switch v := v.(type) {
	case formula:
		text := string(v)
		return &api.ExtendedValue{FormulaValue: &text}
	case string:
		if v != "" {
			return &api.ExtendedValue{StringValue: &v}
		}
	case float64:
		return &api.ExtendedValue{NumberValue: &v}
	case bool:
		return &api.ExtendedValue{BoolValue: &v}
	}
	return nil
}
