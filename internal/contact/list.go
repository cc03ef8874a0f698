package contact

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// DefaultSeparator stands between the items of a list in a cell, unless another one is configured.
const DefaultSeparator = ","

// ParseList reads a cell as a set of texts: a typed list, or text with a separator between the items
// (DefaultSeparator when it is ""). White space around the items does not count, empty items and repetitions
// fall out, the order stays in Text.
func ParseList(cell Cell, separator string) (Value, error) {
	if cell.Type == CellList {
		var items []string
		if err := json.Unmarshal([]byte(cell.Text), &items); err != nil && !isBlank(cell.Text) {
			return Value{}, errors.New("this is not a list of texts")
		}
		return ListOf(items), nil
	}
	s, err := cellText(cell)
	return ListOf(SplitList(s, separator)), err
}

// SplitList splits what a cell holds into untrimmed items.
func SplitList(s, separator string) []string {
	if separator == "" {
		separator = DefaultSeparator
	}
	if trimmed := NormalizeText(separator); trimmed != "" { // one such as " / " is meant for writing
		separator = trimmed
	}
	return strings.Split(s, separator)
}

// ListOf returns the Value of a list with these items.
func ListOf(items []string) Value {
	var kept []string
	seen := map[string]bool{"": true}
	for _, item := range items {
		if item = NormalizeText(item); !seen[item] {
			seen[item] = true
			kept = append(kept, item)
		}
	}
	if kept == nil {
		return Value{}
	}
	text := listJSON(kept)
	slices.Sort(kept)
	return Value{Norm: listJSON(kept), Text: text}
}

// Items returns the items of a list in the order of the person who wrote it; nil when v is not a list.
func (v Value) Items() []string {
	var items []string
	if json.Unmarshal([]byte(cmp.Or(v.Text, v.Norm)), &items) != nil {
		return nil
	}
	return items
}

// listJSON returns a JSON array that people can read: "R&D" and not "R\u0026D".
func listJSON(items []string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(items) // strings cannot fail
	return strings.TrimSuffix(b.String(), "\n")
}
