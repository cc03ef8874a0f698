package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"syncd/internal/daemon"
)

// state looks whether the state can be reached and written, and at its clock.
func (x *examination) state(ctx context.Context, openErr error) {
	where := daemon.StateName(x.app.Options.Config)
	path, isFile := strings.CutPrefix(string(x.app.Options.Config.State), "sqlite:")
	const why = "syncd remembers there what both sides held; without it no run starts"
	switch {
	case openErr != nil:
		x.add(Finding{Level: Stop, Area: "state", Where: where, What: openErr.Error(), Why: why, Next: "mend what it says, or name another place in state:"})
		return
	case isFile:
		if err := writable(path); err != nil {
			x.add(Finding{Level: Stop, Area: "state", Where: where, What: err.Error(), Why: why,
				Next: "let this user write the file and its directory, or name another place in state:"})
			return
		}
	}
	syncs, err := x.app.Store.Syncs(ctx)
	now, clockErr := x.app.Store.Now(ctx)
	switch {
	case errors.Join(err, clockErr) != nil:
		x.add(Finding{Level: Stop, Area: "state", Where: where, What: errors.Join(err, clockErr).Error(), Why: why, Next: "mend what it says"})
	case len(syncs) == 0:
		x.add(Finding{Level: Fine, Area: "state", Where: where, What: "nothing has run yet"})
	default:
		x.add(Finding{Level: Fine, Area: "state", Where: where, What: "remembers earlier runs"})
	}
	if clockErr == nil {
		x.clock("the clock of the state", time.Until(now))
	}
}

// writable returns why a state's file cannot be written. SQLite makes files beside it too.
func writable(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	switch {
	case err == nil:
		if err := file.Close(); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	probe, err := os.CreateTemp(filepath.Dir(path), ".syncd-doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// worthSaying is the difference of clocks from which it is.
const worthSaying = 2 * time.Minute

// clock compares a clock with that of this machine, before which it is by so much.
func (x *examination) clock(what string, ahead time.Duration) {
	if ahead.Abs() < worthSaying {
		return
	}
	word := "ahead of"
	if ahead < 0 {
		word = "behind"
	}
	x.add(Finding{Level: Look, Area: "clock", Where: what, What: fmt.Sprintf("it is %s %s that of this machine", ahead.Abs().Round(time.Second), word),
		Why: "`conflicts: newest` compares times, and people read them", Next: "set this machine's clock by NTP"})
}
