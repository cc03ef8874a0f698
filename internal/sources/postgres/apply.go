package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"syncd/internal/contact"
	"syncd/internal/pgserver"
	"syncd/internal/sources"
)

// errApart is the mark of edits of which it cannot be told, when they are made together, which one is at fault.
var errApart = errors.New("the edits must be made one by one")

// apply makes edits together, and without those that the database does not take: their outcomes say why. When it is not
// known which those are, it makes one half of them after the other.
func (b *batch) apply(ctx context.Context, edits []*edit) error {
	for len(edits) > 0 {
		r, err := b.try(ctx, edits)
		switch {
		case err == nil && len(r.wrong) == 0:
			b.note(r.all)
			return nil
		case err == nil:
			b.note(r.wrong)
			edits = slices.DeleteFunc(edits, func(e *edit) bool { _, wrong := r.wrong[e.change]; return wrong })
			continue
		case !refusesRow(err) && !errors.Is(err, errApart):
			return err
		case len(edits) == 1:
			return b.refuse(ctx, edits[0], err)
		}
		if err := b.hurry(ctx, err); err != nil {
			return err
		}
		half := len(edits) / 2
		if err := b.apply(ctx, slices.Clone(edits[:half])); err != nil {
			return err
		}
		edits = slices.Clone(edits[half:])
	}
	return nil
}

func (b *batch) note(outcomes map[int]sources.Outcome) {
	for i, outcome := range outcomes {
		b.outcomes[i] = outcome
	}
}

// hurry makes the rest of the transaction wait less for locks once it waited for one in vain.
func (b *batch) hurry(ctx context.Context, err error) error {
	if pgserver.Code(err) != pgserver.LockNotAvailable {
		return nil
	}
	_, err = b.tx.Exec(ctx, "SELECT set_config('lock_timeout', '100', true)")
	return err
}

// refuse notes why one edit is not made. A row that somebody else added with the same key a moment ago is stale.
func (b *batch) refuse(ctx context.Context, e *edit, err error) error {
	outcome := sources.Outcome{Status: sources.Refused, Reason: refusal(err)}
	switch code := pgserver.Code(err); {
	case code == pgserver.LockNotAvailable:
		outcome = sources.Outcome{Status: sources.Stale, Reason: "another transaction has locked what the change needs"}
	case code == pgserver.UniqueViolation && e.action == contact.Create:
		again := &batch{description: b.description, table: b.table, tx: b.tx, changes: b.changes[e.change : e.change+1]}
		if err := again.find(ctx); err != nil {
			return err
		}
		if again.targets[b.identity(b.changes[e.change])].count > 0 {
			outcome = sources.Outcome{Status: sources.Stale, Reason: "the row is there already"}
		} else if b.table.options.Where != "" {
			outcome.Reason += "; it may be a row that where: leaves out"
		}
	}
	b.outcomes[e.change] = outcome
	return nil
}

// results are what became of edits, by the numbers of their changes.
type results struct {
	all   map[int]sources.Outcome
	wrong map[int]sources.Outcome // of edits that must not be kept: then none is
}

func (r *results) add(e *edit, outcome sources.Outcome) {
	r.all[e.change] = outcome
	if outcome.Status != sources.Written {
		r.wrong[e.change] = outcome
	}
}

// try makes edits, or none of them.
func (b *batch) try(ctx context.Context, edits []*edit) (*results, error) {
	savepoint, err := b.tx.Begin(ctx)
	if err != nil {
		return nil, err
	}
	r := &results{all: map[int]sources.Outcome{}, wrong: map[int]sources.Outcome{}}
	for _, group := range groups(edits) {
		if err = b.make(ctx, group, r); err != nil {
			break
		}
	}
	if err != nil || len(r.wrong) > 0 {
		return r, errors.Join(err, savepoint.Rollback(ctx))
	}
	return r, savepoint.Commit(ctx)
}

// groups are the edits that one statement makes: deletes first, which may make room, and creates last.
func groups(edits []*edit) [][]*edit {
	var order []string
	byShape := map[string][]*edit{}
	for _, action := range []contact.Action{contact.Delete, contact.Update, contact.Create} {
		for _, e := range edits {
			if e.action != action {
				continue
			}
			shape := string(action)
			for _, c := range e.columns {
				shape += fmt.Sprint(" ", c.place)
			}
			if byShape[shape] == nil {
				order = append(order, shape)
			}
			byShape[shape] = append(byShape[shape], e)
		}
	}
	var all [][]*edit
	for _, shape := range order {
		all = append(all, byShape[shape])
	}
	return all
}

// make makes the edits of one group with one statement.
func (b *batch) make(ctx context.Context, group []*edit, r *results) error {
	s := &statement{batch: b}
	sql := s.sql(group)
	rows, err := b.tx.Query(ctx, sql, slices.Concat([]any{pgx.QueryExecModeExec}, s.args)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for n := 0; rows.Next(); n++ {
		values := rows.RawValues()
		if group[0].action != contact.Create {
			if n, err = strconv.Atoi(string(values[0])); err != nil {
				return err
			}
		}
		if n >= len(group) {
			return errApart
		}
		e := group[n]
		outcome := b.outcome(e, string(values[1]) == "t", b.cells(values[2:]))
		if _, twice := r.all[e.change]; twice {
			outcome = sources.Outcome{Status: sources.Stale, Reason: "several rows are the same to syncd"}
		}
		r.add(e, outcome)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return b.unmade(group, r)
}

// unmade notes the edits of which the statement did nothing.
func (b *batch) unmade(group []*edit, r *results) error {
	outcome := sources.Outcome{Status: sources.Refused, Reason: "a trigger or a rule of the database prevents it"}
	if b.lock() == "" && group[0].action != contact.Create {
		outcome = sources.Outcome{Status: sources.Stale, Reason: "the row no longer holds what it did"}
	}
	for _, e := range group {
		if _, ok := r.all[e.change]; ok {
			continue
		}
		if e.action == contact.Create && len(group) > 1 {
			return errApart // the rows that came back may be others than they were taken for
		}
		r.add(e, outcome)
	}
	return nil
}

// outcome looks at the row that an edit left.
func (b *batch) outcome(e *edit, visible bool, row []contact.Cell) sources.Outcome {
	refused := func(format string, args ...any) sources.Outcome {
		return sources.Outcome{Status: sources.Refused, Reason: fmt.Sprintf(format, args...)}
	}
	if e.action == contact.Delete {
		return sources.Outcome{Status: sources.Written}
	}
	if !visible {
		return refused("the row would not match where:, and syncd would not see it again")
	}
	if len(b.key) > 0 {
		if key, err := contact.NormalizeKey(b.keyCells(row)...); err != nil || key != b.changes[e.change].Key {
			return refused("the database would give the row another key")
		}
	}
	for i, c := range e.columns {
		if value := e.values[i]; value != nil && c.rounds(*value, row[c.place].Text) {
			return refused("column %q does not hold this number exactly: give it more digits", c.name)
		}
	}
	cells := make([]contact.Cell, len(b.wanted))
	for i, c := range b.wanted {
		cells[i] = row[c.place]
	}
	return sources.Outcome{Status: sources.Written, Cells: cells}
}

// rounds reports whether a number became another one.
func (c *column) rounds(written, stored string) bool {
	if c.class != number && c.class != float {
		return false
	}
	n, _ := contact.NormalizeNumber(stored)
	return n != written
}
