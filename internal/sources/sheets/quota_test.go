package sheets

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/contact"
	"syncd/internal/sources"
	"syncd/internal/sources/sheets/sheetssim"
)

// A sync of 10,000 rows with 300 changes takes no more than 5 reads and 5 writes, however the cells are typed.
func TestBudget(t *testing.T) {
	for name, c := range map[string]struct {
		key  func(i int) any
		date bool
	}{
		"texts":        {func(i int) any { return fmt.Sprintf("C-%d", i) }, false},
		"numbers":      {func(i int) any { return i }, false},
		"dates":        {func(i int) any { return fmt.Sprintf("C-%d", i) }, true},
		"formula keys": {func(i int) any { return sheetssim.Formula(fmt.Sprintf(`="C-"&%d`, i), fmt.Sprintf("C-%d", i)) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			const rows = 10_000
			w := newWorldWith(t, Options{Key: []string{"id"}, Quota: NewQuota(PerMinute)}, sheetssim.Options{})
			w.edit(func(tab *sheetssim.Tab) {
				tab.Resize(rows+1, 6)
				tab.Fill(1, "id", "Name", "Phone", "Since")
				for i := range rows {
					since := any("soon")
					if c.date {
						since = sheetssim.Date(2026, time.January, 1+i%28, "")
					}
					tab.Fill(i+2, c.key(i), fmt.Sprintf("Name %d", i), fmt.Sprintf("+1415%07d", i), since)
				}
			})
			columns := []string{"id", "Name", "Phone", "Since"}
			s := w.sheet()
			var changes []contact.Change
			for i, record := range readAll(t, s, columns...) {
				if i%34 == 0 && len(changes) < 299 {
					key, err := contact.NormalizeKey(record.Cells[0])
					if err != nil {
						t.Fatal(err)
					}
					change := updateOf(record, key, 1, "New "+key)
					change.After[3] = contact.Cell{Text: "2/3/2026"}
					changes = append(changes, change)
				}
			}
			if name == "texts" {
				changes = append(changes, contact.Change{Action: contact.Create, Key: "C-new", After: []contact.Cell{{Text: "C-new"}, {Text: "New"}, {}, {}}})
			}
			outcomes, err := s.Write(t.Context(), columns, changes)
			if err != nil {
				t.Fatal(err)
			}
			for i, outcome := range outcomes {
				if outcome.Status != sources.Written {
					t.Fatalf("change %d: %+v", i, outcome)
				}
			}
			count := map[sheetssim.Class]int{}
			for _, r := range w.Requests() {
				count[r.Class]++
			}
			if count[sheetssim.Read] > 5 || count[sheetssim.Write] > 5 {
				t.Errorf("%v requests, want at most 5 of each", count)
			}
			t.Logf("%d changes: %v", len(changes), count)
		})
	}
}

// Several sheets of one credential, each in its own spreadsheet, are read as fast as the quota lets them, and no faster.
func TestQuotaIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const sheets, reads = 5, 40 // with two requests each
		quota := NewQuota(PerMinute)
		var requests sync.Map
		start := time.Now()
		var group sync.WaitGroup
		for i := range sheets {
			w := newWorldWith(t, Options{Quota: quota}, sheetssim.Options{ID: fmt.Sprintf("spreadsheet-%d", i)})
			w.edit(func(tab *sheetssim.Tab) { tab.Fill(1, "id") })
			group.Go(func() {
				s := w.sheet()
				for range reads {
					if err := readError(t.Context(), s, "id"); err != nil {
						t.Error(err)
					}
				}
				requests.Store(i, w.Requests())
			})
		}
		group.Wait()
		var times []time.Time
		requests.Range(func(_, v any) bool {
			for _, r := range v.([]sheetssim.Request) {
				times = append(times, r.At)
				if r.Status != 200 {
					t.Errorf("request %d: status %d", r.Number, r.Status)
				}
			}
			return true
		})
		for _, from := range times {
			n := 0
			for _, at := range times {
				if d := at.Sub(from); d >= 0 && d < time.Minute {
					n++
				}
			}
			if n > 60 {
				t.Fatalf("%d requests in one minute, Google lets 60 through", n)
			}
		}
		if want := sheets*reads*2*time.Minute/PerMinute + time.Second; time.Since(start) > want {
			t.Errorf("it took %s, want at most %s", time.Since(start), want)
		}
	})
}

// One run does not wait, and many of one spreadsheet come at one request a second.
func TestQuotaOfASpreadsheet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := keyed(t)
		w.options.Quota = NewQuota(1000)
		s := w.sheet()
		start := time.Now()
		for range 4 {
			readAll(t, s, "id")
		}
		if took := time.Since(start); took > 0 {
			t.Errorf("the first 8 requests take %s", took)
		}
		for range 10 {
			readAll(t, s, "id")
		}
		if took := time.Since(start); took < 19*time.Second || took > 21*time.Second {
			t.Errorf("the next 20 take %s, want 20s", took)
		}
	})
}

