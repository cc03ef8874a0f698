package sheetssim

// This file has the requests of a batch about a tab as a whole.

type addProtectedRangeRequest struct {
	ProtectedRange protectedRange `json:"protectedRange"`
}

type updateSheetPropertiesRequest struct {
	Properties sheetProperties `json:"properties"`
	Fields     string          `json:"fields"`
}

func (b *batch) addProtectedRange(r addProtectedRangeRequest) (any, error) {
	asked := r.ProtectedRange
	t, err := b.tab(asked.Range.SheetID)
	if err != nil {
		return nil, err
	}
	if _, err := t.areaOf(asked.Range); err != nil {
		return nil, err
	}
	p := Protection{WarningOnly: asked.WarningOnly, Description: asked.Description}
	for _, e := range asked.UnprotectedRanges {
		p.except = append(p.except, openArea(e))
	}
	if !p.WarningOnly {
		p.Editors = []string{b.user}
		if asked.Editors != nil {
			p.Editors = append(p.Editors, asked.Editors.Users...)
		}
	}
	p = t.protect(openArea(asked.Range), p)
	return addProtectedRangeRequest{t.wireProtection(p, b.user)}, nil
}

// openArea keeps the open ends of a range open.
func openArea(g gridRange) area {
	a := area{bottom: open, right: open}
	for _, end := range []struct {
		from *int
		to   *int
	}{
		{g.StartRowIndex, &a.top}, {g.EndRowIndex, &a.bottom},
		{g.StartColumnIndex, &a.left}, {g.EndColumnIndex, &a.right},
	} {
		if end.from != nil {
			*end.to = *end.from
		}
	}
	return a
}

func (b *batch) updateSheetProperties(r updateSheetPropertiesRequest) (any, error) {
	m := parseMask(r.Fields)
	if len(m) == 0 {
		return nil, invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
	}
	t, err := b.tab(r.Properties.SheetID)
	if err != nil {
		return nil, err
	}
	for name := range m {
		if name != "title" && name != "gridProperties" {
			return nil, invalid("Invalid field: %s", name)
		}
	}
	if m.has("title") {
		if other := b.book.titled(r.Properties.Title); other != nil && other != t {
			return nil, invalid("A sheet with the name %q already exists. Please enter another name.", r.Properties.Title)
		}
		if t.title = r.Properties.Title; t.title == "" {
			return nil, invalid("A sheet must have a name.")
		}
	}
	return nil, b.setGrid(t, r.Properties.GridProperties, m)
}

func (b *batch) setGrid(t *Tab, g gridProperties, m mask) error {
	height, width := len(t.rows), t.columns
	if m.has("gridProperties", "rowCount") {
		height = g.RowCount
	}
	if m.has("gridProperties", "columnCount") {
		width = g.ColumnCount
	}
	if height < 1 || width < 1 {
		return invalid("A sheet must have at least one row and one column.")
	}
	if err := b.fits(t, height, width); err != nil {
		return err
	}
	t.resize(height, width)
	if m.has("gridProperties", "frozenRowCount") {
		t.frozen = g.FrozenRowCount
	}
	return nil
}
