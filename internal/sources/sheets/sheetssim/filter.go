package sheetssim

import (
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// This file has what finds places by developer metadata.

type getByFilterRequest struct {
	DataFilters     []dataFilter `json:"dataFilters"`
	IncludeGridData bool         `json:"includeGridData"`
}

type valuesByFilterRequest struct {
	DataFilters          []dataFilter `json:"dataFilters"`
	MajorDimension       string       `json:"majorDimension"`
	ValueRenderOption    string       `json:"valueRenderOption"`
	DateTimeRenderOption string       `json:"dateTimeRenderOption"`
}

type valuesByFilterResponse struct {
	SpreadsheetID string              `json:"spreadsheetId"`
	ValueRanges   []matchedValueRange `json:"valueRanges,omitempty"`
}

type matchedValueRange struct {
	ValueRange  valueRange   `json:"valueRange"`
	DataFilters []dataFilter `json:"dataFilters"`
}

type updateByFilterRequest struct {
	ValueInputOption             string             `json:"valueInputOption"`
	Data                         []filterValueRange `json:"data"`
	IncludeValuesInResponse      bool               `json:"includeValuesInResponse"`
	ResponseValueRenderOption    string             `json:"responseValueRenderOption"`
	ResponseDateTimeRenderOption string             `json:"responseDateTimeRenderOption"`
}

type filterValueRange struct {
	DataFilter     dataFilter `json:"dataFilter"`
	MajorDimension string     `json:"majorDimension"`
	Values         [][]any    `json:"values"`
}

type metadataSearchRequest struct {
	DataFilters []dataFilter `json:"dataFilters"`
}

type metadataSearchResponse struct {
	Matched []matchedMetadata `json:"matchedDeveloperMetadata,omitempty"`
}

type matchedMetadata struct {
	DeveloperMetadata developerMetadata `json:"developerMetadata"`
	DataFilters       []dataFilter      `json:"dataFilters"`
}

type createMetadataRequest struct {
	DeveloperMetadata developerMetadata `json:"developerMetadata"`
}

type deleteMetadataRequest struct {
	DataFilter dataFilter `json:"dataFilter"`
}

type deleteMetadataResponse struct {
	Deleted []developerMetadata `json:"deletedDeveloperMetadata,omitempty"`
}

// blocks finds the parts of tabs that a filter is about.
func (b *Book) blocks(f dataFilter) ([]block, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	switch {
	case f.A1Range != "":
		t, a, err := b.resolve(f.A1Range)
		if err != nil {
			return nil, err
		}
		a, err = t.readable(a)
		return []block{{t, a}}, err
	case f.GridRange != nil:
		t := b.tabWithID(f.GridRange.SheetID)
		if t == nil || t.kind() != grid {
			return nil, invalid("No grid with id: %d", f.GridRange.SheetID)
		}
		a := openArea(*f.GridRange)
		if a.top < 0 || a.left < 0 || a.rows() <= 0 || a.columns() <= 0 {
			return nil, invalid("gridRange is not valid")
		}
		a, err := t.readable(a)
		return []block{{t, a}}, err
	}
	var all []block
	for _, m := range b.lookUp(*f.DeveloperMetadataLookup) {
		all = append(all, b.blocksAt(m.at)...)
	}
	return all, nil
}

var (
	locationEnum = []string{
		"DEVELOPER_METADATA_LOCATION_TYPE_UNSPECIFIED", "ROW", "COLUMN", "SHEET", "SPREADSHEET",
	}
	strategyEnum = []string{
		"DEVELOPER_METADATA_LOCATION_MATCHING_STRATEGY_UNSPECIFIED", "EXACT_LOCATION", "INTERSECTING_LOCATION",
	}
	visibilityEnum = []string{"DEVELOPER_METADATA_VISIBILITY_UNSPECIFIED", "DOCUMENT", "PROJECT"}
)

func (f dataFilter) check() error {
	l := f.DeveloperMetadataLookup
	if btoi(f.A1Range != "")+btoi(f.GridRange != nil)+btoi(l != nil) != 1 {
		return invalid("A data filter takes one of a1Range, gridRange and developerMetadataLookup.")
	}
	if l == nil {
		return nil
	}
	for _, enum := range []struct {
		name, value string
		allowed     []string
	}{
		{"locationType", l.LocationType, locationEnum},
		{"locationMatchingStrategy", l.LocationMatchingStrategy, strategyEnum},
		{"visibility", l.Visibility, visibilityEnum},
	} {
		if err := checkEnum(enum.name, enum.value, enum.allowed); err != nil {
			return err
		}
	}
	return nil
}

// lookUp finds the metadata that a look-up asks for.
func (b *Book) lookUp(l metadataLookup) []*metadata {
	var found []*metadata
	for _, m := range b.metadata {
		switch {
		case l.MetadataID != nil && *l.MetadataID != m.id,
			l.MetadataKey != "" && l.MetadataKey != m.key,
			l.MetadataValue != "" && l.MetadataValue != m.value,
			l.Visibility != "" && l.Visibility != m.visibility,
			l.LocationType != "" && l.LocationType != m.at.kind,
			l.MetadataLocation != nil && !m.at.matches(*l.MetadataLocation, l.LocationMatchingStrategy):
		default:
			found = append(found, m)
		}
	}
	return found
}

// matches reports whether metadata is exactly at a location or, if the strategy is to intersect, anywhere in it.
func (p place) matches(l metadataLocation, strategy string) bool {
	at := p.wire()
	if strategy != "INTERSECTING_LOCATION" {
		at.LocationType, l.LocationType = "", ""
		return reflect.DeepEqual(*at, l)
	}
	switch {
	case l.Spreadsheet:
		return true
	case l.SheetID != nil:
		return p.kind != "SPREADSHEET" && p.tab == *l.SheetID
	case l.DimensionRange != nil:
		from, to, err := span(l.DimensionRange.StartIndex, l.DimensionRange.EndIndex, open)
		return err == nil && p.tab == l.DimensionRange.SheetID && p.kind+"S" == l.DimensionRange.Dimension &&
			p.start < to && from < p.end
	default:
		return false
	}
}

// blocksAt returns the cells of a place.
func (b *Book) blocksAt(p place) []block {
	var all []block
	for _, t := range b.tabs {
		switch {
		case p.kind == "SPREADSHEET", p.kind == "SHEET" && p.tab == t.id:
			all = append(all, block{t, t.whole()})
		case p.on(t, dimRows):
			all = append(all, block{t, t.across(dimRows, p.start, p.end)})
		case p.on(t, dimColumns):
			all = append(all, block{t, t.across(dimColumns, p.start, p.end)})
		}
	}
	return all
}

func (s *Spreadsheet) getByFilter(c *call) (any, error) {
	var r getByFilterRequest
	if err := c.decode(&r); err != nil {
		return nil, err
	}
	var chosen []block
	for i, f := range r.DataFilters {
		blocks, err := s.book.blocks(f)
		if err != nil {
			return nil, inBatch(err, "dataFilters[%d]", i)
		}
		chosen = append(chosen, blocks...)
	}
	return s.describe(c, chosen, len(r.DataFilters) == 0, r.IncludeGridData), nil
}

func (s *Spreadsheet) valuesByFilter(c *call) (any, error) {
	var r valuesByFilterRequest
	if err := c.decode(&r); err != nil {
		return nil, err
	}
	for _, enum := range []struct {
		name, value string
		allowed     []string
	}{
		{"majorDimension", r.MajorDimension, dimEnum},
		{"valueRenderOption", r.ValueRenderOption, valueEnum},
		{"dateTimeRenderOption", r.DateTimeRenderOption, datesEnum},
	} {
		if err := checkEnum(enum.name, enum.value, enum.allowed); err != nil {
			return nil, err
		}
	}
	answer := valuesByFilterResponse{SpreadsheetID: c.id}
	for i, f := range r.DataFilters {
		blocks, err := s.book.blocks(f)
		if err != nil {
			return nil, inBatch(err, "dataFilters[%d]", i)
		}
		for _, in := range blocks {
			v := in.tab.values(in.area, r.MajorDimension, rendering{r.ValueRenderOption, r.DateTimeRenderOption}.orDefault())
			answer.add(v, f)
		}
	}
	return answer, nil
}

// add adds a range once, with all filters that found it.
func (answer *valuesByFilterResponse) add(v valueRange, f dataFilter) {
	for i := range answer.ValueRanges {
		if old := &answer.ValueRanges[i]; old.ValueRange.Range == v.Range {
			old.DataFilters = append(old.DataFilters, f)
			return
		}
	}
	answer.ValueRanges = append(answer.ValueRanges, matchedValueRange{v, []dataFilter{f}})
}

func (s *Spreadsheet) valuesUpdateByFilter(c *call) (any, error) {
	var r updateByFilterRequest
	if err := c.decode(&r); err != nil {
		return nil, err
	}
	w, err := s.writing(c, r.ValueInputOption, r.IncludeValuesInResponse,
		rendering{r.ResponseValueRenderOption, r.ResponseDateTimeRenderOption})
	if err != nil {
		return nil, err
	}
	answer := batchUpdateResponse[filteredResponse]{SpreadsheetID: c.id}
	b := s.book.clone()
	changed := map[*Tab]bool{}
	for i, v := range r.Data {
		blocks, err := b.blocks(v.DataFilter)
		if err == nil && len(blocks) == 0 && s.options.UnmatchedFails {
			err = invalid("No range matches the data filter.")
		}
		if err != nil {
			return nil, inBatch(err, "data[%d]", i)
		}
		for _, in := range blocks {
			one, err := in.tab.write(in.area, valueRange{MajorDimension: v.MajorDimension, Values: v.Values}, w)
			if err != nil {
				return nil, inBatch(err, "data[%d]", i)
			}
			answer.add(filteredResponse{
				v.DataFilter, one.UpdatedRange, one.UpdatedRows, one.UpdatedColumns, one.UpdatedCells, one.UpdatedData,
			}, one)
			changed[in.tab] = true
		}
	}
	answer.TotalUpdatedSheets = len(changed)
	s.commit(b)
	return answer, nil
}

func (s *Spreadsheet) metadataSearch(c *call) (any, error) {
	var r metadataSearchRequest
	if err := c.decode(&r); err != nil {
		return nil, err
	}
	var answer metadataSearchResponse
	for i, f := range r.DataFilters {
		found, err := s.book.metadataOf(f)
		if err != nil {
			return nil, inBatch(err, "dataFilters[%d]", i)
		}
		for _, m := range found {
			answer.add(m.wire(), f)
		}
	}
	return answer, nil
}

// add adds metadata once, with all filters that found it.
func (answer *metadataSearchResponse) add(m developerMetadata, f dataFilter) {
	for i := range answer.Matched {
		if old := &answer.Matched[i]; old.DeveloperMetadata.MetadataID == m.MetadataID {
			old.DataFilters = append(old.DataFilters, f)
			return
		}
	}
	answer.Matched = append(answer.Matched, matchedMetadata{m, []dataFilter{f}})
}

// metadataOf finds what a look-up asks for, or what is in a range.
func (b *Book) metadataOf(f dataFilter) ([]*metadata, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	if f.DeveloperMetadataLookup != nil {
		return b.lookUp(*f.DeveloperMetadataLookup), nil
	}
	blocks, err := b.blocks(f)
	if err != nil {
		return nil, err
	}
	var found []*metadata
	for _, m := range b.metadata {
		if slices.ContainsFunc(b.blocksAt(m.at), func(at block) bool {
			return slices.ContainsFunc(blocks, func(in block) bool { return in.tab == at.tab && in.area.meets(at.area) })
		}) {
			found = append(found, m)
		}
	}
	return found, nil
}

func (s *Spreadsheet) metadataGet(c *call) (any, error) {
	id, err := strconv.Atoi(c.arg)
	if err != nil {
		return nil, invalid("Invalid value at 'metadata_id' (TYPE_INT32), %q", c.arg)
	}
	found := s.book.lookUp(metadataLookup{MetadataID: &id})
	if len(found) == 0 {
		return nil, &apiError{Code: 404, Status: "NOT_FOUND", Message: "No developer metadata with ID " + c.arg}
	}
	return found[0].wire(), nil
}

// maxMetadata is how many characters of keys and values a tab may have.
const maxMetadata = 30_000

func (b *batch) createDeveloperMetadata(r createMetadataRequest) (any, error) {
	asked := r.DeveloperMetadata
	at, err := b.placeOf(asked.Location)
	switch {
	case err != nil:
		return nil, err
	case asked.MetadataKey == "":
		return nil, invalid("metadataKey must be specified.")
	case asked.Visibility != "DOCUMENT" && asked.Visibility != "PROJECT":
		return nil, invalid("visibility must be specified, as DOCUMENT or PROJECT.")
	}
	id := asked.MetadataID
	if id == 0 {
		b.book.lastMetadata++
		id = b.book.lastMetadata
	}
	if len(b.book.lookUp(metadataLookup{MetadataID: &id})) > 0 {
		return nil, invalid("There is developer metadata with ID %d already", id)
	}
	b.book.lastMetadata = max(b.book.lastMetadata, id)
	m := &metadata{id, asked.MetadataKey, asked.MetadataValue, asked.Visibility, at}
	b.book.metadata = append(b.book.metadata, m)
	length := 0
	for _, other := range b.book.metadata {
		if other.at.tab == at.tab {
			length += utf8.RuneCountInString(other.key + other.value)
		}
	}
	if length > maxMetadata {
		return nil, invalid("The developer metadata of a sheet may have %d characters", maxMetadata)
	}
	return createMetadataRequest{m.wire()}, nil
}

func (b *batch) placeOf(l *metadataLocation) (place, error) {
	switch {
	case l == nil, btoi(l.Spreadsheet)+btoi(l.SheetID != nil)+btoi(l.DimensionRange != nil) != 1:
		return place{}, invalid("location takes one of spreadsheet, sheetId and dimensionRange.")
	case l.Spreadsheet:
		return place{kind: "SPREADSHEET", tab: -1}, nil
	case l.SheetID != nil:
		_, err := b.tab(*l.SheetID)
		return place{kind: "SHEET", tab: *l.SheetID}, err
	}
	t, d, from, to, err := b.lines(*l.DimensionRange)
	if err == nil && to-from != 1 {
		err = invalid("dimensionRange must be of one row or column.")
	}
	if err != nil {
		return place{}, err
	}
	kind := "ROW"
	if d == dimColumns {
		kind = "COLUMN"
	}
	return place{kind, t.id, from, to}, nil
}

func (b *batch) deleteDeveloperMetadata(r deleteMetadataRequest) (any, error) {
	found, err := b.book.metadataOf(r.DataFilter)
	if err != nil {
		return nil, err
	}
	var answer deleteMetadataResponse
	for _, m := range found {
		answer.Deleted = append(answer.Deleted, m.wire())
	}
	b.book.metadata = slices.DeleteFunc(b.book.metadata, func(m *metadata) bool { return slices.Contains(found, m) })
	return answer, nil
}
