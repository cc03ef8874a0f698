package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/engine"
)

// screen is what a terminal shows that was sent output.
func screen(output string) string {
	var above, line string
	for output != "" {
		if rest, erased := strings.CutPrefix(output, eraseLine); erased {
			line, output = "", rest
			continue
		}
		line += output[:1]
		if output[0] == '\n' {
			above, line = above+line, ""
		}
		output = output[1:]
	}
	return above + line
}

// terminalProgress returns a progress line on a terminal of that width.
func terminalProgress(w *bytes.Buffer, width int) *progress {
	p := &progress{w: w, width: func() int { return width }, done: make(chan struct{})}
	p.start()
	return p
}

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := terminalProgress(&out, 100)
		shown := func() string {
			synctest.Wait()
			p.mu.Lock()
			defer p.mu.Unlock()
			return screen(out.String())
		}
		p.update("customers", engine.Progress{Phase: "reading rows", Done: 1000})
		time.Sleep(progressAfter - time.Millisecond)
		if got := shown(); got != "" {
			t.Errorf("before %v: %q", progressAfter, got)
		}
		time.Sleep(time.Millisecond + progressEvery)
		if got, want := shown(), "customers: reading rows: 1000 so far, 444 per second"; got != want {
			t.Errorf("without a total: %q, want %q", got, want)
		}

		p.update("customers", engine.Progress{Phase: "writing", Total: 200})
		began := time.Now()
		time.Sleep(10*time.Second - progressEvery)
		p.update("customers", engine.Progress{Phase: "writing", Done: 50, Total: 200})
		time.Sleep(progressEvery)
		end := began.Add(40 * time.Second).Format("15:04:05")
		if got, want := shown(), "customers: writing: 50 of 200, done in 30.0 s at "+end+", 5.0 per second"; got != want {
			t.Errorf("with a total: %q, want %q", got, want)
		}

		fmt.Fprintln(p, "WRN a message")
		if got, want := shown(), "WRN a message\n"; got != want {
			t.Errorf("after a message: %q, want %q", got, want)
		}
		time.Sleep(progressEvery)
		if got := shown(); !strings.HasPrefix(got, "WRN a message\ncustomers: writing: 50 of 200") {
			t.Errorf("below a message: %q", got)
		}

		p.stop()
		if got, want := shown(), "WRN a message\n"; got != want {
			t.Errorf("at the end: %q, want %q", got, want)
		}
	})
}

func TestProgressFitsTheTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := terminalProgress(&out, 20)
		p.update("customers", engine.Progress{Phase: "writing", Done: 1, Total: 2})
		time.Sleep(progressAfter + progressEvery)
		synctest.Wait()
		p.mu.Lock()
		got := screen(out.String())
		p.mu.Unlock()
		if want := "customers: writing…"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		p.stop()
	})
}

// A short run after a long one starts its own two seconds.
func TestProgressRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := terminalProgress(&out, 80)
		p.update("customers", engine.Progress{Phase: "writing", Done: 1, Total: 2})
		time.Sleep(time.Minute)
		p.rest()
		p.update("leads", engine.Progress{Phase: "writing", Done: 1, Total: 2})
		time.Sleep(progressAfter / 2)
		synctest.Wait()
		p.mu.Lock()
		got := screen(out.String())
		p.mu.Unlock()
		if got != "" {
			t.Errorf("%q, want nothing", got)
		}
		p.stop()
	})
}

func TestNoProgressWithoutTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := newProgress(&out, func(string) (string, bool) { return "", false })
		p.update("customers", engine.Progress{Phase: "writing", Done: 1, Total: 2})
		time.Sleep(time.Minute)
		p.stop()
		if out.Len() > 0 {
			t.Errorf("written: %q", out.String())
		}
	})
}
