package daemon

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"

	"syncd/internal/engine"
	"syncd/internal/state"
)

// matters is what needs a person: for each kind of it the things, each as a number that identifies it. Two of them
// compare, so that people are told of what is new once, and once of what is well again.
type matters map[matter][]uint32

// matter is a kind of things that need a person.
type matter string

// The kinds. Failed and Stale are one thing each, or none.
const (
	failed       matter = "failed"
	staleMatter  matter = "stale"
	heldMatter   matter = "held"
	inConflict   matter = "conflicts"
	withProblems matter = "problems"
)

// order is that of the lines of a message.
var order = []matter{failed, staleMatter, heldMatter, inConflict, withProblems}

// maxThings bounds what is remembered of one kind.
const maxThings = 10_000

// after returns what needs a person after a run; before is what did until then. Of a run that failed nothing more is
// known than that.
func (m matters) after(r *engine.Report, held []state.Held) matters {
	next := matters{}
	if r.Status == state.RunFailed {
		for kind, things := range m {
			next[kind] = things
		}
		next[failed] = []uint32{1}
		return next
	}
	for _, c := range r.Conflicts {
		next[inConflict] = append(next[inConflict], thing(c.Key, string(c.Field)))
	}
	for _, p := range r.Problems {
		next[withProblems] = append(next[withProblems], thing(p.Key, p.Column))
	}
	for _, h := range held {
		if h.ApprovedAt.IsZero() {
			next[heldMatter] = append(next[heldMatter], thing(h.Key, string(h.Side), string(h.Action)))
		}
	}
	for kind, things := range next {
		slices.Sort(things)
		for i := 1; i < len(things); i++ { // rows without a key are alike
			if things[i] == things[i-1] {
				things[i] += uint32(i)
			}
		}
		slices.Sort(things)
		things = slices.Compact(things)
		next[kind] = things[:min(len(things), maxThings)]
	}
	return next
}

// thing identifies something by its parts.
func thing(parts ...string) uint32 {
	hash := fnv.New32a()
	for _, part := range parts {
		hash.Write([]byte(part))
		hash.Write([]byte{0})
	}
	return hash.Sum32()
}

// lines say what is new and what is well again since people were told. None means that they know.
func (m matters) lines(told matters, run int64) (lines []string) {
	for _, kind := range order {
		added := 0
		for _, thing := range m[kind] {
			if _, known := slices.BinarySearch(told[kind], thing); !known {
				added++
			}
		}
		switch {
		case added > 0:
			lines = append(lines, kind.line(len(m[kind]), added, run))
		case len(m[kind]) == 0 && len(told[kind]) > 0:
			lines = append(lines, kind.well())
		}
	}
	return lines
}

func (k matter) line(all, added int, run int64) string {
	some := fmt.Sprint(all)
	if added < all {
		some = fmt.Sprintf("%d (%d new)", all, added)
	}
	switch k {
	case failed:
		if run == 0 {
			return "no run could begin; the log says why"
		}
		return fmt.Sprintf("run %d failed; syncd runs %d says why", run, run)
	case staleMatter:
		return "no run has succeeded for longer than stale_after; syncd status says more"
	case heldMatter:
		return fmt.Sprintf("operations held by the brake: %s; syncd status says how to let them through", some)
	case inConflict:
		return fmt.Sprintf("conflicts: %s; syncd conflicts shows and settles them", some)
	}
	return fmt.Sprintf("problems: %s; syncd problems shows them", some)
}

func (k matter) well() string {
	return map[matter]string{
		failed: "runs no longer fail", staleMatter: "runs succeed again", heldMatter: "nothing is held any more",
		inConflict: "no conflict is left", withProblems: "no problem is left",
	}[k]
}

// document is how the state keeps matters, with the run that they come from.
type document struct {
	Run     int64   `json:"run,omitempty"`
	Matters matters `json:"matters"`
}

// readDocument reads what write wrote; what another version wrote in another way is as if it were not there.
func readDocument(data json.RawMessage) document {
	var d document
	if json.Unmarshal(data, &d) != nil || d.Matters == nil {
		return document{Matters: matters{}}
	}
	return d
}

func (d document) write() json.RawMessage {
	data, _ := json.Marshal(d) // numbers and our own words
	return data
}
