package csvfile

import (
	"bytes"
	"context"
	"io"
)

// rewrite copies the text of the snapshot to w with the changes of the plan, and notes where their rows stand then.
func (p *plan) rewrite(ctx context.Context, snap *snapshot, w io.Writer) error {
	text, err := snap.pass()
	if err != nil {
		return err
	}
	rows := newScanner(text, snap.delimiter)
	out := &output{w: w, delimiter: snap.delimiter, lineEnd: []byte{'\n'}}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		rec, err := rows.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if err := p.copy(out, rec); err != nil {
			return err
		}
	}
	for _, e := range p.added {
		if err := out.add(e.cells); err != nil {
			return err
		}
		p.outcomes[e.change].Row = out.rows
	}
	return nil
}

// copy writes one record, or what the plan makes of it.
func (p *plan) copy(out *output, rec *record) error {
	out.learn(rec)
	e, ok := p.changed[rec.row]
	switch {
	case !ok:
		return out.write(rec.raw)
	case e.remove:
		p.outcomes[e.change].Row = 0
		return nil
	}
	p.outcomes[e.change].Row = out.rows + 1
	return out.write(out.splice(rec, e.cells))
}

// output writes records and remembers what a row that is added has to look like.
type output struct {
	w         io.Writer
	delimiter byte
	rows      int    // how many were written
	tail      []byte // the last byte that was written, or none
	lineEnd   []byte // LF or CRLF, as the last record that had one
	quoted    []bool // by column, whether the last row's cell is quoted

	line []byte // room for a record
}

func (o *output) write(raw []byte) error {
	o.rows++
	o.tail = append(o.tail[:0], raw[len(raw)-1])
	_, err := o.w.Write(raw)
	return err
}

// learn takes the dialect of a row that is added from the last one before it; the header says how many columns
// there are.
func (o *output) learn(rec *record) {
	if end := rec.lineEnd(); bytes.HasSuffix(end, []byte{'\n'}) {
		o.lineEnd = append(o.lineEnd[:0], end...)
	}
	if o.quoted == nil {
		o.quoted = make([]bool, len(rec.cells))
	}
	if len(rec.cells) == len(o.quoted) {
		for i, cell := range rec.cells {
			o.quoted[i] = cell.quoted()
		}
	}
}

// splice returns the bytes of a record with some of its cells replaced. They are valid until the next call.
func (o *output) splice(rec *record, cells map[int][]byte) []byte {
	line, done := o.line[:0], 0
	for i, span := range rec.cells {
		if text, ok := cells[i]; ok {
			line = append(line, rec.raw[done:span.from]...)
			line = appendCell(line, text, o.delimiter, span.quoted())
			done = span.to
		}
	}
	o.line = append(line, rec.raw[done:]...)
	return o.line
}

// add writes a new row after the last one, which gets the line end that it may lack.
func (o *output) add(cells map[int][]byte) error {
	line := o.line[:0]
	switch string(o.tail) {
	case "\n":
	case "\r":
		line = append(line, '\n')
	default:
		line = append(line, o.lineEnd...)
	}
	for i, quoted := range o.quoted {
		if i > 0 {
			line = append(line, o.delimiter)
		}
		line = appendCell(line, cells[i], o.delimiter, quoted)
	}
	o.line = append(line, o.lineEnd...)
	return o.write(o.line)
}
