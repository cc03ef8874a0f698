package sheetssim

import "reflect"

// metadata is developer metadata: a note of a program at a place.
//
// https://developers.google.com/workspace/sheets/api/guides/metadata
type metadata struct {
	id         int
	key, value string
	visibility string
	at         place
}

// place is what metadata is bound to.
type place struct {
	kind       string // ROW, COLUMN, SHEET or SPREADSHEET
	tab        int64
	start, end int // of a ROW or COLUMN
}

// on reports whether the place is one of the tab's rows or columns.
func (p place) on(t *Tab, d dimension) bool {
	return p.tab == t.id && (p.kind == "ROW" && d == dimRows || p.kind == "COLUMN" && d == dimColumns)
}

// wireMetadata returns the metadata at some places.
func (b *Book) wireMetadata(at func(place) bool) []developerMetadata {
	var all []developerMetadata
	for _, m := range b.metadata {
		if at(m.at) {
			all = append(all, m.wire())
		}
	}
	return all
}

func (m *metadata) wire() developerMetadata {
	return developerMetadata{
		MetadataID: m.id, MetadataKey: m.key, MetadataValue: m.value, Visibility: m.visibility, Location: m.at.wire(),
	}
}

func (p place) wire() *metadataLocation {
	at := &metadataLocation{LocationType: p.kind}
	switch p.kind {
	case "SPREADSHEET":
		at.Spreadsheet = true
	case "SHEET":
		at.SheetID = &p.tab
	default:
		at.DimensionRange = &dimensionRange{p.tab, p.kind + "S", &p.start, &p.end}
	}
	return at
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
