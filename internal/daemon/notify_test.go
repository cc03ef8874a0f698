package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/state"
	"syncd/internal/state/sqlite"
)

// hook is a webhook, and a state whose clock stands still until it is moved.
type hook struct {
	*testing.T
	url   string
	store state.Store
	log   strings.Builder
	sync  *config.Sync

	mu     sync.Mutex
	now    time.Time
	status int
	got    []string
	stale  bool
	young  bool // the process has not been there for long enough to say whether it is stale
}

const hookSecret = "T0000-secret"

func newHook(t *testing.T) *hook {
	t.Helper()
	h := &hook{T: t, now: time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC), status: http.StatusOK}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	h.url = server.URL + "/services/" + hookSecret
	var err error
	if h.store, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "syncd.db"), sqlite.Options{Now: h.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.store.Close() })
	h.sync = &config.Sync{Name: "customers", Notify: config.Secret(h.url)}
	return h
}

func (h *hook) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hook) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	var message struct{ Text string }
	if err != nil || json.Unmarshal(body, &message) != nil || r.Header.Get("Content-Type") != "application/json" || message.Text == "" {
		h.Errorf("not what Slack takes: %s", body)
	}
	w.WriteHeader(h.status)
	if h.status == http.StatusOK {
		h.got = append(h.got, message.Text)
	}
}

func (h *hook) notifier() *notifier {
	return newNotifier(h.store, slog.New(slog.NewTextHandler(&h.log, nil)))
}

// after is what people get after a run, in which processes several tell at once.
func (h *hook) after(r engine.Report, held ...string) []string {
	h.Helper()
	r.Sync = "customers"
	n := h.notifier()
	if len(held) > 0 {
		r.Status, r.Held.Deletes = state.RunHeld, len(held)
		h.hold(held)
	}
	if err := n.note(h.Context(), &r); err != nil {
		h.Fatal(err)
	}
	return h.told()
}

// hold leaves held operations in the state.
func (h *hook) hold(keys []string) {
	h.Helper()
	lease, err := h.store.Acquire(h.Context(), "customers", "here", time.Minute)
	if err != nil {
		h.Fatal(err)
	}
	run, err := h.store.StartRun(h.Context(), lease)
	if err != nil {
		h.Fatal(err)
	}
	var findings state.Findings
	for _, key := range keys {
		findings.Held = append(findings.Held, state.Held{Key: key, Side: contact.Quo, Action: contact.Delete})
	}
	run.Status = state.RunHeld
	if err := errors.Join(h.store.FinishRun(h.Context(), lease, run, &findings), h.store.Release(h.Context(), lease)); err != nil {
		h.Fatal(err)
	}
}

// told lets three processes tell, and returns what people got.
func (h *hook) told() []string {
	h.Helper()
	h.mu.Lock()
	before := len(h.got)
	h.mu.Unlock()
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if err := h.notifier().tell(h.Context(), []subject{{h.sync, h.stale, !h.stale && !h.young}}); err != nil {
				h.Error(err)
			}
		})
	}
	group.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.got[before:]
}

