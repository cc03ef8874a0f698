package sheetssim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sheets/v4"

	"syncd/internal/sources/sheets/sheetssim"
)

// anchor puts metadata on a row of the first tab, counted from 0, and returns its id.
func (w *world) anchor(index int64) int64 {
	w.Helper()
	replies := w.mustBatch(&sheets.Request{CreateDeveloperMetadata: &sheets.CreateDeveloperMetadataRequest{
		DeveloperMetadata: &sheets.DeveloperMetadata{
			MetadataKey: "s", Visibility: "DOCUMENT",
			Location: &sheets.DeveloperMetadataLocation{DimensionRange: sheetRows(index, index+1)},
		},
	}})
	return replies[0].CreateDeveloperMetadata.DeveloperMetadata.MetadataId
}

func byID(id int64) *sheets.DataFilter {
	return &sheets.DataFilter{DeveloperMetadataLookup: &sheets.DeveloperMetadataLookup{MetadataId: id}}
}

// at reads the first cell of the row with the metadata; "" when there is none.
func (w *world) at(id int64) string {
	w.Helper()
	answer, err := w.client.Spreadsheets.Values.BatchGetByDataFilter(w.ID(), &sheets.BatchGetValuesByDataFilterRequest{
		DataFilters: []*sheets.DataFilter{byID(id)}, ValueRenderOption: "UNFORMATTED_VALUE",
	}).Do()
	if err != nil {
		w.Fatal(err)
	}
	if len(answer.ValueRanges) == 0 {
		return ""
	}
	return answer.ValueRanges[0].ValueRange.Values[0][0].(string)
}

func TestMetadataFollowsRows(t *testing.T) {
	for follows, sorted := range map[bool]string{false: "C-2", true: "C-1"} {
		w := people(t, sheetssim.Options{MetadataFollowsSort: follows, WritesPerMinute: -1})
		id := w.anchor(1)
		for _, edit := range []func(*sheetssim.Tab){
			func(tab *sheetssim.Tab) { tab.InsertRows(2, 3) },
			func(tab *sheetssim.Tab) { tab.DeleteRows(3, 1) },
			func(tab *sheetssim.Tab) { tab.MoveRow(4, 8) },
			func(tab *sheetssim.Tab) { tab.MoveRow(7, 2) },
			func(tab *sheetssim.Tab) { tab.InsertColumn("B") },
		} {
			w.Edit(func(b *sheetssim.Book) { edit(b.Tab("People")) })
			if got := w.at(id); got != "C-1" {
				t.Fatalf("at %q", got)
			}
		}
		w.Edit(func(b *sheetssim.Book) { b.Tab("People").SortRows("E", true) })
		if got := w.at(id); got != sorted {
			t.Errorf("after a sort at %q, want %q", got, sorted)
		}
		w.Edit(func(b *sheetssim.Book) {
			b.Tab("People").DeleteRows(b.Tab("People").Find("A", sorted), 1)
		})
		if got := w.at(id); got != "" {
			t.Errorf("after its row was deleted at %q", got)
		}
		_, err := w.client.Spreadsheets.DeveloperMetadata.Get(w.ID(), id).Do()
		w.wantRefused(err, 404, "No developer metadata with ID 1")
	}
}

func TestUpdateByFilter(t *testing.T) {
	for fails, message := range map[bool]string{false: "", true: "Invalid data[0]: "} {
		w := people(t, sheetssim.Options{UnmatchedFails: fails})
		w.anchor(1)
		w.anchor(4)
		update := func(f *sheets.DataFilter, values ...any) (*sheets.BatchUpdateValuesByDataFilterResponse, error) {
			return w.client.Spreadsheets.Values.BatchUpdateByDataFilter(w.ID(), &sheets.BatchUpdateValuesByDataFilterRequest{
				ValueInputOption: "RAW", IncludeValuesInResponse: true,
				Data: []*sheets.DataFilterValueRange{{DataFilter: f, Values: [][]any{values}}},
			}).Do()
		}
		both := &sheets.DataFilter{DeveloperMetadataLookup: &sheets.DeveloperMetadataLookup{MetadataKey: "s"}}
		answer, err := update(both, nil, nil, nil, 7)
		if err != nil || len(answer.Responses) != 2 || answer.Responses[1].UpdatedRange != "People!A5:D5" ||
			answer.Responses[0].UpdatedData.Values[0][0] != "C-1" || answer.TotalUpdatedCells != 2 {
			t.Fatalf("got %+v %v", answer, err)
		}
		w.wantGrid("People", "id|Name|Phone|Age", "C-1|Ada|+14155550101|7", "C-2|Grace||85", "|||", "C-4|Radia|+14155550104|7")
		answer, err = update(byID(99), "x")
		if fails {
			w.wantRefused(err, 400, message)
		} else if err != nil || len(answer.Responses) != 0 {
			t.Errorf("got %+v %v", answer, err)
		}
		_, err = w.client.Spreadsheets.Values.BatchUpdateByDataFilter(w.ID(), &sheets.BatchUpdateValuesByDataFilterRequest{
			ValueInputOption: "RAW", Data: []*sheets.DataFilterValueRange{{DataFilter: byID(1), Values: [][]any{{1}, {2}}}},
		}).Do()
		w.wantRefused(err, 400, "but tried writing to row [3]")
	}
}

