package engine

import (
	"context"
	"encoding/json"
	"sync"

	"syncd/internal/contact"
	"syncd/internal/state"
)

// journal writes batches to the store. Batches that wait while another is being written go together in one
// transaction, so that many operations in flight cost few commits.
type journal struct {
	store state.Records
	lease state.Lease

	mu      sync.Mutex
	writing bool
	waiting *group
}

// group is the batches that will be written together.
type group struct {
	batch state.Batch
	done  chan struct{}
	err   error
}

// commit writes the batch and returns once it is durable. It does not end with ctx: what happened must be recorded.
func (j *journal) commit(ctx context.Context, batch state.Batch) error {
	j.mu.Lock()
	if j.waiting == nil {
		j.waiting = &group{done: make(chan struct{})}
	}
	mine := j.waiting
	mine.batch.Links = append(mine.batch.Links, batch.Links...)
	mine.batch.Drop = append(mine.batch.Drop, batch.Drop...)
	mine.batch.Entries = append(mine.batch.Entries, batch.Entries...)
	mine.batch.Marks = append(mine.batch.Marks, batch.Marks...)
	if batch.Sync != nil {
		mine.batch.Sync = batch.Sync
	}
	if !j.writing {
		j.writing = true
		go j.write(context.WithoutCancel(ctx))
	}
	j.mu.Unlock()
	<-mine.done
	return mine.err
}

// write writes group after group until none waits.
func (j *journal) write(ctx context.Context) {
	for {
		j.mu.Lock()
		g := j.waiting
		j.waiting = nil
		if g == nil {
			j.writing = false
			j.mu.Unlock()
			return
		}
		j.mu.Unlock()
		g.err = j.store.Commit(ctx, j.lease, g.batch)
		close(g.done)
	}
}

// nextSeq is the place in the journal of the run's next entry.
func (r *run) nextSeq() int {
	r.seq++
	return r.seq
}

// cell is a cell as the journal keeps it.
type cell struct {
	Type contact.CellType `json:"type,omitempty"`
	Text string           `json:"text"`
}

// rowJSON is a row as the journal keeps it: its cells by column.
func rowJSON(columns []string, cells []contact.Cell) (json.RawMessage, error) {
	row := make(map[string]cell, len(columns))
	for i, c := range cells {
		row[columns[i]] = cell(c)
	}
	return json.Marshal(row)
}
