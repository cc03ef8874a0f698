package sheetssim

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
)

// Whatever a batch asks for, it is done or refused, and what is refused leaves everything as it was.
func FuzzBatch(f *testing.F) {
	for _, request := range []string{
		`{"insertDimension":{"range":{"dimension":"ROWS","startIndex":1,"endIndex":3},"inheritFromBefore":true}}`,
		`{"insertDimension":{"range":{"dimension":"ROWS","startIndex":0,"endIndex":9000000000000000000}}}`,
		`{"deleteDimension":{"range":{"dimension":"COLUMNS","startIndex":1,"endIndex":2}}}`,
		`{"moveDimension":{"source":{"dimension":"ROWS","startIndex":2,"endIndex":4},"destinationIndex":1}}`,
		`{"sortRange":{"range":{"startRowIndex":1},"sortSpecs":[{"dimensionIndex":1,"sortOrder":"DESCENDING"}]}}`,
		`{"appendDimension":{"dimension":"COLUMNS","length":4000000000000000000}}`,
		`{"appendCells":{"rows":[{"values":[{"userEnteredValue":{"stringValue":"x"}}]}],"fields":"*"}}`,
		`{"updateCells":{"start":{"rowIndex":2},"rows":[{"values":[{"userEnteredValue":{"formulaValue":"=1+1"}}]}],"fields":"*"}}`,
		`{"updateCells":{"range":{"startRowIndex":2,"endRowIndex":2},"rows":[],"fields":"userEnteredValue"}}`,
		`{"repeatCell":{"range":{"endColumnIndex":2},"cell":{},"fields":"userEnteredFormat(numberFormat)"}}`,
		`{"findReplace":{"find":"a","replacement":"+1","allSheets":true}}`,
		`{"createDeveloperMetadata":{"developerMetadata":{"metadataKey":"s","visibility":"DOCUMENT","location":{"sheetId":0}}}}`,
		`{"deleteDeveloperMetadata":{"dataFilter":{"gridRange":{"startRowIndex":5,"endRowIndex":1}}}}`,
		`{"addProtectedRange":{"protectedRange":{"range":{"startRowIndex":-1},"unprotectedRanges":[{"endRowIndex":-5}]}}}`,
		`{"updateSheetProperties":{"properties":{"gridProperties":{"rowCount":-1}},"fields":"gridProperties.rowCount"}}`,
	} {
		f.Add(`{"requests":[` + request + `]}`)
		f.Add(`{"requests":[` + request + `,` + request + `,{}]}`)
	}
	f.Fuzz(func(t *testing.T, body string) {
		s := New(Options{MaxCells: 10_000})
		s.book.AddTab("T", []any{"id", "a"}, []any{"C-1", 1}, []any{"C-2", true}).Resize(20, 5)
		before := s.book.clone()
		r := httptest.NewRequest(http.MethodPost, "/v4/spreadsheets/"+DefaultID+":batchUpdate", strings.NewReader(body))
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		switch {
		case w.Code == http.StatusBadRequest && !reflect.DeepEqual(before.tabs[0].rows, s.book.tabs[0].rows):
			t.Error("a batch that was refused changed something")
		case w.Code != http.StatusBadRequest && w.Code != http.StatusOK:
			t.Errorf("got %d %s", w.Code, w.Body)
		}
	})
}

func FuzzParseMask(f *testing.F) {
	for _, text := range []string{"*", "a.b,c", "sheets(properties(title),data/rowData)", "a(b", "a,a.b,a(c)", "(", "a)", ","} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m := parseMask(text)
		if (m == nil) == (len(m) > 0) {
			t.Fatalf("%q: %v", text, m)
		}
		for name, below := range m {
			if name == "" || !m.has(name) || below != nil && len(below) == 0 {
				t.Errorf("%q: %v", text, m)
			}
		}
	})
}
