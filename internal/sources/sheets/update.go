package sheets

import (
	"context"
	"fmt"
	"slices"

	api "google.golang.org/api/sheets/v4"

	"syncd/internal/contact"
)

// update writes the targets' cells, each with the cells that tell its row in one range, so that Google's answer shows
// whose row that was. The header is among the ranges, too: columns move as well as rows. Cells that are null are left as
// they are; whether they may be protected is not known, so protected ones are not named, and the next round looks instead.
func (w *writer) update(ctx context.Context, now *survey, targets []*target) error {
	if len(targets) == 0 {
		return nil
	}
	var data []*api.ValueRange
	var parts []*target // of which target each range is; nil for the header
	if !w.headerClosed {
		data, parts = append(data, w.skip(0, 0, len(now.header)-1)), append(parts, nil)
	}
	for _, t := range targets {
		ranges := w.valueRanges(t)
		data, parts = append(data, ranges...), append(parts, slices.Repeat([]*target{t}, len(ranges))...)
	}
	w.admitted = false
	echo, err := w.client.update(ctx, data)
	if err != nil {
		return w.failed(ctx, targets, parts, err)
	}
	w.size = maxRows
	var written header
	if !w.headerClosed {
		written = namesOf(echo[0])
		w.moved = !written.startsWith(now.header)
	}
	for _, t := range targets {
		w.heard(t, echo[slices.Index(parts, t)], written)
	}
	return nil
}

// heard takes in what the answer to a write shows of a target's row, and of the header if that was asked for.
func (w *writer) heard(t *target, echo *api.UpdateValuesResponse, written header) {
	isOurs := t.closed || t.isOurs(echo)
	if isOurs && !t.closed && t.isTold() && written != nil && !w.moved { // one empty row looks like another
		w.done(t, t.from, t.row)
		return
	}
	t.heard, t.written, t.missed = true, written, !isOurs
	t.hit = t.keyIn(echo)
	w.sent = append(w.sent, t)
}

// skip is a range of one row in which nothing is written.
func (w *writer) skip(row, first, last int) *api.ValueRange {
	return &api.ValueRange{
		Range: rangeOf(w.tab.title, row, first, row, last), Values: [][]any{make([]any, last-first+1)},
	}
}

// valueRanges is one range from the first cell of the row that matters to the last; where others than those to be written are
// protected, it is one for each of these.
func (w *writer) valueRanges(t *target) []*api.ValueRange {
	if t.closed {
		var ranges []*api.ValueRange
		for _, column := range columnsOf(t.cells) {
			r := w.skip(t.row, column, column)
			r.Values[0][0] = t.cells[column]
			ranges = append(ranges, r)
		}
		return ranges
	}
	first, last := t.span()
	r := w.skip(t.row, first, last)
	for column, v := range t.cells {
		r.Values[0][column-first] = v
	}
	return []*api.ValueRange{r}
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

// failed sorts out what an error of a write means for its targets. The parts are those of the request that the error may
// name, each that of a target.
func (w *writer) failed(ctx context.Context, targets, parts []*target, err error) error {
	w.behind = true
	reason := refusal(err)
	i, known := refusedPart(err)
	switch {
	case ctx.Err() != nil || passes(err): // it may have been carried out
		w.sent = append(w.sent, targets...)
		return w.pause(ctx, targets, err)
	case isThrottled(err):
		return w.allAgain(targets, err)
	case isOutside(err):
		return w.refind(ctx, targets)
	case reason != "" && known && i < len(parts) && parts[i] != nil:
		w.notTaken(parts[i], reason)
		w.keep(slices.DeleteFunc(slices.Clone(targets), func(t *target) bool { return t == parts[i] }))
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
