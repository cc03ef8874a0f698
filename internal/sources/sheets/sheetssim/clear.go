package sheetssim

func (s *Spreadsheet) valuesClear(c *call) (any, error) {
	if err := c.decode(new(clearRequest)); err != nil {
		return nil, err
	}
	b := s.book.clone()
	cleared, err := b.clear(c.arg, c.user)
	if err != nil {
		return nil, err
	}
	s.commit(b)
	return clearResponse{c.id, cleared}, nil
}

func (s *Spreadsheet) valuesBatchClear(c *call) (any, error) {
	var r batchClearRequest
	if err := c.decode(&r); err != nil {
		return nil, err
	}
	answer := batchClearResponse{SpreadsheetID: c.id}
	b := s.book.clone()
	for i, rng := range r.Ranges {
		cleared, err := b.clear(rng, c.user)
		if err != nil {
			return nil, inBatch(err, "ranges[%d]", i)
		}
		answer.ClearedRanges = append(answer.ClearedRanges, cleared)
	}
	s.commit(b)
	return answer, nil
}

// clear empties cells; their formats stay.
func (b *Book) clear(rng, user string) (cleared string, err error) {
	t, a, err := b.resolve(rng)
	if err != nil {
		return "", err
	}
	if a, err = t.readable(a); err != nil {
		return "", err
	}
	if err := t.mayEdit(a, user); err != nil {
		return "", err
	}
	for r := a.top; r < a.bottom; r++ {
		for c := a.left; c < min(a.right, len(t.rows[r].cells)); c++ {
			t.fill(r, c, Cell{})
		}
	}
	return t.name(a), nil
}
