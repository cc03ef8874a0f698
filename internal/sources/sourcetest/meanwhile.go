package sourcetest

import (
	"fmt"
	"testing"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

// testMeanwhile writes while a person edits: nothing that they wrote is lost, and what is said to be written is.
func testMeanwhile(t *testing.T, newTable New) {
	const rows, rounds = 240, 5
	h := table(t, newTable, numbered(rows))
	for round := range rounds {
		var changes []contact.Change
		old := map[string]string{}
		for _, record := range read(t, h, columns) {
			key := record.Cells[1].Text
			old[key] = record.Cells[0].Text
			changes = append(changes, update(record, map[string]string{"Name": fmt.Sprintf("%s by syncd %d", key, round)}))
		}
		p := startPerson(h.(Concurrent), rows, round)
		outcomes, err := h.Source().Write(t.Context(), columns, changes)
		edited, personErr := p.stop()
		if err != nil || personErr != nil {
			t.Fatalf("Write: %v; the person: %v", err, personErr)
		}
		ours := map[string]contact.Change{}
		for i, outcome := range outcomes {
			if outcome.Status == sources.Written {
				ours[changes[i].Key] = changes[i]
			} else if outcome.Status != sources.Stale {
				t.Errorf("round %d: the update of %q is %q: %s", round, changes[i].Key, outcome.Status, outcome.Reason)
			}
		}
		for _, row := range h.Rows() {
			want := old[row[0]]
			if change, ok := ours[row[0]]; ok {
				want = change.After[0].Text
			}
			if name, ok := edited[place{row[0], "Name"}]; ok {
				want = name
			}
			if row[1] != want {
				t.Errorf("round %d: %q holds %q, want %q", round, row[0], row[1], want)
			}
			if phone, ok := edited[place{row[0], "Phone"}]; ok && row[2] != phone {
				t.Errorf("round %d: %q has the phone %q, want %q", round, row[0], row[2], phone)
			}
		}
	}
}

// place is a cell.
type place struct{ key, column string }

// person edits cells, each once, until it is stopped.
type person struct {
	end, ended chan struct{}
	edited     map[place]string
	err        error
}

func startPerson(h Concurrent, rows, round int) *person {
	p := &person{end: make(chan struct{}), ended: make(chan struct{}), edited: map[place]string{}}
	started := make(chan struct{})
	go func() {
		defer close(p.ended)
		for i := range rows {
			at := place{fmt.Sprintf("C-%06d", (i*97)%rows), "Phone"}
			switch i % 3 {
			case 0:
				at.column = "Name"
			case 1:
				continue
			}
			text := fmt.Sprintf("by a person %d", round)
			if p.err = h.Meanwhile(at.key, at.column, text); p.err != nil {
				break
			}
			p.edited[at] = text
			if i == 0 {
				close(started)
			}
			select {
			case <-p.end:
				return
			default:
			}
		}
	}()
	select {
	case <-started: // some edits come before the write, and some during it
	case <-p.ended:
	}
	return p
}

func (p *person) stop() (edited map[place]string, err error) {
	close(p.end)
	<-p.ended
	return p.edited, p.err
}
