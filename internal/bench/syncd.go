//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// unlimited is the highest requests_per_second that a configuration takes.
const unlimited = 100_000

// scene is one sync with its own workspace and state.
type scene struct {
	*workspace
	name, dir, syncd string
}

// newScene makes an empty workspace and a sync that uses it. Syncs on one Postgres database differ by name.
func (b *bench) newScene(ctx context.Context, state string, perSecond int, latency time.Duration) (*scene, error) {
	b.scenes++
	s := &scene{name: fmt.Sprintf("bench-%d-%d", time.Now().UnixMilli(), b.scenes), syncd: b.syncd}
	s.dir = filepath.Join(b.dir, s.name)
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		return nil, err
	}
	var err error
	if s.workspace, err = startWorkspace(ctx, perSecond, latency); err != nil {
		return nil, err
	}
	return s, s.writeConfig(s.url, state, perSecond)
}

// cost is what a process used.
type cost struct {
	cpu    time.Duration // of all its threads, in user and system mode
	memory int64         // the most that was resident, in bytes
	wall   time.Duration
}

// report is what syncd prints of a run.
type report struct {
	Status           string `json:"status"`
	Created, Updated int
	Calls            calls   `json:"api_calls"`
	Problems         []any   `json:"problems"`
	Error            *string `json:"error"`
}

type calls struct {
	List, Get, Create, Update, Delete int64
	CustomFields                      int64 `json:"custom_fields"`
}

func (c calls) sum() int64 { return c.List + c.Get + c.Create + c.Update + c.Delete + c.CustomFields }

// sync runs syncd once. It is an error when anything is left to do.
func (s *scene) sync(ctx context.Context, flags ...string) (report, cost, error) {
	cmd := exec.CommandContext(ctx, s.syncd, append([]string{"run", "--once", "-o", "json"}, flags...)...)
	cmd.Dir, cmd.Stderr = s.dir, os.Stderr
	start := time.Now()
	out, err := cmd.Output()
	c := costOf(cmd.ProcessState)
	c.wall = time.Since(start)
	if err != nil {
		return report{}, c, fmt.Errorf("syncd run: %w: %s", err, out)
	}
	var printed struct{ Syncs []report }
	if err := json.Unmarshal(out, &printed); err != nil {
		return report{}, c, fmt.Errorf("syncd run printed %s: %w", out, err)
	}
	r := printed.Syncs[0]
	if r.Status != "done" || len(r.Problems) > 0 {
		return r, c, fmt.Errorf("syncd run ended %s with %d problems", r.Status, len(r.Problems))
	}
	return r, c, nil
}

// costOf reads what the system counted. Its figure for memory is at least that of the process which started the other,
// so this one stays small.
func costOf(p *os.ProcessState) cost {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return cost{}
	}
	memory := int64(usage.Maxrss) //nolint:unconvert // it is an int32 on some systems
	if runtime.GOOS != "darwin" { // which counts bytes
		memory <<= 10
	}
	return cost{cpu: p.UserTime() + p.SystemTime(), memory: memory}
}
