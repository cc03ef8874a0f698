// Package sqltest helps to test the SQL of the stores: [Statements] finds it.
package sqltest

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"syncd/internal/state/sqlstore"
)

var statement = regexp.MustCompile(`^(SELECT|INSERT|UPDATE|DELETE|WITH)\b`)

// Statements returns the SQL constants of the packages in some directories by name, in the words of a dialect. SQL
// outside of a constant fails the test.
func Statements(t *testing.T, dialect *sqlstore.Dialect, directories ...string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, directory := range directories {
		for name, text := range constants(t, directory) {
			texts[name] = dialect.Complete(text)
		}
	}
	if len(texts) < 40 {
		t.Fatalf("found %d statements: the search does not work", len(texts))
	}
	return texts
}

func constants(t *testing.T, directory string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(directory, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, file)
		for _, declaration := range file.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok {
				refuseSQL(t, files, function)
			}
		}
	}
	// Imports are not resolved, and their errors ignored: constants need none.
	ignore := types.Config{IgnoreFuncBodies: true, Error: func(error) {}}
	checked, _ := ignore.Check(directory, files, parsed, nil)
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
		if literal, ok := n.(*ast.BasicLit); ok && sqlLiteral(literal.Value) {
			t.Errorf("%s: SQL outside of a constant", files.Position(literal.Pos()))
		}
		return true
	})
}

// sqlLiteral reports whether a literal is a statement, rather than what statements are made of.
func sqlLiteral(literal string) bool {
	text := strings.Trim(literal, "`\"")
	return statement.MatchString(text) && strings.Contains(text, " ") && !strings.ContainsAny(text, "%{")
}
