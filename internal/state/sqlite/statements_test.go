package sqlite

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	statement = regexp.MustCompile(`^(SELECT|INSERT|UPDATE|DELETE)\b`)
	parameter = regexp.MustCompile(`\$(\d+)`)
	// bigScan is a plan that reads a table whole which grows with the records or with time.
	bigScan = regexp.MustCompile(`SCAN (links|l|journal|e|j|problems|conflicts|held|h)\b`)
)

// TestStatements prepares every SQL constant, and looks for those that would read a big table whole.
func TestStatements(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "syncd.db"), Options{})
	texts := statements(t)
	if len(texts) < 40 {
		t.Fatalf("found %d statements: the search does not work", len(texts))
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			prepared, err := s.writer.PrepareContext(t.Context(), text)
			if err != nil {
				t.Fatal(err)
			}
			defer prepared.Close()
			for _, step := range plan(t, s, text) {
				if bigScan.MatchString(step) {
					t.Errorf("%s\n%s", step, text)
				}
			}
		})
	}
}

// statements returns the SQL constants of the package by name. SQL outside of a constant fails the test.
func statements(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("*.go")
	check(t, err)
	files := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		check(t, err)
		parsed = append(parsed, file)
		for _, declaration := range file.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok {
				refuseSQL(t, files, function)
			}
		}
	}
	// Imports are not resolved, and their errors ignored: constants need none.
	ignore := types.Config{IgnoreFuncBodies: true, Error: func(error) {}}
	checked, _ := ignore.Check("sqlite", files, parsed, nil)
	texts := map[string]string{}
	for _, name := range checked.Scope().Names() {
		c, ok := checked.Scope().Lookup(name).(*types.Const)
		if ok && c.Val().Kind() == constant.String && statement.MatchString(constant.StringVal(c.Val())) {
			texts[name] = constant.StringVal(c.Val())
		}
	}
	return texts
}

func refuseSQL(t *testing.T, files *token.FileSet, function *ast.FuncDecl) {
	ast.Inspect(function, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && statement.MatchString(strings.Trim(literal.Value, "`\"")) {
			t.Errorf("%s: SQL outside of a constant", files.Position(literal.Pos()))
		}
		return true
	})
}

// plan returns the steps of the plan of a statement.
//
// https://www.sqlite.org/eqp.html
func plan(t *testing.T, s *Store, text string) (steps []string) {
	t.Helper()
	parameters := 0
	for _, match := range parameter.FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(match[1])
		check(t, err)
		parameters = max(parameters, n)
	}
	rows, err := s.writer.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, make([]any, parameters)...)
	check(t, err)
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		check(t, rows.Scan(&id, &parent, &unused, &detail))
		steps = append(steps, detail)
	}
	check(t, rows.Err())
	return steps
}
