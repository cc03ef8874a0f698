package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is everything that is wrong with a configuration file.
type Error struct {
	Path     string // as Load was given it
	Problems []Problem
}

// Problem is one thing that is wrong, and what would be right.
type Problem struct {
	Line, Column int // from 1; 0 when the file as a whole is meant
	Message      string
}

// Error lists the problems, one a line, as "syncd.yaml:14:7: message".
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = e.Path + p.place() + ": " + p.Message
	}
	return strings.Join(lines, "\n")
}

func (p Problem) place() string {
	if p.Line == 0 {
		return ""
	}
	return fmt.Sprintf(":%d:%d", p.Line, p.Column)
}

// sortProblems puts problems in the order of the file, each once: what an alias repeats is wrong in one place.
func sortProblems(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(problems)
}
