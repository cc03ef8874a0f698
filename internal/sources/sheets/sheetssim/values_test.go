package sheetssim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sheets/v4"

	"syncd/internal/sources/sheets/sheetssim"
)

func TestReadTrims(t *testing.T) {
	w := people(t, sheetssim.Options{})
	v, err := w.client.Spreadsheets.Values.BatchGet(w.ID()).Ranges("'People'!A1:F", "People!E1:F", "C2:C").
		ValueRenderOption("UNFORMATTED_VALUE").Do()
	if err != nil {
		t.Fatal(err)
	}
	all := v.ValueRanges
	w.wantValues(all[0].Values, row("id", "Name", "Phone", "Age"), row("C-1", "Ada", "+14155550101", 36.0),
		row("C-2", "Grace", "", 85.0), row(), row("C-4", "Radia", "+14155550104"))
	w.wantValues(all[1].Values)
	w.wantValues(all[2].Values, row("+14155550101"), row(), row(), row("+14155550104"))
	var ranges []string
	for _, r := range all {
		ranges = append(ranges, r.Range)
	}
	if diff := cmp.Diff([]string{"People!A1:F1000", "People!E1:F1000", "People!C2:C1000"}, ranges); diff != "" {
		t.Error(diff)
	}
}

func TestWriteSkipsNullAndEchoes(t *testing.T) {
	w := people(t, sheetssim.Options{})
	answer, err := w.client.Spreadsheets.Values.BatchUpdate(w.ID(), &sheets.BatchUpdateValuesRequest{
		ValueInputOption: "RAW", IncludeValuesInResponse: true, ResponseValueRenderOption: "UNFORMATTED_VALUE",
		Data: []*sheets.ValueRange{
			{Range: "'People'!A2:C2", Values: [][]any{{nil, "Ada L.", nil}}},
			{Range: "'People'!A3:D3", Values: [][]any{{nil, "", "=1+1"}}},
		},
	}).Do()
	if err != nil {
		t.Fatal(err)
	}
	w.wantGrid("People", "id|Name|Phone|Age", "C-1|Ada L.|+14155550101|36", "C-2||=1+1|85", "|||", "C-4|Radia|+14155550104|")
	w.wantValues(answer.Responses[0].UpdatedData.Values, row("C-1", "Ada L.", "+14155550101"))
	w.wantValues(answer.Responses[1].UpdatedData.Values, row("C-2", "", "=1+1", 85.0))
}