// After a 429, nothing of its kind is sent before the next minute, by no sheet of the credential.
func TestThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := keyed(t)
		s := w.sheet()
		w.Inject(sheetssim.Fault{Match: sheetssim.On(sheetssim.RouteGet), Status: 429})
		time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(70 * time.Second)))
		start := time.Now()
		readAll(t, s, "id")
		if took := time.Since(start); took < 50*time.Second || took > 65*time.Second {
			t.Errorf("it was tried again after %s, want the next minute", took)
		}
		if n := len(w.Requests()); n != 3 {
			t.Errorf("%d requests, want 3", n)
		}
	})
}

// A write that comes too soon is made after a new look, which comes when the write may be sent.
func TestWriteThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := keyed(t)
		change := updateOf(w.record(keyedColumns, "C-4"), "C-4", 0, "Dr. Perlman")
		w.ResetRequests()
		w.Inject(sheetssim.Fault{Match: sheetssim.On(sheetssim.RouteValuesBatchUpdate), Status: 429})
		wantOutcome(t, w.write(keyedColumns, change)[0], sources.Written, "")
		requests := w.Requests()
		last := requests[len(requests)-1]
		look := requests[len(requests)-2]
		if gap := last.At.Sub(look.At); gap > 0 {
			t.Errorf("the write comes %s after the look at its cells", gap)
		}
	})
}

// Writes meet every fault, on every request, and the change is made once or not at all.
func TestWriteFaults(t *testing.T) {
	for name, fault := range map[string]sheetssim.Fault{
		"500": {Status: 500}, "502, not JSON": {Status: 502}, "503": {Status: 503}, "503 after": {Kind: sheetssim.FailAfter, Status: 503},
		"429": {Status: 429}, "cut before": {Kind: sheetssim.CutBefore}, "cut after": {Kind: sheetssim.CutAfter},
		"cut body": {Kind: sheetssim.CutBody}, "half an answer": {Kind: sheetssim.TruncateJSON},
		"no answer": {Kind: sheetssim.EmptyBody}, "{}": {Kind: sheetssim.EmptyObject},
		"slow": {Kind: sheetssim.SlowAfter, Delay: 4 * time.Minute},
	} {
		for _, route := range []string{
			sheetssim.RouteGet, sheetssim.RouteValuesBatchGet, sheetssim.RouteGetByFilter, sheetssim.RouteValuesBatchUpdate, sheetssim.RouteBatch,
		} {
			for _, times := range []int{1, 3, -1} {
				t.Run(fmt.Sprintf("%s on %s, %d times", name, route, times), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { testWriteFault(t, fault, route, times) })
				})
			}
		}
	}
}

func testWriteFault(t *testing.T, fault sheetssim.Fault, route string, times int) {
	w := keyed(t)
	changes := []contact.Change{
		updateOf(w.record(keyedColumns, "C-4"), "C-4", 0, "Dr. Perlman"),
		{Action: contact.Create, Key: "C-7", After: []contact.Cell{{Text: "Alan Turing"}, {Text: "C-7"}, {}}},
	}
	before := w.rowsByColumn()
	fault.Match, fault.Times = sheetssim.On(route), times
	w.Inject(fault)
	outcomes, err := w.sheet().Write(t.Context(), keyedColumns, changes)
	if times > 0 && err != nil || err == nil && times < 0 && !outcomesAre(outcomes, sources.Written) {
		t.Errorf("error %v, outcomes %+v", err, outcomes)
	}
	w.ClearFaults()
	after := w.rowsByColumn()
	want := before
	updated, created := anyContains(after, "Name=Dr. Perlman"), anyContains(after, "id=C-7")
	if updated {
		want = replaceOne(t, want, "Name=Radia Perlman", "Name=Dr. Perlman")
	}
	if created {
		want = insert(want, "Name=Alan Turing|id=C-7")
	}
	checkMade(t, outcomes[0], updated)
	checkMade(t, outcomes[1], created)
	wantEqual(t, "rows", after, want)
	time.Sleep(10 * time.Minute) // in which the server ends what nobody waits for
}

func outcomesAre(outcomes []sources.Outcome, status sources.Status) bool {
	for _, outcome := range outcomes {
		if outcome.Status != status {
			return false
		}
	}
	return true
}

func anyContains(rows []string, part string) bool {
	return slices.ContainsFunc(rows, func(row string) bool { return strings.Contains(row, part) })
}

func checkMade(t *testing.T, outcome sources.Outcome, made bool) {
	t.Helper()
	if outcome.Status == sources.Written != made && outcome.Status != sources.Unknown {
		t.Errorf("outcome %+v, and it was made is %v", outcome, made)
	}
}

func TestWriteCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := keyed(t)
		change := updateOf(w.record(keyedColumns, "C-4"), "C-4", 0, "Dr. Perlman")
		w.Inject(sheetssim.Fault{Match: sheetssim.On(sheetssim.RouteValuesBatchUpdate), Kind: sheetssim.SlowAfter, Delay: 30 * time.Second})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		outcomes, err := w.sheet().Write(ctx, keyedColumns, []contact.Change{change})
		if !errors.Is(err, context.DeadlineExceeded) || outcomes[0].Status != sources.Unknown || outcomes[0].Reason == "" {
			t.Errorf("error %v, outcome %+v, want an unknown one", err, outcomes[0])
		}
		time.Sleep(time.Minute)
	})
}
