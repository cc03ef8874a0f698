// Package sheets reads and writes the rows of one tab of a Google Sheet, while people work in it.
//
// Start with [Sheet.Read] and [Sheet.Write]. Google has no conditional write, and rows move: a write that names row 5
// lands in row 5, whoever's row that became. So Write (write.go) reads, finds each row by its key (survey.go), looks at
// the cells that it is to change once more (inspect.go), writes with the key among the cells that Google sends back
// (update.go), and thereby sees whose row it was. What was written over somebody else's is put back (repair.go).
//
// Requests, their limits and repeats are in call.go and quota.go; what errors mean, in errors.go.
package sheets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"time"

	api "google.golang.org/api/sheets/v4"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

// Options say which tab of which spreadsheet, and with whose rights.
type Options struct {
	Spreadsheet string // its ID
	Tab         string // its title when it is first seen; a tab that is renamed later is known by its number
	// Key names the columns that identify a row. Without any, Write finds a row by what it held when it was read.
	Key []string
	// CredentialsFile is a JSON file from Google Cloud: the key of a service account, or a configuration of workload
	// identity. "" takes the credentials of the environment.
	//
	// https://cloud.google.com/docs/authentication/application-default-credentials
	CredentialsFile string
	// Endpoint is the root of another server that speaks the Sheets API; without CredentialsFile, it needs none.
	Endpoint string
	// ReadOnly asks Google for the right to read and no other. Write then fails.
	ReadOnly bool
	// Quota is shared by all sheets that use the same credentials; nil for one of its own.
	Quota *Quota
	// FirstWait is the longest wait before the first repeat of a request; each further one may be twice as long. 0 is a second.
	FirstWait time.Duration
	// Warn hears, in words for a person and once, that the tab has another title; nil for nobody.
	Warn func(string)
	// HTTPClient makes the requests as it is, without credentials, for tests; nil for one with credentials.
	HTTPClient *http.Client
}

// Sheet is one tab of a Google Sheet as a [sources.Source]. Its row numbers are those that people see.
type Sheet struct {
	options Options
	client  *client // nil until the first use
	memory  *memory // nil until the tab was found
	tab     *tab    // as last seen
	warned  string  // what Warn heard last
}

var (
	_ sources.Source     = (*Sheet)(nil)
	_ sources.Rememberer = (*Sheet)(nil)
	_ sources.Positional = (*Sheet)(nil)
	_ sources.Keeper     = (*Sheet)(nil)
	_ sources.Describer  = (*Sheet)(nil)
)

// New returns the source. Google hears of it when it is first read or written; wrong options show then.
func New(options Options) *Sheet {
	if options.Quota == nil {
		options.Quota = NewQuota(PerMinute)
	}
	options.FirstWait = cmp.Or(options.FirstWait, time.Second)
	if options.Warn == nil {
		options.Warn = func(string) {}
	}
	return &Sheet{options: options}
}

// Positional implements [sources.Positional]: a write names a row by its number.
func (s *Sheet) Positional() bool { return true }

// KeepsRows implements [sources.Keeper]: rows of a Google Sheet are never deleted.
func (s *Sheet) KeepsRows() bool { return true }

// Columns implements [sources.Describer].
func (s *Sheet) Columns(ctx context.Context) ([]string, error) {
	if err := s.connect(ctx); err != nil {
		return nil, s.named(err)
	}
	if _, err := s.find(ctx); err != nil {
		return nil, s.named(err)
	}
	rows, err := s.values(ctx, asShown, dateText)
	if err != nil {
		return nil, s.named(err)
	}
	header, err := headerOf(rows)
	if err != nil {
		err = s.named(err)
	}
	return header, err
}

// Read implements [sources.Source]. It takes two requests: one for the tab and its merged cells, one for all values. What
// the sheet shows as an error is a cell of that type; dates are text as people see it. A row with merged cells in one of
// the columns carries a Problem, for it is not known whose value such a cell is.
func (s *Sheet) Read(ctx context.Context, columns []string) iter.Seq2[contact.Record, error] {
	return func(yield func(contact.Record, error) bool) {
		if err := s.read(ctx, columns, yield); err != nil {
			yield(contact.Record{}, s.named(err))
		}
	}
}

// read yields the records. Its error is for the caller to yield; it is nil after yield returned false.
func (s *Sheet) read(ctx context.Context, columns []string, yield func(contact.Record, error) bool) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	t, err := s.find(ctx)
	if err != nil {
		return err
	}
	rows, err := s.values(ctx, asShown, dateText)
	if err != nil {
		return err
	}
	header, err := headerOf(rows)
	if err != nil {
		return err
	}
	places, err := header.places(columns)
	if err != nil {
		return err
	}
	merged := mergedRows(t.merges, places)
	for i := 1; i < len(rows); i++ {
		if i%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if isUnused(rows[i]) {
			continue
		}
		record := contact.Record{Row: i + 1, Cells: make([]contact.Cell, len(places))}
		for j, place := range places {
			record.Cells[j] = cellOf(at(rows, i, place))
		}
		if column, ok := merged[i]; ok {
			record.Problem = fmt.Sprintf("column %q is part of merged cells: unmerge them", header[column])
		}
		if !yield(record, nil) {
			return nil
		}
	}
	return nil
}

// mergedRows returns the rows, counted from 0, that have merged cells in one of the columns, and which column.
func mergedRows(merges []*api.GridRange, columns []int) map[int]int {
	rows := map[int]int{}
	for _, m := range merges {
		i := slices.IndexFunc(columns, func(c int) bool { return int(m.StartColumnIndex) <= c && c < int(m.EndColumnIndex) })
		if i < 0 {
			continue
		}
		for row := m.StartRowIndex; row < m.EndRowIndex; row++ {
			rows[int(row)] = columns[i]
		}
	}
	return rows
}

func (s *Sheet) connect(ctx context.Context) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.client == nil {
		s.client, err = connect(ctx, s.options)
	}
	return err
}

// warn tells Warn what a person ought to hear, unless it did already: a run may look at the tab more than once.
func (s *Sheet) warn(notice string) {
	if notice != s.warned {
		s.warned = notice
		s.options.Warn(s.name() + ": " + notice)
	}
}

// name is how messages call the source.
func (s *Sheet) name() string { return fmt.Sprintf("sheet %q", s.options.Tab) }

// named adds the name to an error, once.
func (s *Sheet) named(err error) error {
	if column := (*sources.ColumnError)(nil); errors.As(err, &column) {
		column.Source = s.name()
		return column
	}
	return fmt.Errorf("%s: %w", s.name(), err)
}
