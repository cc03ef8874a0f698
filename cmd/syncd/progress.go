package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"

	"syncd/internal/engine"
)

const (
	progressAfter = 2 * time.Second        // a shorter run needs none
	progressEvery = 250 * time.Millisecond // between two drawings
	eraseLine     = "\r\x1b[K"
)

// progress keeps one line on a terminal that says how far a run is. What is written through it stands above that
// line. Without a terminal it draws nothing.
type progress struct {
	w     io.Writer
	width func() int // of the terminal, in columns
	done  chan struct{}
	ended sync.WaitGroup

	mu      sync.Mutex
	sync    string
	at      engine.Progress
	since   time.Time // when the phase began
	started time.Time // when the run began; zero before
	drawn   bool
}

// newProgress returns the progress line of stderr. stop must follow.
func newProgress(stderr io.Writer, getenv func(string) (string, bool)) *progress {
	p := &progress{w: stderr, done: make(chan struct{})}
	if fd, ok := terminal(stderr); ok && capable(stderr, getenv) {
		p.width = func() int {
			if width, _, err := term.GetSize(fd); err == nil && width > 0 {
				return width
			}
			return 80 // some terminals do not know
		}
		p.start()
	}
	return p
}

func (p *progress) start() {
	p.ended.Go(func() {
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-p.done:
				return
			case <-tick.C:
				p.draw()
			}
		}
	})
}

// stop removes the line.
func (p *progress) stop() {
	close(p.done)
	p.ended.Wait()
	p.rest()
}

// rest removes the line until a run reports again.
func (p *progress) rest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	p.sync, p.started = "", time.Time{}
}

// update takes what a run reports.
func (p *progress) update(sync string, at engine.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.started.IsZero() || sync != p.sync {
		p.started = now
	}
	if sync != p.sync || at.Phase != p.at.Phase {
		p.since = now
	}
	p.sync, p.at = sync, at
}

// Write writes to the terminal, above the line.
func (p *progress) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	return p.w.Write(data)
}

func (p *progress) erase() {
	if p.drawn {
		fmt.Fprint(p.w, eraseLine)
		p.drawn = false
	}
}

func (p *progress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.started.IsZero() || now.Sub(p.started) < progressAfter {
		return
	}
	line := progressLine(p.sync, p.at, now.Sub(p.since), now)
	fmt.Fprint(p.w, eraseLine+text.Snip(line, p.width()-1, "…"))
	p.drawn = true
}

// progressLine says how far a phase is that has lasted for so long.
func progressLine(sync string, at engine.Progress, lasted time.Duration, now time.Time) string {
	rate := float64(at.Done) / max(lasted.Seconds(), 0.001)
	if at.Total == 0 {
		return fmt.Sprintf("%s: %s: %d so far, %.0f per second", sync, at.Phase, at.Done, rate)
	}
	line := fmt.Sprintf("%s: %s: %d of %d", sync, at.Phase, at.Done, at.Total)
	if left := at.Total - at.Done; at.Done > 0 && left > 0 { // in front, for a narrow terminal cuts the end off
		wait := time.Duration(float64(left) / rate * float64(time.Second))
		line += fmt.Sprintf(", done in %s at %s", took(wait), now.Add(wait).Format("15:04:05"))
	}
	return line + fmt.Sprintf(", %.1f per second", rate)
}
