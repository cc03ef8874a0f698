package daemon

import (
	"context"
	"errors"

	"syncd/internal/config"
)

// reload is a configuration that is to hold from now on, and where to say whether it does.
type reload struct {
	config *config.Config
	answer chan error
}

// Reload makes another configuration hold, which was checked, for all runs that start from then on; those that are under
// way end with the one that they began with. An error says why the old one stays.
func (s *Scheduler) Reload(ctx context.Context, c *config.Config) error {
	r := reload{c, make(chan error, 1)}
	select {
	case s.reloads <- r:
		return <-r.answer
	case <-s.stopped:
		return errors.New("it is stopping")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Scheduler) apply(ctx context.Context, c *config.Config) error {
	if err := sameProcess(s.plan.config(), c); err != nil {
		return err
	}
	units, err := unitsOf(c)
	if err != nil {
		return err
	}
	planning, cancel := context.WithTimeout(ctx, maxSilence/2)
	defer cancel()
	if err := s.planAll(planning, units); err != nil {
		return err
	}
	s.plan.set(c, units)
	s.configure(c)
	return nil
}

// sameProcess says what only another process can change.
func sameProcess(old, c *config.Config) error {
	switch {
	case old.State != c.State:
		return errors.New("state was changed: restart syncd")
	case old.Listen != c.Listen:
		return errors.New("listen was changed: restart syncd")
	case old.Pprof != c.Pprof:
		return errors.New("pprof was changed: restart syncd")
	}
	return nil
}
