package sheetssim_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/sources/sheets/sheetssim"
)

// post sends a body as it is and returns the status and the answer.
func (w *world) post(path, body string) (int, string) {
	w.Helper()
	answer, err := http.Post(w.url+"/v4/spreadsheets/"+w.ID()+path, "application/json", strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		w.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// Whatever the API would not take is refused with a 400, as a whole, and says which request of a batch it was.
func TestRequestsRefused(t *testing.T) {
	w := people(t, sheetssim.Options{WritesPerMinute: -1})
	w.Edit(func(b *sheetssim.Book) {
		b.Tab("People").Protect("D5:D5", sheetssim.Protection{})
		b.AddChart("Chart")
	})
	before := w.grid("People")
	for _, test := range []struct{ kind, request, message string }{
		{"insertDimension", `{"range":{"dimension":"ROWS","startIndex":1}}`, "must be specified"},
		{"insertDimension", `{"range":{"dimension":"ROWS","startIndex":2,"endIndex":2}}`, "do not fit"},
		{"insertDimension", `{"range":{"dimension":"ROWS","startIndex":1001,"endIndex":1002}}`, "do not fit"},
		{"insertDimension", `{"range":{"dimension":"ROWS","startIndex":0,"endIndex":1},"inheritFromBefore":true}`, "inheritFromBefore"},
		{"insertDimension", `{"range":{"startIndex":0,"endIndex":1}}`, "No dimension"},
		{"insertDimension", `{"range":{"sheetId":9,"dimension":"ROWS","startIndex":0,"endIndex":1}}`, "No grid with id: 9"},
		{"insertDimension", `{"range":{"dimension":"COLUMNS","startIndex":0,"endIndex":9999999}}`, "above the limit of 10000000 cells"},
		{"deleteDimension", `{"range":{"dimension":"COLUMNS"}}`, "You can't delete all the columns"},
		{"deleteDimension", `{"range":{"dimension":"ROWS","startIndex":4,"endIndex":5}}`, "protected cell"},
		{"deleteDimension", `{"range":{"dimension":"ROWS","startIndex":5,"endIndex":4}}`, "not valid"},
		{"deleteDimension", `{"range":{"dimension":"ROWS","startIndex":-1,"endIndex":4}}`, "not valid"},
		{"deleteDimension", `{"range":{"dimension":"ROWS","startIndex":999,"endIndex":1001}}`, "exceeds grid limits"},
		{"moveDimension", `{"source":{"dimension":"ROWS","startIndex":1,"endIndex":2},"destinationIndex":1001}`, "destinationIndex"},
		{"moveDimension", `{"source":{"dimension":"ROWS","startIndex":4,"endIndex":5}}`, "protected cell"},
		{"appendDimension", `{"dimension":"ROWS"}`, "Length must be positive"},
		{"appendDimension", `{"length":1}`, "No dimension"},
		{"appendDimension", `{"dimension":"ROWS","length":400000}`, "above the limit"},
		{"sortRange", `{"range":{"startRowIndex":1,"endColumnIndex":3},"sortSpecs":[{"dimensionIndex":3}]}`, "outside of the range"},
		{"sortRange", `{"range":{"startRowIndex":1},"sortSpecs":[{"sortOrder":"UP"}]}`, "sort_order"},
		{"sortRange", `{"range":{"startRowIndex":1},"sortSpecs":[{}]}`, "protected cell"},
		{"sortRange", `{"range":{"endRowIndex":1001},"sortSpecs":[{}]}`, "exceeds grid limits"},
		{"sortRange", `{"range":{"endColumnIndex":27},"sortSpecs":[{}]}`, "exceeds grid limits"},
		{"appendCells", `{"rows":[{}]}`, "At least one field"},
		{"appendCells", `{"sheetId":3,"rows":[{}],"fields":"*"}`, "No grid with id: 3"},
		{"appendCells", `{"rows":[{}],"fields":"*","tableId":"t"}`, "Invalid JSON payload"},
		{"updateCells", `{"rows":[{}],"fields":"*"}`, "Exactly one of start and range"},
		{"updateCells", `{"rows":[{}],"fields":"note","start":{}}`, "Invalid field: note"},
		{"updateCells", `{"rows":[{}],"fields":"*","start":{"rowIndex":1000}}`, "outside of the grid"},
		{"updateCells", `{"rows":[{"values":[{"note":"x"}]}],"fields":"*","start":{}}`, "Invalid JSON payload"},
		{"updateCells", `{"rows":[{"values":[{"formattedValue":"x"}]}],"fields":"*","start":{}}`, "only be read"},
		{"updateCells", `{"rows":[{"values":[{"userEnteredValue":{"errorValue":{}}}]}],"fields":"*","start":{}}`, "only be read"},
		{"updateCells", `{"rows":[{"values":[{"userEnteredValue":{"formulaValue":"1"}}]}],"fields":"*","start":{}}`, "begin with ="},
		{"updateCells", `{"rows":[{"values":[{},{}]}],"fields":"*","range":{"endColumnIndex":1}}`, "beyond the last requested column of: 0"},
		{"updateCells", `{"rows":[{"values":[{}]}],"fields":"*","start":{"rowIndex":4,"columnIndex":3}}`, "protected cell"},
		{"updateCells", `{"rows":[{"values":[{"userEnteredValue":{"stringValue":"` + strings.Repeat("x", 50_001) + `"}}]}],"fields":"*","start":{}}`,
			"maximum of 50000 characters"},
		{"repeatCell", `{"range":{"sheetId":4},"cell":{},"fields":"*"}`, "No grid with id: 4"},
		{"repeatCell", `{"range":{"endRowIndex":1},"cell":{"userEnteredFormat":{"numberFormat":{"type":"NICE"}}},"fields":"*"}`, "'type'"},
		{"findReplace", `{"replacement":"x","allSheets":true}`, "find cannot be empty"},
		{"findReplace", `{"find":"x"}`, "Exactly one of range, sheetId and allSheets"},
		{"findReplace", `{"find":"x","sheetId":8}`, "No grid with id: 8"},
		{"findReplace", `{"find":"x","allSheets":true,"searchByRegex":true}`, "Invalid JSON payload"},
		{"createDeveloperMetadata", `{"developerMetadata":{"metadataKey":"s","visibility":"DOCUMENT"}}`, "location takes one"},
		{"createDeveloperMetadata", `{"developerMetadata":{"visibility":"DOCUMENT","location":{"spreadsheet":true}}}`, "metadataKey"},
		{"createDeveloperMetadata", `{"developerMetadata":{"metadataKey":"s","location":{"spreadsheet":true}}}`, "visibility"},
		{"createDeveloperMetadata", `{"developerMetadata":{"metadataKey":"s","metadataValue":"` + strings.Repeat("x", 30_000) +
			`","visibility":"DOCUMENT","location":{"sheetId":0}}}`, "30000 characters"},
		{"deleteDeveloperMetadata", `{"dataFilter":{}}`, "data filter takes one"},
		{"addProtectedRange", `{"protectedRange":{"range":{"sheetId":6}}}`, "No grid with id: 6"},
		{"addProtectedRange", `{"protectedRange":{"range":{"endRowIndex":1001}}}`, "exceeds grid limits"},
		{"updateSheetProperties", `{"properties":{},"fields":"title"}`, "must have a name"},
		{"updateSheetProperties", `{"properties":{},"fields":"hidden"}`, "Invalid field: hidden"},
		{"updateSheetProperties", `{"properties":{"gridProperties":{"rowCount":400000}},"fields":"gridProperties.rowCount"}`, "above the limit"},
		{"updateSheetProperties", `{"properties":{},"fields":"gridProperties.columnCount"}`, "at least one row"},
	} {
		good := `{"updateCells":{"fields":"userEnteredValue","start":{},"rows":[{"values":[{"userEnteredValue":{"numberValue":7}}]}]}}`
		bad := `{"` + test.kind + `":` + test.request + `}`
		status, answer := w.post(":batchUpdate", `{"requests":[`+bad+`]}`)
		if status != 400 || !strings.Contains(answer, test.message) || !strings.Contains(answer, "Invalid requests[0]."+test.kind+": ") {
			t.Errorf("%s %.80s: got %d %s", test.kind, test.request, status, answer)
		}
		w.post(":batchUpdate", `{"requests":[`+good+`,`+bad+`]}`)
		if diff := cmp.Diff(before, w.grid("People")); diff != "" {
			t.Fatalf("%s %.80s: half of it was done:\n%s", test.kind, test.request, diff)
		}
	}
	for path, body := range map[string]string{
		":batchUpdate":                    `{"requests":[{"deleteDimension":{},"sortRange":{}}]}`,
		":getByDataFilter":                `{"filters":[]}`,
		"/values:batchUpdate":             `{"valueInputOption":"RAW","Data":[]}`,
		"/values:batchClear":              `{"ranges":"A1"}`,
		"/values/A1:clear":                `{"range":"A1"}`,
		"/values:batchGetByDataFilter":    `{"dataFilters":[{"a1Range":"A1"}],"valueRenderOption":"NICE"}`,
		"/values:batchUpdateByDataFilter": `{"valueInputOption":"RAW","data":[{"dataFilter":{"gridRange":{"sheetId":5}}}]}`,
		"/developerMetadata:search":       `{"dataFilters":[{"developerMetadataLookup":{"locationType":"CELL"}}]}`,
		"/values/A1:append":               `{"values":[[1]]}`,
	} {
		if status, answer := w.post(path, body); status != 400 || !strings.Contains(answer, "INVALID_ARGUMENT") {
			t.Errorf("%s %s: got %d %s", path, body, status, answer)
		}
	}
	if status, answer := w.post("/values:batchUpdate", `{"valueInputOption":"RAW","data":[{"range":"A1","values":[[1]`); status != 400 {
		t.Errorf("half a body: got %d %s", status, answer)
	}
}

// The kinds in the middle of their range do what they are for.
func TestAppendDimension(t *testing.T) {
	w := people(t, sheetssim.Options{})
	if status, answer := w.post(":batchUpdate", `{"requests":[
		{"appendDimension":{"dimension":"ROWS","length":2}},
		{"appendDimension":{"dimension":"COLUMNS","length":1}},
		{"insertDimension":{"range":{"dimension":"COLUMNS","startIndex":1,"endIndex":2}}},
		{"deleteDimension":{"range":{"dimension":"COLUMNS","startIndex":0,"endIndex":1}}},
		{"moveDimension":{"source":{"dimension":"COLUMNS","startIndex":2,"endIndex":3},"destinationIndex":0}}]}`); status != 200 {
		t.Fatal(answer)
	}
	w.wantGrid("People", "Phone||Name|Age", "+14155550101||Ada|36", "||Grace|85", "|||", "+14155550104||Radia|")
	w.View(func(b *sheetssim.Book) {
		if rows, columns := b.Tab("People").Size(); rows != 1002 || columns != 27 {
			t.Errorf("grid of %d rows and %d columns", rows, columns)
		}
	})
}
