package engine_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"syncd/internal/contact"
	"syncd/internal/pgtest"
	"syncd/internal/sources"
	"syncd/internal/sources/postgres"
)

func TestMain(m *testing.M) { os.Exit(pgtest.M{M: m}.Run()) }

// pgDatabase is the database of all worlds whose rows are in tables: as people reach it, and as syncd does.
type pgDatabase struct {
	people *pgxpool.Pool
	syncd  *postgres.Database
}

func newPGDatabase(t testing.TB) *pgDatabase {
	t.Helper()
	url := pgtest.Database(t)
	people, err := pgxpool.New(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(people.Close)
	syncd, err := postgres.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(syncd.Close)
	return &pgDatabase{people, syncd}
}

// pgTable is a table of texts that people edit with a program of their own, in transactions.
type pgTable struct {
	*world
	db     *pgDatabase
	name   string
	places map[*line]int64 // of rows that a run made: they have no number yet
	// beforeWrite is what people do between what a run has read and its next write.
	beforeWrite func()
}

func newPGTable(w *world, db *pgDatabase, seed uint64) *pgTable {
	t := &pgTable{world: w, db: db, name: fmt.Sprintf("people_%d", seed), places: map[*line]int64{}}
	columns := ""
	for _, name := range header {
		columns += fmt.Sprintf(", %q text", name)
	}
	sql := fmt.Sprintf("DROP TABLE IF EXISTS %[1]s; CREATE TABLE %[1]s (place bigserial PRIMARY KEY%[2]s)", t.name, columns)
	if _, err := db.people.Exec(context.Background(), sql); err != nil {
		w.t.Fatal(err)
	}
	w.head = header
	return t
}

// save is one transaction in which people insert and delete rows, and change the cells that they changed since they looked.
func (t *pgTable) save() {
	ctx := context.Background()
	err := pgx.BeginFunc(ctx, t.db.people, func(tx pgx.Tx) error {
		stored := map[string]int64{}
		for id, r := range t.stored(tx) {
			stored[r.cells[colNo]] = id
		}
		kept := []int64{}
		for _, r := range t.rows {
			id, there := stored[r.cells[colNo]]
			if !there {
				id, there = t.places[r]
			}
			var err error
			if there {
				err = t.update(tx, id, r)
			} else {
				id, err = t.insert(tx, r)
			}
			if err != nil {
				return err
			}
			kept = append(kept, id)
			delete(t.places, r)
			r.raw = slices.Clone(r.cells)
		}
		_, err := tx.Exec(ctx, "DELETE FROM "+t.name+" WHERE place <> ALL ($1)", kept)
		return err
	})
	if err != nil {
		t.t.Fatal(err)
	}
}

// orNull is an empty cell as some people leave it, and as others do.
func orNull(column int, text string) any {
	if text == "" && column%2 == 0 {
		return nil
	}
	return text
}

func (t *pgTable) insert(tx pgx.Tx, r *line) (id int64, err error) {
	var places []string
	var cells []any
	for c, text := range r.cells {
		places, cells = append(places, fmt.Sprintf("$%d", c+1)), append(cells, orNull(c, text))
	}
	sql := "INSERT INTO " + t.name + " VALUES (DEFAULT, " + strings.Join(places, ", ") + ") RETURNING place"
	err = tx.QueryRow(context.Background(), sql, cells...).Scan(&id)
	return id, err
}

func (t *pgTable) update(tx pgx.Tx, id int64, r *line) error {
	var sets []string
	args := []any{id}
	for c, text := range r.cells {
		if text != r.raw[c] {
			args = append(args, orNull(c, text))
			sets = append(sets, fmt.Sprintf("%q = $%d", header[c], len(args)))
		}
	}
	if len(sets) == 0 {
		return nil
	}
	_, err := tx.Exec(context.Background(), "UPDATE "+t.name+" SET "+strings.Join(sets, ", ")+" WHERE place = $1", args...)
	return err
}

// stored is what the table holds, by place.
func (t *pgTable) stored(db interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}) map[int64]*line {
	texts := make([]string, len(header))
	for i, name := range header {
		texts[i] = fmt.Sprintf("coalesce(%q, '')", name)
	}
	rows, err := db.Query(context.Background(), "SELECT place, ARRAY["+strings.Join(texts, ", ")+"] FROM "+t.name)
	all := map[int64]*line{}
	var id int64
	var cells []string
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&id, &cells}, func() error {
			all[id] = &line{slices.Clone(cells), slices.Clone(cells)}
			return nil
		})
	}
	if err != nil {
		t.t.Fatal(err)
	}
	return all
}

func (t *pgTable) lines() []*line {
	stored := t.stored(t.db.people)
	var places []int64
	for id := range stored {
		places = append(places, id)
	}
	slices.Sort(places)
	all := []*line{{header, header}}
	for _, id := range places {
		r := stored[id]
		if r.cells[colNo] == "" {
			t.places[r] = id
		}
		all = append(all, r)
	}
	return all
}

func (t *pgTable) text() string {
	var all []string
	for _, r := range t.lines() {
		all = append(all, strings.Join(r.cells, "\t"))
	}
	return strings.Join(all, "\n")
}

func (*pgTable) ordered() bool { return false }

func (t *pgTable) source(p *process) sources.Source {
	table, err := t.db.syncd.Table(postgres.Options{Table: t.name, Key: p.engine.Sync.Mapping.Key, Location: t.shape.zone})
	if err != nil {
		t.t.Fatal(err)
	}
	return mortalSource{numberedSource{table, t, slices.Clone(t.rows)}, p.death}
}

// numberedSource is a table that says which row is which, for the checks: by where people had it when the run began.
type numberedSource struct {
	sources.Source
	table *pgTable
	rows  []*line
}

func (s numberedSource) Read(ctx context.Context, columns []string) iter.Seq2[contact.Record, error] {
	return func(yield func(contact.Record, error) bool) {
		for record, err := range s.Source.Read(ctx, append(slices.Clone(columns), header[colNo])) {
			if err == nil {
				last := len(record.Cells) - 1
				no := record.Cells[last].Text
				record.Cells = record.Cells[:last:last]
				record.Row = 2 + slices.IndexFunc(s.rows, func(r *line) bool { return no != "" && r.cells[colNo] == no })
				if record.Row < 2 {
					record.Row = 0
				}
			}
			if !yield(record, err) {
				return
			}
		}
	}
}

func (s numberedSource) Columns(ctx context.Context) ([]string, error) {
	return s.Source.(sources.Describer).Columns(ctx)
}

func (s numberedSource) Write(ctx context.Context, columns []string, changes []contact.Change) ([]sources.Outcome, error) {
	if s.table.beforeWrite != nil {
		s.table.beforeWrite()
	}
	return s.Source.Write(ctx, columns, changes)
}

// movedRun is a run while somebody edits both sides right before it writes into the table. It may die at that.
func (t *pgTable) movedRun() {
	t.clock.advance(t.someTime())
	o := runOptions{}
	if t.rng.IntN(3) == 0 {
		o.crashAt = 1 + t.rng.IntN(pick(t.rng, 12, 30, 60))
	}
	countdown := 1 + t.rng.IntN(2)
	t.beforeWrite = func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if countdown--; countdown == 0 {
			t.editMeanwhile()
		}
	}
	t.run(o)
	t.beforeWrite = nil
}
