package sheetssim

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"syncd/internal/sources/sheets/sheetssim/discoverytest"
)

// unsupported are the query parameters that the server refuses although the API has them.
var unsupported = []string{
	"commentsViewMode", "excludeTablesInBandedRanges", // of spreadsheets.get
	"acknowledgeAbuse", "includeLabels", "includePermissionsForView", "supportsTeamDrives", // of Drive
}

func TestRoutesAsDocumented(t *testing.T) {
	d := discoverytest.Load(t)
	for name, r := range routes {
		m := d.Methods[name]
		if m == nil {
			t.Errorf("%s: no such call", name)
			continue
		}
		var scopes []string
		for _, s := range scopesOf(name, r) {
			scopes = append(scopes, scopePrefix+s)
		}
		slices.Sort(scopes)
		if !slices.Equal(scopes, m.Scopes) {
			t.Errorf("%s: scopes %q, want %q", name, scopes, m.Scopes)
		}
		for param, allowed := range r.params {
			p, known := m.Parameters[param]
			if p.Type == "boolean" {
				p.Enum = boolean
			}
			if !known || p.Location != "query" || !slices.Equal(allowed, p.Enum) {
				t.Errorf("%s: parameter %s may be %q, want %q", name, param, allowed, p.Enum)
			}
		}
		for param, p := range m.Parameters {
			if _, known := r.params[param]; !known && p.Location == "query" && !slices.Contains(unsupported, param) {
				t.Errorf("%s: parameter %s is missing", name, param)
			}
		}
	}
	for shape, name := range shapes {
		method, _, _ := strings.Cut(shape, " ")
		if m := d.Methods[name]; m == nil || m.HTTPMethod != method {
			t.Errorf("%s is not %s", name, shape)
		}
	}
}

// What the server reads and writes is named and typed as in the document, and so are the enums.
func TestTypesAsDocumented(t *testing.T) {
	d := discoverytest.Load(t)
	for name, v := range map[string]any{
		"ValueRange": valueRange{}, "BatchGetValuesResponse": batchGetResponse{}, "BatchUpdateValuesRequest": batchUpdateRequest{},
		"BatchUpdateValuesResponse":             batchUpdateResponse[updateResponse]{},
		"BatchUpdateValuesByDataFilterResponse": batchUpdateResponse[filteredResponse]{}, "AppendValuesResponse": appendResponse{},
		"ClearValuesRequest": clearRequest{}, "ClearValuesResponse": clearResponse{},
		"BatchClearValuesRequest": batchClearRequest{}, "BatchClearValuesResponse": batchClearResponse{},
		"Spreadsheet": spreadsheet{}, "GetSpreadsheetByDataFilterRequest": getByFilterRequest{},
		"BatchGetValuesByDataFilterRequest": valuesByFilterRequest{}, "BatchGetValuesByDataFilterResponse": valuesByFilterResponse{},
		"BatchUpdateValuesByDataFilterRequest": updateByFilterRequest{},
		"SearchDeveloperMetadataRequest":       metadataSearchRequest{}, "SearchDeveloperMetadataResponse": metadataSearchResponse{},
		"BatchUpdateSpreadsheetResponse": batchResponse{}, "DeveloperMetadata": developerMetadata{}, "drive.File": file{},
		"InsertDimensionRequest": insertDimensionRequest{}, "DeleteDimensionRequest": deleteDimensionRequest{},
		"MoveDimensionRequest": moveDimensionRequest{}, "AppendDimensionRequest": appendDimensionRequest{},
		"SortRangeRequest": sortRangeRequest{}, "AppendCellsRequest": appendCellsRequest{}, "UpdateCellsRequest": updateCellsRequest{},
		"RepeatCellRequest": repeatCellRequest{}, "FindReplaceRequest": findReplaceRequest{}, "FindReplaceResponse": findReplaceResponse{},
		"CreateDeveloperMetadataRequest": createMetadataRequest{}, "CreateDeveloperMetadataResponse": createMetadataRequest{},
		"DeleteDeveloperMetadataRequest": deleteMetadataRequest{}, "DeleteDeveloperMetadataResponse": deleteMetadataResponse{},
		"AddProtectedRangeRequest": addProtectedRangeRequest{}, "AddProtectedRangeResponse": addProtectedRangeRequest{},
		"UpdateSheetPropertiesRequest": updateSheetPropertiesRequest{},
	} {
		s := d.Schemas[name]
		if s == nil {
			t.Errorf("no schema %s", name)
			continue
		}
		checkType(t, d, name, s, reflect.TypeOf(v))
	}
	for name := range kinds {
		if d.Schemas["Request"].Properties[name] == nil {
			t.Errorf("no request %s", name)
		}
	}
	for _, enum := range []struct {
		schema, property string
		values           []string
	}{
		{"DimensionRange", "dimension", dimEnum}, {"SortSpec", "sortOrder", orderEnum},
		{"BatchUpdateValuesRequest", "valueInputOption", inputEnum},
		{"BatchUpdateValuesRequest", "responseValueRenderOption", valueEnum},
		{"BatchUpdateValuesRequest", "responseDateTimeRenderOption", datesEnum},
		{"DeveloperMetadata", "visibility", visibilityEnum}, {"DeveloperMetadataLookup", "locationType", locationEnum},
		{"DeveloperMetadataLookup", "locationMatchingStrategy", strategyEnum}, {"NumberFormat", "type", formatEnum},
	} {
		if want := d.Schemas[enum.schema].Properties[enum.property].Enum; !slices.Equal(enum.values, want) {
			t.Errorf("%s.%s is one of %q, want %q", enum.schema, enum.property, enum.values, want)
		}
	}
}

// checkType compares a type with a schema, and what is below it.
func checkType(t *testing.T, d *discoverytest.Document, at string, s *discoverytest.Schema, typ reflect.Type) {
	t.Helper()
	s = d.Resolve(s)
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	want := map[reflect.Kind]string{
		reflect.Struct: "object", reflect.Slice: "array", reflect.String: "string", reflect.Bool: "boolean",
		reflect.Int: "integer", reflect.Int64: "integer", reflect.Float64: "number", reflect.Interface: "any",
	}[typ.Kind()]
	if s.Type != want && want != "any" {
		t.Errorf("%s: %v, want %s", at, typ, s.Type)
		return
	}
	if typ.Kind() == reflect.Slice {
		checkType(t, d, at+"[]", s.Items, typ.Elem())
	}
	if typ.Kind() != reflect.Struct {
		return
	}
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		below := s.Properties[name]
		if below == nil {
			t.Errorf("%s: no member %s", at, name)
			continue
		}
		checkType(t, d, at+"."+name, below, typ.Field(i).Type)
	}
}
