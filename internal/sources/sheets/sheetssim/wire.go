package sheetssim

// This file has what requests and answers hold. Names and meanings are those of
// https://developers.google.com/workspace/sheets/api/reference/rest

type valueRange struct {
	Range          string  `json:"range,omitzero"`
	MajorDimension string  `json:"majorDimension,omitzero"`
	Values         [][]any `json:"values,omitempty"`
}

type batchGetResponse struct {
	SpreadsheetID string       `json:"spreadsheetId"`
	ValueRanges   []valueRange `json:"valueRanges,omitempty"`
}

type updateResponse struct {
	SpreadsheetID  string      `json:"spreadsheetId"`
	UpdatedRange   string      `json:"updatedRange,omitzero"`
	UpdatedRows    int         `json:"updatedRows,omitzero"`
	UpdatedColumns int         `json:"updatedColumns,omitzero"`
	UpdatedCells   int         `json:"updatedCells,omitzero"`
	UpdatedData    *valueRange `json:"updatedData,omitzero"`
}

// filteredResponse tells of a range that a filter found; there, an update has no spreadsheetId.
type filteredResponse struct {
	DataFilter     dataFilter  `json:"dataFilter"`
	UpdatedRange   string      `json:"updatedRange,omitzero"`
	UpdatedRows    int         `json:"updatedRows,omitzero"`
	UpdatedColumns int         `json:"updatedColumns,omitzero"`
	UpdatedCells   int         `json:"updatedCells,omitzero"`
	UpdatedData    *valueRange `json:"updatedData,omitzero"`
}

type batchUpdateRequest struct {
	ValueInputOption             string       `json:"valueInputOption"`
	Data                         []valueRange `json:"data"`
	IncludeValuesInResponse      bool         `json:"includeValuesInResponse"`
	ResponseValueRenderOption    string       `json:"responseValueRenderOption"`
	ResponseDateTimeRenderOption string       `json:"responseDateTimeRenderOption"`
}

// batchUpdateResponse has an R for each range.
type batchUpdateResponse[R any] struct {
	SpreadsheetID       string `json:"spreadsheetId"`
	TotalUpdatedRows    int    `json:"totalUpdatedRows,omitzero"`
	TotalUpdatedColumns int    `json:"totalUpdatedColumns,omitzero"`
	TotalUpdatedCells   int    `json:"totalUpdatedCells,omitzero"`
	TotalUpdatedSheets  int    `json:"totalUpdatedSheets,omitzero"`
	Responses           []R    `json:"responses,omitempty"`
}

type appendResponse struct {
	SpreadsheetID string          `json:"spreadsheetId"`
	TableRange    string          `json:"tableRange,omitzero"`
	Updates       *updateResponse `json:"updates,omitzero"`
}

type clearRequest struct{}

type clearResponse struct {
	SpreadsheetID string `json:"spreadsheetId"`
	ClearedRange  string `json:"clearedRange,omitzero"`
}

type batchClearRequest struct {
	Ranges []string `json:"ranges"`
}

type batchClearResponse struct {
	SpreadsheetID string   `json:"spreadsheetId"`
	ClearedRanges []string `json:"clearedRanges,omitempty"`
}

type spreadsheet struct {
	SpreadsheetID  string                `json:"spreadsheetId"`
	Properties     spreadsheetProperties `json:"properties"`
	Sheets         []sheet               `json:"sheets,omitempty"`
	Metadata       []developerMetadata   `json:"developerMetadata,omitempty"`
	SpreadsheetURL string                `json:"spreadsheetUrl"`
}

type spreadsheetProperties struct {
	Title    string `json:"title"`
	Locale   string `json:"locale"`
	TimeZone string `json:"timeZone"`
}

type sheet struct {
	Properties      sheetProperties     `json:"properties"`
	Data            []gridData          `json:"data,omitempty"`
	Merges          []gridRange         `json:"merges,omitempty"`
	Metadata        []developerMetadata `json:"developerMetadata,omitempty"`
	ProtectedRanges []protectedRange    `json:"protectedRanges,omitempty"`
}

type sheetProperties struct {
	SheetID        int64          `json:"sheetId"`
	Title          string         `json:"title,omitzero"`
	Index          *int           `json:"index,omitzero"`
	SheetType      string         `json:"sheetType,omitzero"`
	GridProperties gridProperties `json:"gridProperties,omitzero"`
}

type gridProperties struct {
	RowCount       int `json:"rowCount,omitzero"`
	ColumnCount    int `json:"columnCount,omitzero"`
	FrozenRowCount int `json:"frozenRowCount,omitzero"`
}

