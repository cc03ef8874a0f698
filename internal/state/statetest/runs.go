package statetest

import (
	"time"

	"syncd/internal/state"
)

var runCases = []testCase{
	{"from start to end", func(w *world) {
		lease := w.acquire("customers")
		run := w.start(lease)
		want := state.Run{ID: run.ID, Sync: "customers", Status: state.RunRunning, StartedAt: w.clock.Now()}
		w.same("StartRun", run, want)
		w.same("Run", must[state.Run](w)(w.Run(w.ctx, run.ID)), want)

		want.Status, want.FinishedAt, want.Report = state.RunHeld, w.clock.pass(time.Minute), []byte(`{"created": 2}`)
		run.Status, run.Report = want.Status, want.Report
		w.finish(lease, run, nil)
		w.same("Run", must[state.Run](w)(w.Run(w.ctx, run.ID)), want)
	}},
	{"one whose process died has failed", func(w *world) {
		lease, others := w.acquire("customers"), w.acquire("leads")
		dead, other := w.start(lease), w.start(others)
		died := w.clock.pass(time.Minute)
		run := w.start(lease)
		dead.Status, dead.FinishedAt = state.RunFailed, died
		w.same("Runs", must[[]state.Run](w)(w.Runs(w.ctx, "", 0)), []state.Run{run, other, dead})
	}},
	{"newest first, some or all", func(w *world) {
		lease, others := w.acquire("customers"), w.acquire("leads")
		var none state.Findings
		first, other, second := w.ran(lease, none), w.ran(others, none), w.ran(lease, none)
		for name, c := range map[string]struct {
			sync  string
			limit int
			want  []int64
		}{
			"all":          {"", 0, []int64{second.ID, other.ID, first.ID}},
			"newest":       {"", 1, []int64{second.ID}},
			"of one sync":  {"customers", 0, []int64{second.ID, first.ID}},
			"newest of it": {"customers", 1, []int64{second.ID}},
			"of no sync":   {"nobody", 0, nil},
		} {
			var got []int64
			for _, run := range must[[]state.Run](w)(w.Runs(w.ctx, c.sync, c.limit)) {
				got = append(got, run.ID)
			}
			w.same("Runs "+name, got, c.want)
		}
	}},
	{"not found", func(w *world) {
		lease := w.acquire("customers")
		_, err := w.Run(w.ctx, 99)
		w.notFound("Run", err, "run 99")
		w.notFound("FinishRun", w.FinishRun(w.ctx, lease, state.Run{ID: 99, Status: state.RunDone}, nil), "run 99")
		other := w.start(w.acquire("leads"))
		other.Status = state.RunDone
		w.notFound("FinishRun of another sync's run", w.FinishRun(w.ctx, lease, other, nil), "customers")
	}},
}
