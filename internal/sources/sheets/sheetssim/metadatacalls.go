package sheetssim

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

// This file has the calls about developer metadata, and the requests of a batch that make and delete it.

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
