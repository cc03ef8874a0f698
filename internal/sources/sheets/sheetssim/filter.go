package sheetssim

// This file has the calls whose places are found by data filters.

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
