package sheetssim_test

import (
	"fmt"
	"sync"
	"testing"

	"google.golang.org/api/sheets/v4"

	"syncd/internal/sources/sheets/sheetssim"
)

// Clients and people work at the same time, and nothing of it is lost.
func TestConcurrentUse(t *testing.T) {
	const clients, times = 6, 20
	w := people(t, sheetssim.Options{ReadsPerMinute: -1, WritesPerMinute: -1})
	w.RandomFaults(1, 0.1, sheetssim.Fault{Kind: sheetssim.FailAfter, Status: 503})
	seen := 0
	w.After(sheetssim.Writes, 0, func(*sheetssim.Book, sheetssim.Request) { seen++ })
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			for n := range times {
				cell := fmt.Sprintf("People!%c%d", 'G'+i, n+1)
				w.client.Spreadsheets.Values.Update(w.ID(), cell, &sheets.ValueRange{Values: [][]any{{n}}}).
					ValueInputOption("RAW").Do() // a fault answers for a write that was made
				w.client.Spreadsheets.Values.Get(w.ID(), "People").Do()
			}
		})
	}
	wg.Go(func() {
		for range times {
			w.Edit(func(b *sheetssim.Book) { b.Tab("People").MoveColumn("A", "C") })
			w.View(func(b *sheetssim.Book) { b.Tab("People").Texts() })
			w.Requests()
			w.Breaches()
		}
	})
	wg.Wait()
	w.ClearFaults()
	for i := range clients {
		values := w.read(fmt.Sprintf("People!%c1:%c", 'G'+i, 'G'+i))
		for n := range times {
			if len(values) != times || values[n][0] != float64(n) {
				t.Fatalf("client %d wrote %v", i, values)
			}
		}
	}
	if seen != clients*times || len(w.Requests()) != 2*clients*times+clients {
		t.Errorf("%d writes seen, %d requests", seen, len(w.Requests()))
	}
}
