package sheetssim

import "regexp"

type findReplaceRequest struct {
	Find            string     `json:"find"`
	Replacement     string     `json:"replacement"`
	MatchCase       bool       `json:"matchCase"`
	MatchEntireCell bool       `json:"matchEntireCell"`
	IncludeFormulas bool       `json:"includeFormulas"`
	Range           *gridRange `json:"range"`
	SheetID         *int64     `json:"sheetId"`
	AllSheets       bool       `json:"allSheets"`
}

type findReplaceResponse struct {
	ValuesChanged      int `json:"valuesChanged,omitzero"`
	FormulasChanged    int `json:"formulasChanged,omitzero"`
	RowsChanged        int `json:"rowsChanged,omitzero"`
	SheetsChanged      int `json:"sheetsChanged,omitzero"`
	OccurrencesChanged int `json:"occurrencesChanged,omitzero"`
}

// findReplace looks at what cells show. What takes its place is read as if it were typed, which is the worse of what is
// thought possible.
func (b *batch) findReplace(r findReplaceRequest) (any, error) {
	if r.Find == "" {
		return nil, invalid("find cannot be empty")
	}
	where, err := b.searched(r)
	if err != nil {
		return nil, err
	}
	pattern := regexp.QuoteMeta(r.Find)
	if r.MatchEntireCell {
		pattern = "^" + pattern + "$"
	}
	if !r.MatchCase {
		pattern = "(?i)" + pattern
	}
	find, err := regexp.Compile(pattern)
	if err != nil {
		return nil, invalid("find: %v", err)
	}
	var answer findReplaceResponse
	for _, in := range where {
		if err := b.replaceIn(in, find, r, &answer); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// block is a part of a tab.
type block struct {
	tab  *Tab
	area area
}

func (b *batch) searched(r findReplaceRequest) ([]block, error) {
	if btoi(r.Range != nil)+btoi(r.SheetID != nil)+btoi(r.AllSheets) != 1 {
		return nil, invalid("Exactly one of range, sheetId and allSheets must be set.")
	}
	if r.Range != nil {
		t, a, err := b.area(*r.Range)
		return []block{{t, a}}, err
	}
	var all []block
	for _, t := range b.book.tabs {
		if r.AllSheets || t.id == *r.SheetID {
			all = append(all, block{t, t.whole()})
		}
	}
	if len(all) == 0 {
		return nil, invalid("No grid with id: %d", *r.SheetID)
	}
	return all, nil
}

func (b *batch) replaceIn(in block, find *regexp.Regexp, r findReplaceRequest, answer *findReplaceResponse) error {
	t, rowsBefore := in.tab, answer.RowsChanged
	for row := in.area.top; row < in.area.bottom; row++ {
		cellsBefore := answer.ValuesChanged + answer.FormulasChanged
		for column := in.area.left; column < min(in.area.right, len(t.rows[row].cells)); column++ {
			c := t.at(row, column)
			text, changed := c.Shown(), &answer.ValuesChanged
			if c.Formula != "" {
				text, changed = c.Formula, &answer.FormulasChanged
			}
			found := len(find.FindAllStringIndex(text, -1))
			if found == 0 || c.Formula != "" && !r.IncludeFormulas {
				continue
			}
			if err := t.mayEdit(area{row, column, row + 1, column + 1}, b.user); err != nil {
				return err
			}
			t.put(row, column, b.book.typed(c, find.ReplaceAllLiteralString(text, r.Replacement)))
			answer.OccurrencesChanged += found
			*changed++
		}
		answer.RowsChanged += btoi(answer.ValuesChanged+answer.FormulasChanged > cellsBefore)
	}
	answer.SheetsChanged += btoi(answer.RowsChanged > rowsBefore)
	return nil
}
