package config

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
)

// parse returns the root of the one document in data.
func parse(data []byte) (*yaml.Node, *Problem) {
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		return nil, syntaxProblem(err, data)
	}
	var doc, second yaml.Node
	switch err := loader.Load(&doc); {
	case errors.Is(err, io.EOF), err == nil && isNull(doc.Content[0]):
		return nil, &Problem{Message: "empty: run syncd init, or copy config.example.yaml and fill it in"}
	case err != nil:
		return nil, syntaxProblem(err, data)
	}
	switch err := loader.Load(&second); {
	case err == nil:
		return nil, &Problem{second.Line, second.Column, "a second document begins here: one file holds one configuration"}
	case !errors.Is(err, io.EOF):
		return nil, syntaxProblem(err, data)
	}
	return doc.Content[0], nil
}

// advice says in other words what the YAML library says first. Messages that are not here are passed on; those
// that quote the file, which may be a secret, are.
var advice = []struct{ says, means string }{
	{"mapping values are not allowed", "not YAML: a second \": \" in one line: put the value in quotes, or fix the indentation"},
	{"found character that cannot start any token", "not YAML: a value cannot start with this character: put it in quotes"},
	{"could not find expected ':'", "not YAML: a line without \"key: value\""},
	{"did not find expected key", "not YAML: the indentation does not fit the lines above"},
	{"did not find expected ',' or", "not YAML: within {…} or […], put text with , : { } [ ] in quotes, and ${…} too"},
	{"found a tab character that violates", "not YAML: a tab indents the line below: use spaces"},
	{"unexpected end of stream", "not YAML: what begins here is never closed"},
	{"unknown anchor", "an alias (*name) without its anchor (&name): put text that starts with * in quotes"},
	{"that is not allowed in a YAML tag", "not YAML: put text that starts with ! in quotes"},
	{"control characters are not allowed", "not a text file: it holds control characters"},
	{"UTF-", "not a text file in UTF-8"},
	{"surrogate", "not a text file in UTF-8"},
	{"invalid Unicode character", "not a text file in UTF-8"},
}

func syntaxProblem(err error, data []byte) *Problem {
	loadError := (*yaml.LoadError)(nil)
	if !errors.As(err, &loadError) {
		return &Problem{Message: "not YAML"}
	}
	p := &Problem{loadError.Mark.Line, loadError.Mark.Column, "not YAML: " + loadError.Message}
	if start := loadError.ContextMark; loadError.ContextMsg != "" && start.Line > 0 {
		p.Line, p.Column = start.Line, start.Column // where it began says more than where it went wrong
	}
	for _, a := range advice {
		if strings.Contains(loadError.Message, a.says) {
			p.Message = a.means
			break
		}
	}
	if tabIndents(data, p.Line) {
		p.Message = "not YAML: a tab indents this line: use spaces"
	}
	return p
}

func tabIndents(data []byte, line int) bool {
	lines := bytes.Split(data, []byte("\n"))
	if line < 1 || line > len(lines) {
		return false
	}
	text := lines[line-1]
	return bytes.ContainsRune(text[:len(text)-len(bytes.TrimLeft(text, " \t"))], '\t')
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }
