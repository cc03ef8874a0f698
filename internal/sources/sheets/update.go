package sheets

import (
	"context"
	"fmt"

	api "google.golang.org/api/sheets/v4"

	"syncd/internal/contact"
)

// update writes the targets' cells, each with the cells that tell its row in one range, so that Google's answer shows
// whose row that was. The header is among the ranges, too: columns move as well as rows. Cells that are null are left as
// they are.
func (w *writer) update(ctx context.Context, now *survey, targets []*target) error {
	if len(targets) == 0 {
		return nil
	}
	data := []*api.ValueRange{{
		Range: rangeOf(w.tab.title, 0, 0, 0, len(now.header)-1), Values: [][]any{make([]any, len(now.header))},
	}}
	for _, t := range targets {
		data = append(data, w.valueRange(t))
	}
	w.admitted = false
	echo, err := w.client.update(ctx, data)
	if err != nil {
		return w.failed(ctx, targets, err)
	}
	w.size = maxRows
	written := header(namesOf(echo[0]))
	w.moved = !written.startsWith(now.header)
	for i, t := range targets {
		t.written = written
		isOurs := t.isOurs(echo[i+1])
		if isOurs && !w.moved && t.isTold() { // one empty row looks like another
			w.done(t, now, t.row)
			continue
		}
		t.missed = !isOurs
		t.hit = t.keyIn(echo[i+1])
		w.sent = append(w.sent, t)
	}
	return nil
}

func (w *writer) valueRange(t *target) *api.ValueRange {
	first, last := t.span()
	values := make([]any, last-first+1)
	for column, v := range t.cells {
		values[column-first] = v
	}
	return &api.ValueRange{Range: rangeOf(w.tab.title, t.row, first, t.row, last), Values: [][]any{values}}
}

// namesOf are the names of the columns in an answer about the header.
func namesOf(echo *api.UpdateValuesResponse) []string {
	var names []string
	if echo.UpdatedData != nil && len(echo.UpdatedData.Values) > 0 {
		for _, v := range echo.UpdatedData.Values[0] {
			names = append(names, contact.NormalizeText(textOf(v)))
		}
	}
	return names
}

// startsWith reports whether the columns are the same, whatever comes after them.
func (h header) startsWith(other header) bool {
	if len(h) < len(other) {
		return false
	}
	for i, name := range other {
		if h[i] != name {
			return false
		}
	}
	return true
}

// isOurs reports whether the answer shows the row that was meant.
func (t *target) isOurs(echo *api.UpdateValuesResponse) bool {
	if echo.UpdatedData == nil {
		return false
	}
	first, _ := t.span()
	for column, text := range t.expect {
		if cellOf(at(echo.UpdatedData.Values, 0, column-first)).Text != text {
			return false
		}
	}
	return true
}

// keyIn returns the key that the answer shows, "" when there is none or it was ours.
func (t *target) keyIn(echo *api.UpdateValuesResponse) string {
	if !t.missed || echo.UpdatedData == nil || len(t.from.key) == 0 {
		return ""
	}
	first, _ := t.span()
	var cells []contact.Cell
	for _, column := range t.from.key {
		if _, expected := t.expect[column]; !expected {
			return ""
		}
		cells = append(cells, cellOf(at(echo.UpdatedData.Values, 0, column-first)))
	}
	key, err := contact.NormalizeKey(cells...)
	if err != nil {
		return ""
	}
	return key
}

// failed sorts out what an error of a write means for its targets.
func (w *writer) failed(ctx context.Context, targets []*target, err error) error {
	reason := refusal(err)
	i, known := refusedPart(err)
	i-- // the first part is the header
	switch {
	case ctx.Err() != nil || passes(err): // it may have been carried out
		w.sent = append(w.sent, targets...)
		return w.pause(ctx, targets, err)
	case isThrottled(err):
		return w.allAgain(targets, err)
	case isOutside(err):
		return w.refind(ctx, targets)
	case reason != "" && known && i >= 0 && i < len(targets):
		w.notTaken(targets[i], reason)
		w.keep(append(targets[:i:i], targets[i+1:]...))
		return nil
	case reason != "" && len(targets) == 1:
		w.notTaken(targets[0], reason)
		return nil
	case reason != "": // of one of them: it is found by halves
		w.size = (len(targets) + 1) / 2
		w.keep(targets)
		return nil
	}
	w.keep(targets)
	return err
}

// notTaken gives up a target that the sheet does not take.
func (w *writer) notTaken(t *target, reason string) {
	if t.repair != nil {
		w.lose(t.repair)
		return
	}
	w.refuse(t.change, "%s", reason)
}

// refind looks the tab up again after a range was not found.
func (w *writer) refind(ctx context.Context, targets []*target) error {
	if err := w.allAgain(targets, nil); err != nil {
		return err
	}
	_, err := w.find(ctx)
	return err
}

// pause waits after a write that Google did not answer, longer each time.
func (w *writer) pause(ctx context.Context, targets []*target, err error) error {
	if ctxErr := ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	for _, t := range targets {
		if t.repair == nil && w.tries[t.change] >= maxTries {
			return fmt.Errorf("%w, %d times", err, maxTries)
		}
	}
	return sleep(ctx, w.waits.NextBackOff())
}
