package config

import (
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// maxMerge is how deep merge keys (<<) may nest.
const maxMerge = 16

// pair is one key of a mapping with its value.
type pair struct{ key, value *yaml.Node }

// mapping returns the pairs of a mapping in the order of the file, with what "<<" merges in where the mapping does
// not say it itself. A null has none. Anything but a mapping is a problem that ends with hint.
func (l *loader) mapping(n *yaml.Node, name, hint string) ([]pair, bool) {
	if isNull(n) {
		return nil, true
	}
	if n.Kind != yaml.MappingNode {
		l.fail(n, "%s must be a mapping, not %s: %s", name, kindOf(n), hint)
		return nil, false
	}
	return l.pairs(n, 0), true
}

func (l *loader) pairs(n *yaml.Node, depth int) []pair {
	var pairs, merged []pair
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch line := lines[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			l.problem(key, "a key must be text, not %s", kindOf(key))
		case line > 0:
			l.problem(key, "the key %s is already in line %d", show(key), line)
		case key.Tag == "!!merge":
			merged = append(merged, l.merged(value, depth+1)...)
		default:
			lines[key.Value] = key.Line
			pairs = append(pairs, pair{key, value})
		}
	}
	for _, p := range merged {
		if lines[p.key.Value] == 0 {
			lines[p.key.Value] = p.key.Line
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// merged returns the pairs of what stands after "<<": a mapping or several, earlier ones first.
func (l *loader) merged(n *yaml.Node, depth int) []pair {
	n = target(n)
	switch {
	case l.exhausted():
		return nil
	case depth > maxMerge:
		l.problem(n, "merge keys (<<) nest too deep")
		return nil
	case n.Kind == yaml.MappingNode:
		return l.pairs(n, depth)
	case n.Kind != yaml.SequenceNode:
		l.problem(n, "<< merges a mapping or a list of mappings, not %s", kindOf(n))
	}
	var pairs []pair
	for _, item := range n.Content {
		pairs = append(pairs, l.merged(item, depth+1)...)
	}
	return pairs
}

// problem notes what is wrong at a node, unless the node could not be read in the first place.
func (l *loader) problem(n *yaml.Node, format string, args ...any) {
	if _, unset := l.unset[n]; !l.bad[n] && !unset {
		l.problems = append(l.problems, Problem{n.Line, n.Column, fmt.Sprintf(format, args...)})
	}
}

// fail notes that a node cannot be read into its value.
func (l *loader) fail(n *yaml.Node, format string, args ...any) {
	l.problem(n, format, args...)
	l.bad[n] = true
}

// at returns where the first of these values comes from that the file has, each given by its pointer; if there is
// none, the root.
func (l *loader) at(values ...any) *yaml.Node {
	for _, v := range values {
		if n := l.nodes[v]; n != nil {
			return n
		}
	}
	return l.root
}

// show quotes a scalar as the file has it, so that a variable shows its name and not its value.
func show(n *yaml.Node) string {
	const most = 60
	text := []rune(n.Value)
	if len(text) > most {
		text = append(text[:most:most], '…')
	}
	return strconv.Quote(string(text))
}

// because returns ": err" for an error that may quote the value of n, "" when that came from a variable or a file.
func because(n *yaml.Node, err error) string {
	if refers(n.Value) {
		return ""
	}
	return ": " + err.Error()
}

// target is the node that an alias stands for, or n itself.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.AliasNode:
		return "an alias"
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	return "one value"
}