func TestSearchAndDeleteMetadata(t *testing.T) {
	w := people(t, sheetssim.Options{})
	w.anchor(1)
	w.anchor(2)
	tab := int64(0)
	w.mustBatch(&sheets.Request{CreateDeveloperMetadata: &sheets.CreateDeveloperMetadataRequest{
		DeveloperMetadata: &sheets.DeveloperMetadata{
			MetadataKey: "other", MetadataValue: "v", Visibility: "PROJECT", MetadataId: 77,
			Location: &sheets.DeveloperMetadataLocation{SheetId: tab, ForceSendFields: []string{"SheetId"}},
		},
	}}, &sheets.Request{CreateDeveloperMetadata: &sheets.CreateDeveloperMetadataRequest{
		DeveloperMetadata: &sheets.DeveloperMetadata{
			MetadataKey: "book", Visibility: "DOCUMENT", Location: &sheets.DeveloperMetadataLocation{Spreadsheet: true},
		},
	}})
	search := func(filters ...*sheets.DataFilter) (keys []string) {
		answer, err := w.client.Spreadsheets.DeveloperMetadata.Search(w.ID(), &sheets.SearchDeveloperMetadataRequest{
			DataFilters: filters,
		}).Do()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range answer.MatchedDeveloperMetadata {
			keys = append(keys, m.DeveloperMetadata.MetadataKey)
		}
		return keys
	}
	lookup := func(l sheets.DeveloperMetadataLookup) *sheets.DataFilter {
		return &sheets.DataFilter{DeveloperMetadataLookup: &l}
	}
	rowTwo := &sheets.DeveloperMetadataLocation{DimensionRange: sheetRows(1, 2)}
	for _, test := range []struct {
		filter *sheets.DataFilter
		want   []string
	}{
		{lookup(sheets.DeveloperMetadataLookup{MetadataKey: "s"}), []string{"s", "s"}},
		{lookup(sheets.DeveloperMetadataLookup{Visibility: "PROJECT"}), []string{"other"}},
		{lookup(sheets.DeveloperMetadataLookup{LocationType: "SPREADSHEET"}), []string{"book"}},
		{lookup(sheets.DeveloperMetadataLookup{MetadataLocation: rowTwo}), []string{"s"}},
		{lookup(sheets.DeveloperMetadataLookup{MetadataValue: "w"}), nil},
		{lookup(sheets.DeveloperMetadataLookup{
			MetadataLocation:         &sheets.DeveloperMetadataLocation{SheetId: tab, ForceSendFields: []string{"SheetId"}},
			LocationMatchingStrategy: "INTERSECTING_LOCATION",
		}), []string{"s", "s", "other"}},
		{&sheets.DataFilter{A1Range: "People!A3"}, []string{"s", "other", "book"}},
	} {
		if diff := cmp.Diff(test.want, search(test.filter)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test.filter, diff)
		}
	}
	if m, err := w.client.Spreadsheets.DeveloperMetadata.Get(w.ID(), 77).Do(); err != nil || m.Location.LocationType != "SHEET" {
		t.Errorf("got %+v %v", m, err)
	}
	replies := w.mustBatch(&sheets.Request{DeleteDeveloperMetadata: &sheets.DeleteDeveloperMetadataRequest{
		DataFilter: lookup(sheets.DeveloperMetadataLookup{MetadataKey: "s"}),
	}})
	if n := len(replies[0].DeleteDeveloperMetadata.DeletedDeveloperMetadata); n != 2 {
		t.Errorf("deleted %d", n)
	}
	if left := search(lookup(sheets.DeveloperMetadataLookup{MetadataKey: "s"})); left != nil {
		t.Errorf("left %q", left)
	}
	_, err := w.batch(&sheets.Request{CreateDeveloperMetadata: &sheets.CreateDeveloperMetadataRequest{
		DeveloperMetadata: &sheets.DeveloperMetadata{
			MetadataKey: "s", Visibility: "DOCUMENT",
			Location: &sheets.DeveloperMetadataLocation{DimensionRange: sheetRows(1, 3)},
		},
	}})
	w.wantRefused(err, 400, "dimensionRange must be of one row or column")
	_, err = w.client.Spreadsheets.DeveloperMetadata.Search(w.ID(), &sheets.SearchDeveloperMetadataRequest{
		DataFilters: []*sheets.DataFilter{{}},
	}).Do()
	w.wantRefused(err, 400, "Invalid dataFilters[0]: ")
}

func TestGetByFilter(t *testing.T) {
	w := people(t, sheetssim.Options{})
	w.Edit(func(b *sheetssim.Book) { b.AddTab("Other") })
	id := w.anchor(2)
	s, err := w.client.Spreadsheets.GetByDataFilter(w.ID(), &sheets.GetSpreadsheetByDataFilterRequest{
		DataFilters: []*sheets.DataFilter{
			{GridRange: &sheets.GridRange{StartRowIndex: 1, EndRowIndex: 2, StartColumnIndex: 1}}, byID(id),
		},
	}).Fields("sheets(properties.title,data.rowData.values.formattedValue,data(startRow,startColumn))").Do()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Sheets) != 1 || len(s.Sheets[0].Data) != 2 {
		t.Fatalf("got %+v", s)
	}
	first, second := s.Sheets[0].Data[0], s.Sheets[0].Data[1]
	if first.StartColumn != 1 || first.RowData[0].Values[0].FormattedValue != "Ada" || second.StartRow != 2 ||
		second.RowData[0].Values[0].FormattedValue != "C-2" {
		t.Errorf("got %+v %+v", first, second)
	}
	if all, err := w.client.Spreadsheets.GetByDataFilter(w.ID(), &sheets.GetSpreadsheetByDataFilterRequest{}).Do(); err != nil ||
		len(all.Sheets) != 2 || all.Sheets[0].Data != nil {
		t.Errorf("got %+v %v", all, err)
	}
}
