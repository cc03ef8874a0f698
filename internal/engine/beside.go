package engine

import (
	"context"
	"slices"

	"syncd/internal/contact"
	"syncd/internal/reconcile"
	"syncd/internal/sources"
)

// beside looks at the columns that the mapping does not name: which of them hold something in the rows that a run made. The
// journal knows nothing of them, so what a delete takes from there is gone.
func (r *run) beside(ctx context.Context, snap *snapshot, past []reconcile.Past) (reconcile.Beside, error) {
	made, rows := map[string]bool{}, 0
	for _, p := range past {
		if p.Side != contact.Source || p.Action == contact.Update {
			continue
		}
		if rows++; p.Action == contact.Create {
			made[p.Key] = true
		}
	}
	if rows == 0 {
		return reconcile.Beside{}, nil
	}
	source, ok := r.Source.(sources.Describer)
	if !ok {
		return reconcile.Beside{Unseen: "this source does not say which columns it has"}, nil
	}
	all, err := source.Columns(ctx)
	if err != nil {
		return reconcile.Beside{}, err
	}
	others, readable := besides(all, r.mapping.Columns())
	switch {
	case !readable:
		return reconcile.Beside{Unseen: "it has columns without a name, or with the same one"}, nil
	case len(others) == 0:
		return reconcile.Beside{None: true}, nil
	case len(made) == 0:
		return reconcile.Beside{}, nil
	}
	filled, err := r.filled(ctx, snap, made, others)
	if ctx.Err() != nil {
		return reconcile.Beside{}, context.Cause(ctx)
	}
	unseen := ""
	if err != nil { // such as a right to some columns only
		unseen = err.Error()
	} else {
		r.others = others
	}
	return reconcile.Beside{Filled: filled, Unseen: unseen}, nil
}

// writeRows has the source make changes. Rows that an undo deletes must hold nothing in the other columns even then: the
// contacts come first, which may take long. So their deletes go apart, with all columns.
func (a *applier) writeRows(changes []contact.Change) ([]sources.Outcome, error) {
	columns := a.mapping.Columns()
	if len(a.others) == 0 {
		return a.Source.Write(a.keeper.writing, columns, changes)
	}
	var rest, deletes []contact.Change
	var places [2][]int // of the rest and of the deletes
	for i, change := range changes {
		if change.Action == contact.Delete {
			change.Before = slices.Concat(change.Before, make([]contact.Cell, len(a.others)))
			deletes, places[1] = append(deletes, change), append(places[1], i)
		} else {
			rest, places[0] = append(rest, change), append(places[0], i)
		}
	}
	all := make([]sources.Outcome, len(changes))
	wide := slices.Concat(columns, a.others)
	for i, batch := range []struct {
		columns []string
		changes []contact.Change
	}{{columns, rest}, {wide, deletes}} {
		if len(batch.changes) == 0 {
			continue
		}
		outcomes, err := a.Source.Write(a.keeper.writing, batch.columns, batch.changes)
		for j, outcome := range outcomes {
			all[places[i][j]] = outcome
		}
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// besides returns the columns that are not mapped, and whether all can be told apart by their names.
func besides(all, mapped []string) (others []string, readable bool) {
	taken, times := map[string]bool{}, map[string]int{}
	for _, column := range mapped {
		taken[contact.NormalizeText(column)] = true
	}
	for _, column := range all {
		name := contact.NormalizeText(column)
		if times[name]++; name == "" || times[name] > 1 {
			return nil, false
		}
		if !taken[name] {
			others = append(others, column)
		}
	}
	return others, true
}

// filled reads which of some further columns hold something, by the keys of rows.
func (r *run) filled(ctx context.Context, snap *snapshot, keys map[string]bool, columns []string) (map[string][]string, error) {
	filled := map[string][]string{}
	mapped := r.mapping.Columns()
	for record, err := range r.Source.Read(ctx, slices.Concat(mapped, columns)) {
		if err != nil {
			return nil, err
		}
		key, err := r.keyOf(snap, record)
		if err != nil || record.Problem != "" || !keys[key] {
			continue
		}
		filled[key] = []string{}
		for i, cell := range record.Cells[len(mapped):] {
			if !cell.Empty() {
				filled[key] = append(filled[key], columns[i])
			}
		}
	}
	return filled, nil
}
