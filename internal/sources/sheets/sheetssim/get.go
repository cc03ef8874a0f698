package sheetssim

func (s *Spreadsheet) get(c *call) (any, error) {
	var chosen []block
	ranges := c.query["ranges"]
	for _, rng := range ranges {
		blocks, err := s.book.blocks(dataFilter{A1Range: rng})
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, blocks...)
	}
	return s.describe(c, chosen, len(ranges) == 0, c.query.Get("includeGridData") == "true"), nil
}

// describe is the spreadsheet as it is told: those tabs that something was chosen of, or all.
func (s *Spreadsheet) describe(c *call, chosen []block, all, withData bool) spreadsheet {
	b := s.book
	answer := spreadsheet{
		SpreadsheetID:  c.id,
		Properties:     spreadsheetProperties{b.Title, "en_US", "Etc/GMT"},
		Metadata:       b.wireMetadata(func(p place) bool { return p.kind == "SPREADSHEET" }),
		SpreadsheetURL: "https://docs.google.com/spreadsheets/d/" + c.id + "/edit",
	}
	if c.fields != "" { // a mask takes the place of includeGridData
		withData = parseMask(c.fields).has("sheets", "data")
	}
	for i, t := range b.tabs {
		described := t.describe(i, c.user)
		if all && withData && t.kind() == grid {
			described.Data = append(described.Data, t.gridData(t.whole()))
		}
		wanted := all
		for _, in := range chosen {
			if in.tab != t {
				continue
			}
			wanted = true
			if withData {
				described.Data = append(described.Data, t.gridData(in.area))
			}
		}
		if wanted {
			answer.Sheets = append(answer.Sheets, described)
		}
	}
	return answer
}

func (t *Tab) describe(index int, user string) sheet {
	described := sheet{
		Properties: sheetProperties{
			SheetID: t.id, Title: t.title, Index: &index, SheetType: t.kind(),
			GridProperties: gridProperties{len(t.rows), t.columns, t.frozen},
		},
		Metadata: t.book.wireMetadata(func(p place) bool { return p.kind == "SHEET" && p.tab == t.id }),
	}
	for _, m := range t.merges {
		described.Merges = append(described.Merges, t.wireArea(m))
	}
	for _, p := range t.protections {
		described.ProtectedRanges = append(described.ProtectedRanges, t.wireProtection(p, user))
	}
	return described
}

// wireArea leaves out the ends that are open.
func (t *Tab) wireArea(a area) gridRange {
	g := gridRange{SheetID: t.id}
	if a.bottom != open || a.top != 0 {
		g.StartRowIndex = &a.top
	}
	if a.right != open || a.left != 0 {
		g.StartColumnIndex = &a.left
	}
	if a.bottom != open {
		g.EndRowIndex = &a.bottom
	}
	if a.right != open {
		g.EndColumnIndex = &a.right
	}
	return g
}

func (t *Tab) wireProtection(p Protection, user string) protectedRange {
	wire := protectedRange{
		ProtectedRangeID: p.id, Range: t.wireArea(p.area), Description: p.Description, WarningOnly: p.WarningOnly,
		RequestingUserCanEdit: p.allows(user),
	}
	for _, e := range p.except {
		wire.UnprotectedRanges = append(wire.UnprotectedRanges, t.wireArea(e))
	}
	if len(p.Editors) > 0 {
		wire.Editors = &editors{p.Editors}
	}
	return wire
}

func (t *Tab) gridData(a area) gridData {
	data := gridData{StartRow: a.top, StartColumn: a.left}
	full := 0 // rows without anything at the end are left out
	for r := a.top; r < a.bottom; r++ {
		var cells []cellData
		for c := a.left; c < min(a.right, len(t.rows[r].cells)); c++ {
			cells = append(cells, t.at(r, c).wire())
		}
		data.RowData = append(data.RowData, rowData{cells})
		if len(cells) > 0 {
			full = len(data.RowData)
		}
		data.RowMetadata = append(data.RowMetadata, dimensionProperties{
			HiddenByFilter: t.rows[r].hidden == ByFilter, HiddenByUser: t.rows[r].hidden == ByUser, PixelSize: 21,
			Metadata: t.book.wireMetadata(func(p place) bool { return p.on(t, dimRows) && p.start == r }),
		})
	}
	data.RowData = data.RowData[:full]
	for c := a.left; c < a.right; c++ {
		data.ColumnMetadata = append(data.ColumnMetadata, dimensionProperties{
			PixelSize: 100,
			Metadata:  t.book.wireMetadata(func(p place) bool { return p.on(t, dimColumns) && p.start == c }),
		})
	}
	return data
}

// wire is the cell as grid data has it.
func (c Cell) wire() cellData {
	data := cellData{FormattedValue: c.Shown(), EffectiveValue: extended(c.Value)}
	data.UserEnteredValue = data.EffectiveValue
	if c.Formula != "" {
		data.UserEnteredValue = &extendedValue{FormulaValue: &c.Formula}
	}
	if c.Format != (Format{}) {
		data.UserEnteredFormat = &cellFormat{&numberFormat{c.Format.Type, c.Format.Pattern}}
		data.EffectiveFormat = data.UserEnteredFormat
	}
	return data
}

func extended(v any) *extendedValue {
	switch v := v.(type) {
	case string:
		return &extendedValue{StringValue: &v}
	case float64:
		return &extendedValue{NumberValue: &v}
	case bool:
		return &extendedValue{BoolValue: &v}
	case Error:
		return &extendedValue{ErrorValue: &errorValue{v.wireType(), string(v)}}
	default:
		return nil
	}
}

// wireType is the error's name in the API.
func (e Error) wireType() string {
	known := map[Error]string{
		"#NULL!": "NULL_VALUE", "#DIV/0!": "DIVIDE_BY_ZERO", "#VALUE!": "VALUE", "#REF!": "REF", "#NAME?": "NAME",
		"#NUM!": "NUM", "#N/A": "N_A", "Loading...": "LOADING",
	}
	if name, ok := known[e]; ok {
		return name
	}
	return "ERROR"
}
