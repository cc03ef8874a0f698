package sheetssim_test

import (
	"testing"
	"time"

	"google.golang.org/api/sheets/v4"

	"syncd/internal/sources/sheets/sheetssim"
)

// People edit between the two calls of a client.
func TestHooks(t *testing.T) {
	w := people(t, sheetssim.Options{})
	w.Before(sheetssim.Reads, 2, func(b *sheetssim.Book, r sheetssim.Request) {
		b.Tab("People").SortRows("A", true)
	})
	w.After(sheetssim.On(sheetssim.RouteValuesGet), 1, func(b *sheetssim.Book, _ sheetssim.Request) {
		b.Tab("People").Set("A1", "key")
	})
	reads := 0
	w.After(sheetssim.Reads, 0, func(_ *sheetssim.Book, r sheetssim.Request) {
		if reads++; r.Number != reads || !r.Applied || r.Status != 0 {
			t.Errorf("got %+v", r)
		}
	})
	w.wantValues(w.read("People!A1:A2"), row("id"), row("C-1"))
	w.wantValues(w.read("People!A1:A2"), row("key"), row("C-4"))
	if w.PendingHooks() != 0 || reads != 2 {
		t.Errorf("%d hooks left, %d reads", w.PendingHooks(), reads)
	}
	w.Before(sheetssim.Writes, 1, func(b *sheetssim.Book, _ sheetssim.Request) { b.Tab("People").Rename("Leads") })
	_, err := w.updateRaw(&sheets.ValueRange{Range: "People!A1", Values: [][]any{{"x"}}})
	w.wantRefused(err, 400, "Unable to parse range: People!A1")
	w.Before(sheetssim.Writes, 1, func(b *sheetssim.Book, _ sheetssim.Request) { t.Error("a hook that was removed") })
	w.ClearHooks()
	w.mustBatch(deleteRows(5, 6))
}

func TestBreaches(t *testing.T) {
	read := func(w *world) { w.read("People!A1:D") }
	write := func(w *world) { w.updateRaw(&sheets.ValueRange{Range: "People!A2", Values: [][]any{{"C-1"}}}) }
	add := func(w *world) { w.append("People!A1:D1", "INSERT_ROWS", []any{"C-9"}) }
	request := func(r *sheets.Request) func(*world) { return func(w *world) { w.batch(r) } }
	fault := func(f sheetssim.Fault) func(*world) { return func(w *world) { w.Inject(f) } }
	cells := func(fields string) func(*world) {
		return request(&sheets.Request{RepeatCell: &sheets.RepeatCellRequest{
			Fields: fields, Cell: &sheets.CellData{}, Range: &sheets.GridRange{EndRowIndex: 1, EndColumnIndex: 1},
		}})
	}
	typed := func(w *world) {
		w.client.Spreadsheets.Values.Append(w.ID(), "People", &sheets.ValueRange{Values: [][]any{{1}}}).ValueInputOption("USER_ENTERED").Do()
	}
	typedBatch := func(w *world) {
		w.client.Spreadsheets.Values.BatchUpdate(w.ID(), &sheets.BatchUpdateValuesRequest{ValueInputOption: "USER_ENTERED"}).Do()
	}
	for _, test := range []struct {
		name  string
		steps []func(*world)
		want  []sheetssim.Rule
	}{
		{"read, write", []func(*world){read, write, read, write}, nil},
		{"write", []func(*world){write}, []sheetssim.Rule{sheetssim.CompareFirst}},
		{"write twice", []func(*world){read, write, write}, []sheetssim.Rule{sheetssim.CompareFirst}},
		{"fault between", []func(*world){read, fault(sheetssim.Fault{Status: 503}), write, write}, []sheetssim.Rule{sheetssim.CompareFirst}},
		{"broken read", []func(*world){fault(sheetssim.Fault{Kind: sheetssim.EmptyObject}), read, write}, []sheetssim.Rule{sheetssim.CompareFirst}},
		{"delete one", []func(*world){read, request(deleteRows(1, 2))}, nil},
		{"delete two", []func(*world){read, request(deleteRows(1, 3))}, []sheetssim.Rule{sheetssim.OneRow}},
		{"delete all", []func(*world){read, request(&sheets.Request{DeleteDimension: &sheets.DeleteDimensionRequest{
			Range: &sheets.DimensionRange{Dimension: "ROWS"},
		}})}, []sheetssim.Rule{sheetssim.OneRow}},
		{"delete blindly", []func(*world){request(deleteRows(1, 2))}, []sheetssim.Rule{sheetssim.CompareFirst}},
		{"format", []func(*world){cells("userEnteredFormat.numberFormat")}, nil},
		{"clear", []func(*world){cells("userEnteredValue")}, []sheetssim.Rule{sheetssim.CompareFirst}},
		{"anchor", []func(*world){read, func(w *world) { w.anchor(1) }, write}, nil},
		{"add", []func(*world){add, add}, nil},
		{"add again", []func(*world){fault(sheetssim.Fault{Kind: sheetssim.CutAfter}), add, add}, []sheetssim.Rule{sheetssim.LookFirst}},
		{"add after a look", []func(*world){fault(sheetssim.Fault{Kind: sheetssim.CutAfter}), add, read, add}, nil},
		{"typed", []func(*world){typed}, []sheetssim.Rule{sheetssim.RawValues}},
		{"typed batch", []func(*world){read, typedBatch}, []sheetssim.Rule{sheetssim.RawValues}},
		{"unknown kind", []func(*world){request(&sheets.Request{AddChart: &sheets.AddChartRequest{}})}, []sheetssim.Rule{sheetssim.KnownCalls}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := people(t, sheetssim.Options{}).inProcess()
			for _, step := range test.steps {
				step(w)
			}
			found := w.Breaches()
			ok := len(found) == len(test.want)
			for i := range test.want {
				ok = ok && found[i].Rule == test.want[i]
			}
			if !ok {
				t.Errorf("got %v, want %v", found, test.want)
			}
			if left := w.Breaches(test.want...); len(left) > 0 {
				t.Errorf("left %v", left)
			}
		})
	}
}

// clock is one that a test moves.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time { return c.now }

func TestQuota(t *testing.T) {
	c := newClock()
	w := people(t, sheetssim.Options{Now: c.Now}).inProcess()
	w.read("People!A1")
	c.now = c.now.Add(30 * time.Second)
	for range 59 {
		w.read("People!A1")
	}
	_, err := w.client.Spreadsheets.Values.Get(w.ID(), "People").Do()
	w.wantRefused(err, 429, "'Read requests' and limit 'Read requests per minute per user' of service 'sheets.googleapis.com'")
	w.mustBatch(deleteRows(5, 6)) // of another quota
	c.now = c.now.Add(30 * time.Second)
	w.read("People!A1")
	_, err = w.client.Spreadsheets.Values.Get(w.ID(), "People").Do()
	w.wantRefused(err, 429, "Quota exceeded")
	c.now = c.now.Add(30 * time.Second)
	for range 59 {
		w.read("People!A1")
	}
	if n := w.Busiest(sheetssim.Read, time.Minute); n != 62 {
		t.Errorf("busiest minute: %d", n)
	}
	if n := w.Busiest(sheetssim.Write, time.Minute); n != 1 {
		t.Errorf("busiest minute of writes: %d", n)
	}
	w.ResetRequests()
	if n := w.Busiest("", time.Minute); n != 0 {
		t.Errorf("after the reset: %d", n)
	}
}
