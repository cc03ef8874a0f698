package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

// rendered are the objects of a chart.
type rendered struct {
	ConfigMap           core.ConfigMap
	Deployment          apps.Deployment
	CronJob             batch.CronJob
	PodDisruptionBudget policy.PodDisruptionBudget
	kinds               []string
}

func parse(t *testing.T, objects [][]byte) (r rendered) {
	t.Helper()
	for _, object := range objects {
		var head struct{ Kind string }
		if err := yaml.Unmarshal(object, &head); err != nil {
			t.Fatalf("%v\n%s", err, object)
		}
		into, known := map[string]any{
			"ConfigMap": &r.ConfigMap, "Deployment": &r.Deployment, "CronJob": &r.CronJob, "PodDisruptionBudget": &r.PodDisruptionBudget,
			"PodMonitor": &map[string]any{},
		}[head.Kind]
		if !known {
			t.Fatalf("an object of kind %q:\n%s", head.Kind, object)
		}
		if err := yaml.UnmarshalStrict(object, into); err != nil {
			t.Errorf("%s: %v\n%s", head.Kind, err, object)
		}
		r.kinds = append(r.kinds, head.Kind)
	}
	slices.Sort(r.kinds)
	return r
}

func TestDeployment(t *testing.T) {
	r := parse(t, render(t, mode(t, "deployment")))
	if want := []string{"ConfigMap", "Deployment", "PodDisruptionBudget"}; !slices.Equal(r.kinds, want) {
		t.Errorf("got %v, want %v", r.kinds, want)
	}
	d := r.Deployment.Spec
	if d.Replicas == nil || *d.Replicas != 2 {
		t.Errorf("%v replicas, want 2", d.Replicas)
	}
	for key, value := range d.Selector.MatchLabels {
		if d.Template.Labels[key] != value || r.PodDisruptionBudget.Spec.Selector.MatchLabels[key] != value {
			t.Errorf("the selector's %s finds no pod", key)
		}
	}
	c := checkPod(t, &d.Template.Spec, &r.ConfigMap)
	if c.StartupProbe.HTTPGet.Path != "/healthz" || c.LivenessProbe.HTTPGet.Path != "/healthz" || c.ReadinessProbe.HTTPGet.Path != "/healthz" {
		t.Error("the probes ask for something else")
	}
	if c.Ports[0].ContainerPort != 9090 || !strings.Contains(r.ConfigMap.Data["syncd.yaml"], "listen: 0.0.0.0:9090") {
		t.Error("the probes ask at another port than that at which it listens")
	}
	if c.Args[0] != "run" || slices.Contains(c.Args, "--once") {
		t.Errorf("it is called with %v", c.Args)
	}
}

func TestCronJob(t *testing.T) {
	r := parse(t, render(t, mode(t, "cronjob")))
	if want := []string{"ConfigMap", "CronJob"}; !slices.Equal(r.kinds, want) {
		t.Errorf("got %v, want %v", r.kinds, want)
	}
	j := r.CronJob.Spec
	pod := j.JobTemplate.Spec.Template.Spec
	if j.Schedule != "0 * * * *" || j.ConcurrencyPolicy != batch.ForbidConcurrent || pod.RestartPolicy != core.RestartPolicyNever ||
		j.JobTemplate.Spec.BackoffLimit == nil || *j.JobTemplate.Spec.BackoffLimit != 0 {
		t.Errorf("it may repeat or overlap: %+v", j)
	}
	if c := checkPod(t, &pod, &r.ConfigMap); !slices.Contains(c.Args, "--once") || c.LivenessProbe != nil {
		t.Errorf("it is called with %v", c.Args)
	}
}

