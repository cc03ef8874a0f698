package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/mapping"
	"syncd/internal/quo"
)

// maxRate is how many requests a second Quo takes of one key.
//
// https://www.quo.com/docs/mdx/api-reference/rate-limits
const maxRate = 10

// workspace is what was found out about a Quo workspace.
type workspace struct {
	definitions []contact.Definition
	reached     bool
}

// quo looks, once for each key, whether Quo can be reached with the key of a sync.
func (x *examination) quo(ctx context.Context, s *config.Sync) workspace {
	w, known := x.workspaces[s.Quo]
	if known {
		return w
	}
	e, err := x.app.Engine(s)
	if err == nil {
		w.definitions, err = e.Quo.CustomFields(ctx)
	}
	w.reached = err == nil
	x.workspaces[s.Quo] = w
	if err != nil {
		why, next := refusal(err)
		if _, sandboxed := s.Quo.Sandbox(); sandboxed {
			next = "mend what it says"
		}
		x.add(Finding{Level: Stop, Area: "quo", Where: s.Quo.BaseURL, What: err.Error(), Why: why, Next: next})
		return w
	}
	x.add(Finding{Level: Fine, Area: "quo", Where: s.Quo.BaseURL, What: "the key is accepted"})
	if ahead, known := e.Quo.Ahead(); known {
		x.clock("the clock of "+s.Quo.BaseURL, ahead)
	}
	if s.Quo.BaseURL == config.DefaultBaseURL && s.Quo.RequestsPerSecond > maxRate {
		x.add(Finding{Level: Look, Area: "quo", Where: "requests_per_second", What: fmt.Sprintf("it is %d, and Quo takes %d of one key",
			s.Quo.RequestsPerSecond, maxRate), Why: "Quo refuses the rest, and other programs with the key suffer too",
			Next: fmt.Sprintf("set requests_per_second: %d, or less when others use the key", maxRate)})
	}
	return w
}

// refusal says why it matters that Quo does not answer as it should, and what to do.
func refusal(err error) (why, next string) {
	switch {
	case errors.Is(err, quo.ErrUnauthorized):
		return "Quo does not know the key", "copy the key again from Quo: Settings, API"
	case errors.Is(err, quo.ErrPayment):
		return "the subscription of the workspace has ended", "renew it in Quo: Settings, Billing"
	case errors.Is(err, quo.ErrForbidden):
		return "the key may not read the contacts", "ask an owner or admin of the workspace for another key"
	}
	return "without Quo there is nothing to sync with", "check the network, a proxy or firewall, and quo.base_url"
}

// fields looks whether the custom fields that a sync maps are in the workspace. It returns nil when not all are.
func (x *examination) fields(s *config.Sync, definitions []contact.Definition) *mapping.Mapping {
	m, err := mapping.New(x.app.Mapping(s), definitions)
	if err != nil {
		next := "make the field in Quo, or write another name in fields:"
		if unknown, ok := errors.AsType[*mapping.UnknownFieldError](err); ok && unknown.Nearest != "" {
			next = fmt.Sprintf("write %s in fields:", unknown.Nearest)
		}
		x.add(Finding{Level: Stop, Area: "quo", Sync: s.Name, Where: "fields", What: strings.TrimPrefix(err.Error(), "fields: "),
			Why: "a run does not start with a field that it cannot write", Next: next})
		return nil
	}
	var custom []string
	for _, f := range m.Fields() {
		if group, _ := f.Name.Split(); group == contact.CustomFields {
			custom = append(custom, fmt.Sprintf("%s (%s)", strings.TrimPrefix(f.Title, contact.CustomFields+"."), f.Kind))
		}
	}
	if slices.Sort(custom); len(custom) > 0 {
		x.add(Finding{Level: Fine, Area: "quo", Sync: s.Name, Where: "custom fields", What: strings.Join(custom, ", ")})
	}
	return m
}
