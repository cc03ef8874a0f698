package sheetssim

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
