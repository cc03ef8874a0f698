package sheetssim

// resolve finds the tab and the area of a range. Its end may be open.
func (b *Book) resolve(s string) (*Tab, area, error) {
	title, titled, a, ok := parseRange(s)
	if !ok {
		return nil, area{}, invalid("Unable to parse range: %s", s)
	}
	var t *Tab
	switch {
	case titled:
		t = b.titled(title)
	case len(b.tabs) > 0:
		t = b.tabs[0]
	}
	if t == nil || t.kind() != grid {
		return nil, area{}, invalid("Unable to parse range: %s", s)
	}
	return t, a, nil
}

// readable returns the part of an area that the grid has. An area that begins outside is refused, one that ends there
// is cut.
func (t *Tab) readable(a area) (area, error) {
	if a.top >= len(t.rows) || a.left >= t.columns {
		return area{}, t.outside(a)
	}
	return a.within(len(t.rows), t.columns), nil
}

func (t *Tab) outside(a area) error {
	return invalid("Range (%s) exceeds grid limits. Max rows: %d, max columns: %d", t.name(a), len(t.rows), t.columns)
}

func (b *Book) read(s, majorDimension string, r rendering) (valueRange, error) {
	t, a, err := b.resolve(s)
	if err != nil {
		return valueRange{}, err
	}
	if a, err = t.readable(a); err != nil {
		return valueRange{}, err
	}
	return t.values(a, majorDimension, r), nil
}

// values reads an area of the grid. Empty cells at the end of a row and empty rows at the end are left out.
func (t *Tab) values(a area, majorDimension string, r rendering) valueRange {
	v := valueRange{Range: t.name(a), MajorDimension: "ROWS"}
	cell, lines, length := t.at, [2]int{a.top, a.bottom}, [2]int{a.left, a.right}
	if majorDimension == "COLUMNS" {
		v.MajorDimension = "COLUMNS"
		cell = func(column, row int) Cell { return t.at(row, column) }
		lines, length = length, lines
	}
	full := 0
	for i := lines[0]; i < lines[1]; i++ {
		line := []any{}
		for j := length[0]; j < length[1]; j++ {
			c := cell(i, j)
			if c.empty() {
				continue
			}
			for len(line) < j-length[0] {
				line = append(line, "")
			}
			line = append(line, r.render(c))
		}
		v.Values = append(v.Values, line)
		if len(line) > 0 {
			full = len(v.Values)
		}
	}
	v.Values = v.Values[:full]
	return v
}

func (c *call) rendering() rendering {
	return rendering{c.query.Get("valueRenderOption"), c.query.Get("dateTimeRenderOption")}.orDefault()
}

func (r rendering) orDefault() rendering {
	if r.value == "" {
		r.value = formattedValue
	}
	if r.dates == "" {
		r.dates = serialNumber
	}
	return r
}

func (s *Spreadsheet) valuesGet(c *call) (any, error) {
	return s.book.read(c.arg, c.query.Get("majorDimension"), c.rendering())
}

func (s *Spreadsheet) valuesBatchGet(c *call) (any, error) {
	answer := batchGetResponse{SpreadsheetID: c.id}
	for _, rng := range c.query["ranges"] {
		v, err := s.book.read(rng, c.query.Get("majorDimension"), c.rendering())
		if err != nil {
			return nil, err
		}
		answer.ValueRanges = append(answer.ValueRanges, v)
	}
	return answer, nil
}
