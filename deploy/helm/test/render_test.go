// Package test renders the chart of syncd, reads what comes of it into the types of Kubernetes, which take no field that they
// do not know, and checks it against the schemas of Kubernetes. It is a module of its own, so that syncd does not depend on
// Kubernetes. Helm itself takes minutes to build: .ci/deploy full runs it.
package test

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"
)

const chart = "../syncd"

type values = map[string]any

// read reads a YAML file of the chart.
func read(t *testing.T, name string) (v values) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(chart, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(data, &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// overlay returns values with others over them, as Helm lays files over the chart's own.
func overlay(under, over values) values {
	all := maps.Clone(under)
	for key, value := range over {
		inner, isMap := value.(values)
		if below, both := all[key].(values); isMap && both {
			value = overlay(below, inner)
		}
		all[key] = value
	}
	return all
}

// mode returns the values of one of the files in ci/.
func mode(t *testing.T, name string) values {
	t.Helper()
	return overlay(read(t, "values.yaml"), read(t, "ci/"+name+"-values.yaml"))
}

// valid checks values against the schema of the chart.
func valid(t *testing.T, v values) error {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join(chart, "values.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	data, err = yaml.YAMLToJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(instance)
}

// render returns the objects that the templates make of values, as YAML.
func render(t *testing.T, v values) (objects [][]byte) {
	t.Helper()
	if err := valid(t, v); err != nil {
		t.Fatal(err)
	}
	about := read(t, "Chart.yaml")
	root := values{
		"Values": v, "Release": values{"Name": "sales", "Service": "Helm", "Namespace": "default"},
		"Chart": values{"Name": about["name"], "Version": about["version"], "AppVersion": about["appVersion"]},
	}
	all := template.New("").Option("missingkey=error")
	functions := sprig.TxtFuncMap()
	functions["toYaml"] = func(v any) (string, error) {
		data, err := yaml.Marshal(v)
		return strings.TrimSuffix(string(data), "\n"), err
	}
	functions["include"] = func(name string, data any) (string, error) {
		var out strings.Builder
		err := all.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	all.Funcs(functions)
	files, err := filepath.Glob(filepath.Join(chart, "templates", "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(errors.Join(err, errors.New("no templates")))
	}
	if _, err := all.ParseFiles(files...); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasPrefix(filepath.Base(file), "_") {
			continue
		}
		var out bytes.Buffer
		if err := all.ExecuteTemplate(&out, filepath.Base(file), root); err != nil {
			t.Fatal(err)
		}
		for object := range bytes.SplitSeq(out.Bytes(), []byte("\n---\n")) {
			if len(bytes.TrimSpace(object)) > 0 {
				objects = append(objects, object)
			}
		}
	}
	return objects
}
