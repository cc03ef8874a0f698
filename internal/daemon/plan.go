package daemon

import (
	"sync"
	"sync/atomic"

	"syncd/internal/config"
)

// plan is the configuration that holds now. Runs read it when they end, so that what was reloaded meanwhile counts.
type plan struct {
	mu      sync.Mutex
	current *config.Config
	byName  map[string]*unit // never changed
}

// unit is a configured sync and its schedule.
type unit struct {
	sync     *config.Sync
	schedule schedule
	since    atomic.Int64 // when this process planned it, by the store's clock; in nanoseconds since 1970, 0 before
}

func unitsOf(c *config.Config) (map[string]*unit, error) {
	units := make(map[string]*unit, len(c.Syncs))
	for i := range c.Syncs {
		schedule, err := newSchedule(&c.Syncs[i])
		if err != nil {
			return nil, err
		}
		units[c.Syncs[i].Name] = &unit{sync: &c.Syncs[i], schedule: schedule}
	}
	return units, nil
}

func (p *plan) set(c *config.Config, units map[string]*unit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current, p.byName = c, units
}

func (p *plan) config() *config.Config {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current
}

func (p *plan) units() map[string]*unit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byName
}

// now returns how a sync is configured now; as it was when it is not configured any more.
func (p *plan) now(was *unit) *unit {
	p.mu.Lock()
	defer p.mu.Unlock()
	if u := p.byName[was.sync.Name]; u != nil {
		return u
	}
	return was
}