// checkPod checks what holds in both modes: no rights, a Secret by reference, and a configuration that syncd takes.
func checkPod(t *testing.T, pod *core.PodSpec, config *core.ConfigMap) core.Container {
	t.Helper()
	c := pod.Containers[0]
	s, p := c.SecurityContext, pod.SecurityContext
	if !*p.RunAsNonRoot || *p.RunAsUser != 65532 || p.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault || !*s.ReadOnlyRootFilesystem ||
		*s.AllowPrivilegeEscalation || !slices.Equal(s.Capabilities.Drop, []core.Capability{"ALL"}) || *pod.AutomountServiceAccountToken {
		t.Errorf("the pod has rights: %+v, %+v", p, s)
	}
	if c.Resources.Requests.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() || c.Resources.Limits.Memory().IsZero() {
		t.Errorf("its resources are %+v", c.Resources)
	}
	if *pod.TerminationGracePeriodSeconds < 30 {
		t.Errorf("it is killed after %d seconds", *pod.TerminationGracePeriodSeconds)
	}
	if len(c.EnvFrom) != 1 || c.EnvFrom[0].SecretRef.Name != "syncd" {
		t.Errorf("its environment comes from %+v", c.EnvFrom)
	}
	if mount := c.VolumeMounts[0]; mount.MountPath != "/etc/syncd" || !slices.Contains(c.Args, "/etc/syncd/syncd.yaml") ||
		pod.Volumes[0].Name != mount.Name || pod.Volumes[0].ConfigMap.Name != config.Name {
		t.Errorf("the configuration is at %+v", mount)
	}
	checkConfig(t, config.Data["syncd.yaml"])
	return c
}

// checkConfig has syncd check a configuration.
func checkConfig(t *testing.T, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "syncd.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "run", "./cmd/syncd", "config", "check", "--config", path)
	cmd.Dir, cmd.Env = "../../..", append(os.Environ(), "STATE_URL=postgres://db/syncd", "QUO_API_KEY=k")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "is valid: 1 sync (customers)") {
		t.Errorf("%v: %s\n%s", err, out, text)
	}
}

// TestTextIsTakenAsItIs: what Helm reads as YAML 1.1, syncd would read as other values.
func TestTextIsTakenAsItIs(t *testing.T) {
	text := "state: ${STATE_URL}\nlisten: 0.0.0.0:9090\nquo: {api_key: \"${QUO_API_KEY}\"}\nsyncs:\n  - name: customers\n    create_in_source: off\n" +
		"    source: {csv: {path: rows.csv, key: id}}\n    only: {Zip: [007]}\n    fields: {firstName: First}\n"
	over := overlay(mode(t, "deployment"), nil)
	over["config"] = text
	if err := valid(t, over); err != nil {
		t.Fatal(err)
	}
	if got := parse(t, render(t, over)).ConfigMap.Data["syncd.yaml"]; strings.TrimSpace(got) != strings.TrimSpace(text) {
		t.Errorf("got  %q\nwant %q", got, text)
	}
	checkConfig(t, text)
}

func TestRefused(t *testing.T) {
	for name, over := range map[string]values{
		"a state on a disk": {"config": values{"state": "sqlite:syncd.db"}},
		"another address":   {"config": values{"listen": "127.0.0.1:9090"}},
		"no syncs":          {"config": values{"syncs": []any{}}},
		"another mode":      {"mode": "daemonset"},
		"no replicas":       {"replicas": 0},
	} {
		if err := valid(t, overlay(mode(t, "deployment"), over)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if err := valid(t, read(t, "values.yaml")); err == nil {
		t.Error("a chart without a sync is taken")
	}
}

func TestPodMonitor(t *testing.T) {
	r := parse(t, render(t, overlay(mode(t, "deployment"), values{"podMonitor": true})))
	if !slices.Contains(r.kinds, "PodMonitor") {
		t.Errorf("got %v", r.kinds)
	}
}

// TestImageUser compares the user of the pods with that of the image.
func TestImageUser(t *testing.T) {
	dockerfile, err := os.ReadFile("../../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(dockerfile), "\nUSER 65532:65532\n") {
		t.Error("the image has another user than the pods")
	}
}