type gridData struct {
	StartRow       int                   `json:"startRow,omitzero"`
	StartColumn    int                   `json:"startColumn,omitzero"`
	RowData        []rowData             `json:"rowData,omitempty"`
	RowMetadata    []dimensionProperties `json:"rowMetadata,omitempty"`
	ColumnMetadata []dimensionProperties `json:"columnMetadata,omitempty"`
}

type dimensionProperties struct {
	HiddenByFilter bool                `json:"hiddenByFilter,omitzero"`
	HiddenByUser   bool                `json:"hiddenByUser,omitzero"`
	PixelSize      int                 `json:"pixelSize,omitzero"`
	Metadata       []developerMetadata `json:"developerMetadata,omitempty"`
}

type rowData struct {
	Values []cellData `json:"values,omitempty"`
}

type cellData struct {
	UserEnteredValue  *extendedValue `json:"userEnteredValue,omitzero"`
	EffectiveValue    *extendedValue `json:"effectiveValue,omitzero"`
	FormattedValue    string         `json:"formattedValue,omitzero"`
	UserEnteredFormat *cellFormat    `json:"userEnteredFormat,omitzero"`
	EffectiveFormat   *cellFormat    `json:"effectiveFormat,omitzero"`
}

type cellFormat struct {
	NumberFormat *numberFormat `json:"numberFormat,omitzero"`
}

type numberFormat struct {
	Type    string `json:"type,omitzero"`
	Pattern string `json:"pattern,omitzero"`
}

type extendedValue struct {
	NumberValue  *float64    `json:"numberValue,omitzero"`
	StringValue  *string     `json:"stringValue,omitzero"`
	BoolValue    *bool       `json:"boolValue,omitzero"`
	FormulaValue *string     `json:"formulaValue,omitzero"`
	ErrorValue   *errorValue `json:"errorValue,omitzero"`
}

type errorValue struct {
	Type    string `json:"type"`
	Message string `json:"message,omitzero"`
}

// gridRange is open on the sides that it leaves out: an end of 0 is not an end that is left out.
type gridRange struct {
	SheetID          int64 `json:"sheetId"`
	StartRowIndex    *int  `json:"startRowIndex,omitzero"`
	EndRowIndex      *int  `json:"endRowIndex,omitzero"`
	StartColumnIndex *int  `json:"startColumnIndex,omitzero"`
	EndColumnIndex   *int  `json:"endColumnIndex,omitzero"`
}

// dimensionRange is open like gridRange.
type dimensionRange struct {
	SheetID    int64  `json:"sheetId"`
	Dimension  string `json:"dimension"`
	StartIndex *int   `json:"startIndex,omitzero"`
	EndIndex   *int   `json:"endIndex,omitzero"`
}

type protectedRange struct {
	ProtectedRangeID      int         `json:"protectedRangeId,omitzero"`
	Range                 gridRange   `json:"range"`
	Description           string      `json:"description,omitzero"`
	WarningOnly           bool        `json:"warningOnly,omitzero"`
	RequestingUserCanEdit bool        `json:"requestingUserCanEdit,omitzero"`
	Editors               *editors    `json:"editors,omitzero"`
	UnprotectedRanges     []gridRange `json:"unprotectedRanges,omitempty"`
}

type editors struct {
	Users []string `json:"users,omitempty"`
}

type developerMetadata struct {
	MetadataID    int               `json:"metadataId,omitzero"`
	MetadataKey   string            `json:"metadataKey,omitzero"`
	MetadataValue string            `json:"metadataValue,omitzero"`
	Location      *metadataLocation `json:"location,omitzero"`
	Visibility    string            `json:"visibility,omitzero"`
}

type metadataLocation struct {
	LocationType   string          `json:"locationType,omitzero"`
	Spreadsheet    bool            `json:"spreadsheet,omitzero"`
	SheetID        *int64          `json:"sheetId,omitzero"`
	DimensionRange *dimensionRange `json:"dimensionRange,omitzero"`
}

type dataFilter struct {
	DeveloperMetadataLookup *metadataLookup `json:"developerMetadataLookup,omitzero"`
	A1Range                 string          `json:"a1Range,omitzero"`
	GridRange               *gridRange      `json:"gridRange,omitzero"`
}

type metadataLookup struct {
	LocationType             string            `json:"locationType,omitzero"`
	MetadataLocation         *metadataLocation `json:"metadataLocation,omitzero"`
	LocationMatchingStrategy string            `json:"locationMatchingStrategy,omitzero"`
	MetadataID               *int              `json:"metadataId,omitzero"`
	MetadataKey              string            `json:"metadataKey,omitzero"`
	MetadataValue            string            `json:"metadataValue,omitzero"`
	Visibility               string            `json:"visibility,omitzero"`
}
