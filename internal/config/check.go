package config

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones are known wherever syncd runs

	"github.com/nyaruka/phonenumbers"
)

// check notes what is wrong with the values that could be read. What a sync inherits is checked again with it: it
// comes from the same place of the file, where the same problem is noted once.
func (l *loader) check() {
	c := l.cfg
	l.forgiveKeys()
	l.checkQuo(&c.Quo)
	l.checkState()
	l.atLeast(&c.Lease, "lease", time.Second)
	l.checkListen()
	if n := c.MaxConcurrentRuns; n < 1 || n > 1000 {
		l.problem(l.at(&c.MaxConcurrentRuns), "max_concurrent_runs must be from 1 to 1000")
	}
	l.checkRegion(&c.Region)
	l.checkTimezone(&c.Timezone)
	l.atLeast(&c.Retention, "retention", day)
	l.checkNotify(&c.Notify)
	if len(c.Syncs) == 0 {
		l.problem(l.at(&c.Syncs), "syncs: at least one sync is needed, with name, source and fields")
	}
	for i := range c.Syncs {
		l.checkSync(&c.Syncs[i])
	}
	l.checkUnique()
	for n, message := range l.unset {
		l.problems = append(l.problems, Problem{n.Line, n.Column, message})
	}
}

// forgiveKeys forgets API keys that refer to something that is not there where only the sandbox would use them.
func (l *loader) forgiveKeys() {
	shared := len(l.cfg.Syncs) == 0
	for i := range l.cfg.Syncs {
		q := &l.cfg.Syncs[i].Quo
		if _, sandboxed := q.Sandbox(); sandboxed {
			delete(l.unset, l.nodes[&q.APIKey])
		} else {
			shared = true
		}
	}
	if !shared {
		delete(l.unset, l.nodes[&l.cfg.Quo.APIKey])
	}
}

// checkQuo checks the quo of a sync or the one above the syncs.
func (l *loader) checkQuo(q *Quo) {
	top := &l.cfg.Quo
	if !validBaseURL(q.BaseURL) {
		l.problem(l.at(&q.BaseURL, &top.BaseURL),
			"base_url must be the address of the API without /v1, such as https://api.quo.com, or sandbox, or sandbox:FILE")
	}
	if n := q.RequestsPerSecond; n < 1 || n > 100_000 {
		l.problem(l.at(&q.RequestsPerSecond, &top.RequestsPerSecond), "requests_per_second must be from 1 to 100000")
	}
	if q.Timeout <= 0 {
		l.problem(l.at(&q.Timeout, &top.Timeout), "timeout must be more than 0, such as 30s")
	}
	if strings.ContainsFunc(string(q.APIKey), func(r rune) bool { return r <= ' ' || r > '~' }) {
		l.problem(l.at(&q.APIKey, &top.APIKey), "api_key has a space, a line break or another character that no key has")
	}
	if strings.HasPrefix(string(q.APIKey), "$") {
		l.problem(l.at(&q.APIKey, &top.APIKey), "api_key begins with $, as no key does: write a variable as ${NAME}")
	}
}

func validBaseURL(text string) bool {
	if file, ok := (Quo{BaseURL: text}).Sandbox(); ok {
		return file != "" || text == sandbox
	}
	u, ok := httpURL(text)
	return ok && !strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/v1")
}

// httpURL reads the address of a server: neither user nor query, for both may be secrets.
func httpURL(text string) (*url.URL, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, false
	}
	return u, u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == ""
}

// checkKey notes that a sync has no API key, at the place where it should be.
func (l *loader) checkKey(s *Sync) {
	if _, sandboxed := s.Quo.Sandbox(); sandboxed || s.Quo.APIKey != "" {
		return
	}
	n := l.at(&s.Quo.APIKey, &l.cfg.Quo.APIKey)
	if m := variableReference.FindStringSubmatch(n.Value); m != nil {
		l.problem(n, "api_key is empty: set %s", m[1])
		return
	}
	if n == l.root {
		n = l.at(&s.Quo, &l.cfg.Quo)
	}
	l.problem(n, "api_key is missing: write api_key: ${QUO_API_KEY} under quo, and set QUO_API_KEY")
}

func (l *loader) checkState() {
	state := string(l.cfg.State)
	if path, ok := strings.CutPrefix(state, "sqlite:"); (!ok || path == "") && !postgresURL(state) {
		l.problem(l.at(&l.cfg.State), "state must be sqlite:FILE or postgres://user@host/db")
	}
}

func postgresURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") && (u.Host != "" || u.RawQuery != "")
}

func (l *loader) checkListen() {
	if l.cfg.Listen == "" {
		return
	}
	_, port, err := net.SplitHostPort(l.cfg.Listen)
	if n, e := strconv.Atoi(port); err != nil || e != nil || n < 0 || n > 65535 {
		l.problem(l.at(&l.cfg.Listen), `listen must be host:port, such as 127.0.0.1:9090; "" turns it off`)
	}
}

func (l *loader) checkNotify(address *Secret) {
	u, err := url.Parse(string(*address))
	if *address != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "") {
		l.problem(l.at(address, &l.cfg.Notify), `notify must be the address of a webhook, such as ${NOTIFY_URL}; "" sends nothing`)
	}
}

func (l *loader) checkRegion(region *string) {
	code, err := ParseRegion(*region)
	if err != nil {
		n := l.at(region, &l.cfg.Region)
		l.problem(n, "region %s %v", show(n), err)
		return
	}
	*region = code
}

// ParseRegion returns the code of a country in capitals; "" is none. The error goes on after the word it is about.
func ParseRegion(text string) (string, error) {
	code := strings.ToUpper(text)
	if code != "" && !phonenumbers.GetSupportedRegions()[code] {
		return "", errors.New("is not a country code: write two ISO 3166 letters, such as US or GB")
	}
	return code, nil
}

// checkTimezone returns the zone, nil when there is none.
func (l *loader) checkTimezone(timezone *string) *time.Location {
	loc, err := ParseTimezone(*timezone)
	if err != nil {
		n := l.at(timezone, &l.cfg.Timezone)
		l.problem(n, "timezone %s %v", show(n), err)
	}
	return loc
}

// ParseTimezone returns the zone of that name, nil for "". The error goes on after the word it is about.
func ParseTimezone(text string) (*time.Location, error) {
	if text == "" {
		return nil, nil
	}
	loc, err := time.LoadLocation(text)
	if err != nil || loc == time.Local {
		return nil, errors.New("is not known: write a name of the IANA list, such as America/New_York")
	}
	return loc, nil
}

func (l *loader) atLeast(d *time.Duration, name string, least time.Duration) {
	if *d < least {
		l.problem(l.at(d), "%s must be at least %s", name, strings.TrimSuffix(strings.TrimSuffix(least.String(), "0s"), "0m"))
	}
}
