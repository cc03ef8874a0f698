package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"
)

// The schemas of Kubernetes come with kubectl-validate, as the API server publishes them. Only they are used, so it is no
// requirement of the module: its code needs another version of Kubernetes than the chart's tests do.
const (
	validator    = "sigs.k8s.io/kubectl-validate@v0.0.4"
	validatorSum = "h1:tGKuv0awYHn11Cb6KPsZKxUmHgavF46K3NvVH0Nse9U="
	kubernetes   = "1.30" // the newest that it holds
)

// schemas returns the directory with the OpenAPI documents of Kubernetes, one per version of a group.
func schemas(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("go", "mod", "download", "-json", validator)
	cmd.Dir = t.TempDir() // of no module
	out, err := cmd.Output()
	var module struct{ Dir, Sum, Error string }
	if jsonErr := json.Unmarshal(out, &module); err != nil || jsonErr != nil || module.Sum != validatorSum {
		t.Fatalf("%v, %v: %s %s: %s", err, jsonErr, validator, module.Sum, module.Error)
	}
	return filepath.Join(module.Dir, "pkg", "openapiclient", "builtins", kubernetes)
}

// conforms checks an object against its schema.
func conforms(dir string, object []byte) error {
	data, err := yaml.YAMLToJSON(object)
	if err != nil {
		return err
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	head := instance.(map[string]any)
	group, version, grouped := strings.Cut(head["apiVersion"].(string), "/")
	file, name := filepath.Join("apis", group, version+".json"), "io.k8s.api."+group+"."+version
	if !grouped {
		file, name = filepath.Join("api", group+".json"), "io.k8s.api.core."+group
	}
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join(dir, file) + "#/components/schemas/" + name + "." + head["kind"].(string))
	if err != nil {
		return err
	}
	return schema.Validate(instance)
}

// TestSchemas checks what comes of both modes against the schemas of Kubernetes, and that they would find a fault.
func TestSchemas(t *testing.T) {
	dir := schemas(t)
	for _, name := range []string{"deployment", "cronjob"} {
		objects := render(t, mode(t, name))
		if len(objects) < 2 {
			t.Errorf("%s: %d objects", name, len(objects))
		}
		for _, object := range objects {
			if err := conforms(dir, object); err != nil {
				t.Errorf("%s: %v\n%s", name, err, object)
			}
		}
	}
	var broken []byte
	for _, object := range render(t, mode(t, "deployment")) {
		if bytes.Contains(object, []byte("kind: Deployment")) {
			broken = bytes.Replace(object, []byte("replicas: 2"), []byte("replicas: two"), 1)
		}
	}
	if err := conforms(dir, broken); err == nil || !strings.Contains(fmt.Sprintf("%#v", err), "replicas") {
		t.Errorf("two replicas in words are taken: %v", err)
	}
}