func (h *hook) want(what string, got []string, lines ...string) {
	h.Helper()
	var want []string
	if len(lines) > 0 {
		want = []string{"syncd, customers: " + strings.Join(lines, "\n")}
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		h.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func problemsOf(keys ...string) (problems []engine.Problem) {
	for _, key := range keys {
		problems = append(problems, engine.Problem{Problem: contact.Problem{Key: key, Column: "Phone", Value: "Ada's number"}})
	}
	return problems
}

func TestPeopleAreToldOncePerChange(t *testing.T) {
	h := newHook(t)
	h.want("nothing to tell", h.after(engine.Report{RunID: 1, Status: state.RunDone}))

	failed := engine.Report{RunID: 2, Status: state.RunFailed}
	h.want("failed", h.after(failed), "run 2 failed; syncd runs 2 says why")
	failed.RunID = 3
	h.want("failed again", h.after(failed))
	h.want("well again", h.after(engine.Report{RunID: 4, Status: state.RunDone}), "runs no longer fail")

	h.want("problems", h.after(engine.Report{RunID: 5, Status: state.RunDone, Problems: problemsOf("C-1", "C-2")}),
		"problems: 2; syncd problems shows them")
	h.want("the same problems", h.after(engine.Report{RunID: 6, Status: state.RunDone, Problems: problemsOf("C-2", "C-1")}))
	h.want("one less", h.after(engine.Report{RunID: 7, Status: state.RunDone, Problems: problemsOf("C-2")}))
	h.want("another one", h.after(engine.Report{RunID: 8, Status: state.RunDone, Problems: problemsOf("C-2", "C-1"),
		Conflicts: []contact.Conflict{{Key: "C-3", Field: contact.Role}}}),
		"conflicts: 1; syncd conflicts shows and settles them",
		"problems: 2 (1 new); syncd problems shows them")
	failed.RunID = 9
	h.want("failed with problems", h.after(failed), "run 9 failed; syncd runs 9 says why")
	h.want("all well", h.after(engine.Report{RunID: 10, Status: state.RunDone}),
		"runs no longer fail", "no conflict is left", "no problem is left")

	h.want("held", h.after(engine.Report{RunID: 11}, "C-1", "C-2"), "operations held by the brake: 2; "+
		"syncd status says how to let them through")
	h.want("held again", h.after(engine.Report{RunID: 12}, "C-1", "C-2"))
	h.want("nothing held", h.after(engine.Report{RunID: 13, Status: state.RunDone}), "nothing is held any more")

	h.stale = true
	h.want("stale", h.told(), "no run has succeeded for longer than stale_after; syncd status says more")
	h.want("still stale", h.told())
	h.stale, h.young = false, true
	h.want("stale to the process that told", h.told())
	h.young = false
	h.stale = false
	h.want("well again", h.told(), "runs succeed again")

	for _, message := range h.got {
		if strings.Contains(message, "Ada") || strings.Contains(message, "C-") {
			t.Errorf("a message has a value or a key: %q", message)
		}
	}
}

func TestWebhookThatIsAway(t *testing.T) {
	h := newHook(t)
	h.status = http.StatusServiceUnavailable
	h.want("away", h.after(engine.Report{RunID: 1, Status: state.RunFailed}))
	h.status = http.StatusOK
	h.want("too early", h.told())
	h.pass(noticeClaim)
	h.want("a minute later", h.told(), "run 1 failed; syncd runs 1 says why")

	// What became well before people were told is not worth a word.
	h.status = http.StatusServiceUnavailable
	h.want("away", h.after(engine.Report{RunID: 2, Status: state.RunDone}))
	h.status = http.StatusOK
	h.pass(maxNoticeWait)
	h.want("it failed again", h.after(engine.Report{RunID: 3, Status: state.RunFailed}))

	h.sync.Notify = "http://127.0.0.1:1/services/" + hookSecret // nobody listens
	h.want("away", h.after(engine.Report{RunID: 4, Status: state.RunDone}))
	if log := h.log.String(); strings.Contains(log, hookSecret) || strings.Count(log, "notification not sent") != 3 {
		t.Errorf("want three complaints without the address:\n%s", log)
	}
}

func TestNobodyIsToldWithoutAnAddress(t *testing.T) {
	h := newHook(t)
	h.sync.Notify = ""
	h.want("no address", h.after(engine.Report{RunID: 1, Status: state.RunFailed}))
}

// TestSchedulerNotifies has the process that runs the sync tell, and the others not.
func TestSchedulerNotifies(t *testing.T) {
	h := newHook(t)
	h.pass(0)
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "syncd.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	c := &config.Config{Lease: 6 * time.Second, Retention: time.Hour, MaxConcurrentRuns: 8, Syncs: []config.Sync{
		{Name: "customers", Schedule: "@every 1s", StaleAfter: time.Hour, Notify: config.Secret(h.url)}}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	b := &bench{T: t, store: store, config: c, since: time.Now()}
	b.run = func(context.Context, string) error {
		if b.count("customers") > 2 {
			cancel()
		}
		return errors.New("Quo is away")
	}
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			if err := b.scheduler().Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if len(h.got) != 1 || !strings.Contains(h.got[0], "no run could begin") {
		t.Errorf("got %q, want one message", h.got)
	}
}
