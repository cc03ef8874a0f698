package sheetssim_test

import (
	"context"
	"fmt"
	"net/http"

	"google.golang.org/api/option"
	"google.golang.org/api/sheets/v4"

	"syncd/internal/sources/sheets/sheetssim"
)

// Somebody sorts the sheet after a program has read it and before it writes: the write lands on another row, and only its
// echo tells.
func Example() {
	sim := sheetssim.New(sheetssim.Options{})
	sim.Edit(func(b *sheetssim.Book) {
		b.AddTab("Leads", []any{"id", "Name"}, []any{"C-1", "Ada"}, []any{"C-2", "Grace"})
	})
	sim.Before(sheetssim.Writes, 1, func(b *sheetssim.Book, _ sheetssim.Request) {
		b.Tab("Leads").SortRows("A", true)
	})
	client, err := sheets.NewService(context.Background(), option.WithHTTPClient(&http.Client{Transport: sim.Transport()}))
	if err != nil {
		fmt.Println(err)
		return
	}
	read, err := client.Spreadsheets.Values.Get(sim.ID(), "'Leads'!A2:B2").Do()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("read ", read.Values)
	written, err := client.Spreadsheets.Values.Update(sim.ID(), "'Leads'!A2:B2", &sheets.ValueRange{
		Values: [][]any{{nil, "Ada Lovelace"}},
	}).ValueInputOption("RAW").IncludeValuesInResponse(true).Do()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("wrote", written.UpdatedData.Values)
	// Output:
	// read  [[C-1 Ada]]
	// wrote [[C-2 Ada Lovelace]]
}
