package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"

	"go.yaml.in/yaml/v4"
)

// maxFile bounds a configuration file, in bytes; maxSteps bounds what its aliases can make of it, in values.
const (
	maxFile  = 4 << 20
	maxSteps = 200_000
)

// Load reads and checks the configuration file at path; getenv is os.LookupEnv. Relative paths in the file are
// absolute in the Config. An error is an *Error with all that is wrong.
func Load(path string, getenv func(string) (string, bool)) (*Config, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, &Error{Path: path, Problems: []Problem{{Message: err.Error()}}}
	}
	return Parse(path, data, getenv)
}

// Parse is Load of a file that need not be there yet: data is what it holds or is to hold.
func Parse(path string, data []byte, getenv func(string) (string, bool)) (*Config, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	l := &loader{
		expander: expander{getenv: getenv, dir: filepath.Dir(abs)},
		cfg:      &Config{Path: abs},
		nodes:    map[any]*yaml.Node{},
		bad:      map[*yaml.Node]bool{},
		unset:    map[*yaml.Node]string{},
	}
	l.load(data)
	if len(l.problems) > 0 {
		return nil, &Error{Path: path, Problems: sortProblems(l.problems)}
	}
	return l.cfg, nil
}

// loader is one Parse under way.
type loader struct {
	expander
	cfg      *Config
	root     *yaml.Node
	problems []Problem
	steps    int

	// nodes says where a value comes from, by the pointer to the value.
	nodes map[any]*yaml.Node
	// bad are nodes that could not be read into their value, so that checking the value would mislead.
	bad map[*yaml.Node]bool
	// unset are nodes that refer to variables or files that are not there, and the message about it. It waits
	// for the checks, since the sandbox does without its key.
	unset map[*yaml.Node]string
}

func (l *loader) load(data []byte) {
	root, problem := parse(data)
	if problem != nil {
		l.problems = append(l.problems, *problem)
		return
	}
	l.root = root
	v := reflect.ValueOf(l.cfg).Elem()
	setDefaults(v)
	l.value(root, "the file", "", v)
	if l.steps >= maxSteps {
		l.problems = []Problem{{Message: "too large: its aliases repeat too much"}}
		return
	}
	l.check()
	l.finish()
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("no such file")
	}
	if errors.Is(err, fs.ErrPermission) {
		return nil, errors.New("permission denied: let the user that runs syncd read it")
	}
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.New("a directory: name the file in it, such as syncd.yaml")
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, cause(err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("larger than %d MiB: is it a configuration file?", maxFile>>20)
	}
	return data, nil
}
