package sheetssim

import "strings"

// This file has the requests of a batch that change rows and columns as such.

type insertDimensionRequest struct {
	Range             dimensionRange `json:"range"`
	InheritFromBefore bool           `json:"inheritFromBefore"`
}

type deleteDimensionRequest struct {
	Range dimensionRange `json:"range"`
}

type moveDimensionRequest struct {
	Source           dimensionRange `json:"source"`
	DestinationIndex int            `json:"destinationIndex"`
}

type appendDimensionRequest struct {
	SheetID   int64  `json:"sheetId"`
	Dimension string `json:"dimension"`
	Length    int    `json:"length"`
}

type sortRangeRequest struct {
	Range     gridRange  `json:"range"`
	SortSpecs []sortSpec `json:"sortSpecs"`
}

type sortSpec struct {
	DimensionIndex int    `json:"dimensionIndex"`
	SortOrder      string `json:"sortOrder"`
}

func dimensionOf(name string) (dimension, error) {
	if d := dimension(name); d == dimRows || d == dimColumns {
		return d, nil
	}
	if err := checkEnum("dimension", name, dimEnum); err != nil {
		return "", err
	}
	return "", invalid("No dimension specified.")
}

// lines finds the rows or columns of a range; both ends are in the grid. One that leaves its ends out is all of them.
func (b *batch) lines(r dimensionRange) (t *Tab, d dimension, from, to int, err error) {
	if d, err = dimensionOf(r.Dimension); err != nil {
		return nil, "", 0, 0, err
	}
	if t, err = b.tab(r.SheetID); err != nil {
		return nil, "", 0, 0, err
	}
	from, to, err = span(r.StartIndex, r.EndIndex, t.size(d))
	return t, d, from, to, err
}

// across is the area of some rows or columns.
func (t *Tab) across(d dimension, from, to int) area {
	if d == dimRows {
		return area{from, 0, to, t.columns}
	}
	return area{0, from, len(t.rows), to}
}

func (b *batch) insertDimension(r insertDimensionRequest) (any, error) {
	d, err := dimensionOf(r.Range.Dimension)
	if err != nil {
		return nil, err
	}
	t, err := b.tab(r.Range.SheetID)
	if err != nil {
		return nil, err
	}
	if r.Range.StartIndex == nil || r.Range.EndIndex == nil {
		return nil, invalid("Both startIndex and endIndex must be specified.")
	}
	from, to := *r.Range.StartIndex, *r.Range.EndIndex
	switch {
	case from < 0 || from >= to || from > t.size(d):
		return nil, invalid("range.startIndex[%d] and endIndex[%d] do not fit a grid of size %d", from, to, t.size(d))
	case from == 0 && r.InheritFromBefore:
		return nil, invalid("inheritFromBefore cannot be true if inserting at the first row or column.")
	}
	if err := b.grown(t, d, to-from); err != nil {
		return nil, err
	}
	t.insert(d, from, to-from)
	if d == dimRows {
		like := to
		if r.InheritFromBefore {
			like = from - 1
		}
		t.inherit(from, to, like)
	}
	return nil, nil
}

func (b *batch) deleteDimension(r deleteDimensionRequest) (any, error) {
	t, d, from, to, err := b.lines(r.Range)
	if err != nil {
		return nil, err
	}
	switch {
	case from == to:
		return nil, invalid("Cannot delete an empty range.")
	case to-from == t.size(d):
		return nil, invalid("You can't delete all the %s on the sheet.", strings.ToLower(string(d)))
	}
	if err := t.mayEdit(t.across(d, from, to), b.user); err != nil {
		return nil, err
	}
	t.remove(d, from, to-from)
	return nil, nil
}

func (b *batch) moveDimension(r moveDimensionRequest) (any, error) {
	t, d, from, to, err := b.lines(r.Source)
	if err != nil {
		return nil, err
	}
	if r.DestinationIndex < 0 || r.DestinationIndex > t.size(d) {
		return nil, invalid("destinationIndex[%d] is outside of the grid", r.DestinationIndex)
	}
	if err := t.mayEdit(t.across(d, from, to), b.user); err != nil {
		return nil, err
	}
	if r.DestinationIndex < from || r.DestinationIndex > to {
		t.move(d, from, to-from, r.DestinationIndex)
	}
	return nil, nil
}

func (b *batch) appendDimension(r appendDimensionRequest) (any, error) {
	d, err := dimensionOf(r.Dimension)
	if err != nil {
		return nil, err
	}
	t, err := b.tab(r.SheetID)
	if err != nil {
		return nil, err
	}
	if r.Length <= 0 {
		return nil, invalid("Length must be positive: %d", r.Length)
	}
	if err := b.grown(t, d, r.Length); err != nil {
		return nil, err
	}
	t.insert(d, t.size(d), r.Length)
	return nil, nil
}

var orderEnum = []string{"SORT_ORDER_UNSPECIFIED", "ASCENDING", "DESCENDING"}

func (b *batch) sortRange(r sortRangeRequest) (any, error) {
	t, a, err := b.area(r.Range)
	if err != nil {
		return nil, err
	}
	var keys []sortKey
	for _, spec := range r.SortSpecs {
		if err := checkEnum("sortOrder", spec.SortOrder, orderEnum); err != nil {
			return nil, err
		}
		if spec.DimensionIndex < a.left || spec.DimensionIndex >= a.right {
			return nil, invalid("sortSpecs: dimensionIndex[%d] is outside of the range", spec.DimensionIndex)
		}
		keys = append(keys, sortKey{spec.DimensionIndex, spec.SortOrder == "DESCENDING"})
	}
	if err := t.mayEdit(a, b.user); err != nil {
		return nil, err
	}
	t.sort(a, keys, b.options.MetadataFollowsSort)
	return nil, nil
}
