package sheets

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"
	"google.golang.org/api/googleapi"
	api "google.golang.org/api/sheets/v4"
)

// How long Google gets to answer. It gives up itself after three minutes.
const (
	patience     = time.Minute
	longPatience = 3 * time.Minute // for a whole tab, and for what must not be made twice
)

// attempts is how often a read is sent before it fails.
const attempts = 6

// The options of a read: cells as they are and dates as people see them, or cells as they were typed.
const (
	asShown   = "UNFORMATTED_VALUE"
	asEntered = "FORMULA"
	dateText  = "FORMATTED_STRING"
	dateDays  = "SERIAL_NUMBER" // since 1899-12-30
)

// rowsPerRange is how many rows of a large tab each range has when it cannot be read as one.
const rowsPerRange = 20_000

// client makes requests about one spreadsheet.
type client struct {
	service     *api.Service
	spreadsheet string
	quota       *Quota
	readOnly    bool
	account     string // whose credentials these are, if known
	firstWait   time.Duration
}

// errCut is an answer that lacks what was asked for.
var errCut = errors.New("the answer is not whole")

// read sends a request that changes nothing until it succeeds, fails for good, or has failed too often.
func (c *client) read(ctx context.Context, patience time.Duration, send func(context.Context) error) error {
	wait := waits(c.firstWait)
	for attempt := 1; ; attempt++ {
		if err := c.quota.wait(ctx, &c.quota.reads, c.spreadsheet); err != nil {
			return err
		}
		err := c.once(ctx, patience, send)
		switch {
		case err == nil || attempt == attempts:
			return err
		case isThrottled(err):
			c.quota.reads.exceeded()
		case passes(err):
			if err := sleep(ctx, wait.NextBackOff()); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

// waits returns the waits before repeats: a random part of the first one, of twice that and so on, at most 32 times.
func waits(first time.Duration) backoff.BackOff {
	return &backoff.ExponentialBackOff{ // around a mean, so that twice the mean is the most
		InitialInterval: first / 2, RandomizationFactor: 1, Multiplier: 2, MaxInterval: 16 * first,
	}
}

// admitWrite returns when a write may be sent. It is asked before the read that the write is compared with, so that the
// write does not wait in between.
func (c *client) admitWrite(ctx context.Context) error {
	return c.quota.wait(ctx, &c.quota.writes, c.spreadsheet)
}

// write sends a request that was admitted, once: where a write would land is known only just after a read.
func (c *client) write(ctx context.Context, patience time.Duration, send func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := c.once(ctx, patience, send)
	if isThrottled(err) {
		c.quota.writes.exceeded()
	}
	return err
}

func (c *client) once(ctx context.Context, patience time.Duration, send func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return c.translate(ctx, send(limited))
}

// tabs returns the tabs of the spreadsheet, with the merged cells of each.
func (c *client) tabs(ctx context.Context) (tabs []*api.Sheet, err error) {
	const fields = "sheets(properties(sheetId,title,sheetType,gridProperties(rowCount,columnCount)),merges)"
	err = c.read(ctx, patience, func(ctx context.Context) error {
		answer, err := c.service.Spreadsheets.Get(c.spreadsheet).Fields(fields).Context(ctx).Do()
		if err == nil && len(answer.Sheets) == 0 {
			return errCut
		}
		if err == nil {
			tabs = answer.Sheets
		}
		return err
	})
	return tabs, err
}

// values reads all cells of a tab, by row from the header on. A tab that is too much for one range is read as several,
// in one request all the same, for pages from several requests are not one moment.
func (c *client) values(ctx context.Context, t *tab, render, dates string) (rows [][]any, err error) {
	ranges := []string{quoted(t.title)}
	err = c.read(ctx, longPatience, func(ctx context.Context) error {
		answer, err := c.service.Spreadsheets.Values.BatchGet(c.spreadsheet).Ranges(ranges...).
			ValueRenderOption(render).DateTimeRenderOption(dates).Context(ctx).Do()
		if err == nil && len(answer.ValueRanges) != len(ranges) {
			return errCut
		}
		if err != nil {
			if isTooMuch(c.translate(context.WithoutCancel(ctx), err)) {
				ranges = t.ranges()
			}
			return err
		}
		rows, err = joined(answer.ValueRanges)
		return err
	})
	return rows, err
}

// ranges are those in which a large tab is read. The last one has no end, for rows may have been added since.
func (t *tab) ranges() []string {
	if t.rows <= rowsPerRange {
		return []string{quoted(t.title)}
	}
	var ranges []string
	row, last := 0, max(t.columns, 1)-1
	for ; row+rowsPerRange < t.rows; row += rowsPerRange {
		ranges = append(ranges, rangeOf(t.title, row, 0, row+rowsPerRange-1, last))
	}
	return append(ranges, rangeFrom(t.title, row, 0, last))
}

// joined puts the ranges of an answer under one another. Each leaves out empty rows at its end.
func joined(ranges []*api.ValueRange) ([][]any, error) {
	if len(ranges) == 1 {
		return ranges[0].Values, nil
	}
	var rows [][]any
	for _, r := range ranges {
		first, ok := firstRow(r.Range)
		if !ok || first < len(rows) {
			return nil, errCut
		}
		rows = append(rows, make([][]any, first-len(rows))...)
		rows = append(rows, r.Values...)
	}
	return rows, nil
}

// grid reads some cells with all that there is to know about them. The answer may be about more cells.
func (c *client) grid(ctx context.Context, ranges []*api.GridRange) (s *api.Sheet, err error) {
	const fields = "sheets(properties(sheetId,title,gridProperties(rowCount,columnCount)),merges," +
		"protectedRanges(range,unprotectedRanges,requestingUserCanEdit,warningOnly,description)," +
		"data(startRow,startColumn,rowData.values(userEnteredValue,effectiveValue,formattedValue)))"
	request := &api.GetSpreadsheetByDataFilterRequest{}
	for _, r := range ranges {
		request.DataFilters = append(request.DataFilters, &api.DataFilter{GridRange: r})
	}
	err = c.read(ctx, patience, func(ctx context.Context) error {
		answer, err := c.service.Spreadsheets.GetByDataFilter(c.spreadsheet, request).
			Fields(googleapi.Field(fields)).Context(ctx).Do()
		if err != nil {
			return err
		}
		i := slices.IndexFunc(answer.Sheets, func(s *api.Sheet) bool {
			return s.Properties != nil && s.Properties.SheetId == ranges[0].SheetId
		})
		if i < 0 {
			return errCut
		}
		s = answer.Sheets[i]
		return nil
	})
	return s, err
}

// update writes values into ranges, all of them or none, and returns what each range holds then. Values are taken as
// they are and never as if they were typed, which would make another of a phone number and run a formula.
func (c *client) update(ctx context.Context, data []*api.ValueRange) (echo []*api.UpdateValuesResponse, err error) {
	err = c.write(ctx, patience, func(ctx context.Context) error {
		answer, err := c.service.Spreadsheets.Values.BatchUpdate(c.spreadsheet, &api.BatchUpdateValuesRequest{
			ValueInputOption: "RAW", Data: data, IncludeValuesInResponse: true,
			ResponseValueRenderOption: asShown, ResponseDateTimeRenderOption: dateText,
		}).Context(ctx).Do()
		if err == nil && len(answer.Responses) != len(data) {
			return errCut
		}
		if err == nil {
			echo = answer.Responses
		}
		return err
	})
	return echo, err
}

// edit carries out requests that are no mere values, all of them or none.
func (c *client) edit(ctx context.Context, patience time.Duration, requests []*api.Request) error {
	return c.write(ctx, patience, func(ctx context.Context) error {
		answer, err := c.service.Spreadsheets.BatchUpdate(c.spreadsheet,
			&api.BatchUpdateSpreadsheetRequest{Requests: requests}).Context(ctx).Do()
		if err == nil && len(answer.Replies) != len(requests) {
			return errCut
		}
		return err
	})
}
