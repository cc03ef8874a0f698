package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	// reference is "$${", which stands for "${", or "${", what follows, and its end if there is one.
	reference         = regexp.MustCompile(`\$\$\{|\$\{[^}]*\}?`)
	variableReference = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?\}$`)
	fileReference     = regexp.MustCompile(`^\$\{file:(.+)\}$`)
)

var errReference = errors.New("${…} is not understood: write ${NAME}, ${NAME:-default} or ${file:/path}, and $${ for ${ itself")

// maxSecretFile bounds what ${file:…} reads, in bytes.
const maxSecretFile = 1 << 20

// expander replaces references to the environment and to files. Errors name variables and files, never values.
type expander struct {
	getenv func(string) (string, bool)
	dir    string // where relative paths start
}

// refers reports whether expand would replace something in text.
func refers(text string) bool { return reference.MatchString(text) }

// expand returns text with its references replaced: ${NAME}, ${NAME:-default} (also when the variable is empty),
// ${file:/path} without the last line break, and $${ as ${ itself.
func (e expander) expand(text string) (string, error) {
	var problem error
	expanded := reference.ReplaceAllStringFunc(text, func(ref string) string {
		value, err := e.resolve(ref)
		problem = errors.Join(problem, err)
		return value
	})
	return expanded, problem
}

func (e expander) resolve(ref string) (string, error) {
	if ref == "$${" {
		return "${", nil
	}
	if m := fileReference.FindStringSubmatch(ref); m != nil {
		return e.readFile(m[1])
	}
	m := variableReference.FindStringSubmatch(ref)
	if m == nil {
		return "", errReference
	}
	name, fallback := m[1], m[2]
	value, ok := e.getenv(name)
	switch hasFallback := strings.Contains(ref, ":-"); {
	case hasFallback && value == "":
		return fallback, nil
	case !ok:
		return "", fmt.Errorf("environment variable %s is not set", name)
	}
	return value, nil
}

func (e expander) readFile(path string) (string, error) {
	f, err := os.Open(e.abs(path))
	if err != nil {
		return "", fmt.Errorf("the file %s: %w", path, cause(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	if err != nil {
		return "", fmt.Errorf("the file %s: %w", path, cause(err))
	}
	if len(data) > maxSecretFile {
		return "", fmt.Errorf("the file %s: larger than 1 MiB", path)
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), nil
}

// abs returns path as it is seen from the directory of the configuration.
func (e expander) abs(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(e.dir, path)
}

// cause is what happened, without the path, which the message has already.
func cause(err error) error {
	if pathError := (*fs.PathError)(nil); errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
