// Package browser opens the page that `syncd plan -o html` prints in a real Chromium. It is a module of its own, so that
// neither syncd nor its tests need a browser; .ci/run installs one.
package browser

import (
	"bytes"
	"context"
	"image/png"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	config = `quo: {base_url: "sandbox:quo.json", requests_per_second: 1000}
region: US
syncs:
  - name: customers
    source: {csv: {path: rows.csv, key: id}}
    fields: {firstName: First, lastName: Last, phoneNumbers: {mobile: Phone}}
    deletes: {grace: 0s}
    brake: {deletes: 100%}
`
	before = `id,First,Last,Phone
C-1,Ann,Lee,415-555-0100
C-2,Bob,Ray,415-555-0101
C-3,Cid,Poe,415-555-0102
C-4,Dee,Fox,415-555-0103
C-5,Eve,Oak,415-555-0104
`
	// A new row whose name has an accent, a changed one, one that both sides changed, one that is gone, one whose contact
	// is gone, and one that cannot be read.
	after = `id,First,Last,Phone
C-1,Annie,Lee,415-555-0100
C-2,Bobby,Ray,415-555-0101
C-4,Dee,Fox,415-555-0103
C-5,Eve,Oak,not a number
C-6,Zoë,Müller,415-555-0105
`
)

// plan returns the page of a plan that has every kind of record.
func plan(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	syncd := filepath.Join(t.TempDir(), "syncd")
	build := exec.Command("go", "build", "-o", syncd, "./cmd/syncd")
	build.Dir = "../../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) string {
		cmd := exec.Command(syncd, args...)
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("syncd %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	write("syncd.yaml", config)
	write("rows.csv", before)
	run("run", "--once")
	ids := map[string]string{} // by key
	for line := range strings.Lines(run("sandbox", "list", "--file", "quo.json")) {
		words := strings.Fields(line)
		ids[words[len(words)-1]] = words[0]
	}
	run("sandbox", "edit", ids["C-2"], "--file", "quo.json", "--first-name", "Rob")
	run("sandbox", "delete", ids["C-4"], "--file", "quo.json")
	write("rows.csv", after)
	page := filepath.Join(dir, "plan.html")
	write("plan.html", run("plan", "-o", "html"))
	return page
}

// tab is a page in a browser, and what it did that it should not.
type tab struct {
	*testing.T
	ctx context.Context

	mu      sync.Mutex
	asked   []string // the addresses that were loaded
	grumble []string // what the console says
}

func open(t *testing.T, path string) *tab {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.NoSandbox)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	b := &tab{T: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.heard); err != nil {
		t.Fatalf("no browser: %v: install the package chromium", err)
	}
	address := url.URL{Scheme: "file", Path: path}
	b.do(chromedp.EmulateViewport(1100, 900), chromedp.Navigate(address.String()))
	return b
}

// heard notes an event.
func (b *tab) heard(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.asked = append(b.asked, e.Request.URL)
	case *log.EventEntryAdded:
		b.grumble = append(b.grumble, e.Entry.Text)
	case *runtime.EventExceptionThrown:
		b.grumble = append(b.grumble, e.ExceptionDetails.Text)
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.Fatal(err)
	}
}

// shown returns the kinds and keys of the records that a person sees.
func (b *tab) shown() []string {
	b.Helper()
	records, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("details, .record")]
		.filter(e => e.checkVisibility()).map(e => e.parentElement.dataset.kind + " " + /C-\d|row \d/.exec(e.textContent)[0])`))
	if err != nil {
		b.Fatal(err)
	}
	return records
}

func (b *tab) want(what string, want ...string) {
	b.Helper()
	if got := b.shown(); !slices.Equal(got, want) {
		b.Errorf("%s: %q, want %q", what, got, want)
	}
}

// photograph takes a picture of the page, which must not be blank, and keeps it in the directory SCREENSHOTS.
func (b *tab) photograph(name string, width int64) {
	b.Helper()
	b.do(chromedp.EmulateViewport(width, 900))
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.Fatal(err)
	}
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		b.Fatal(err)
	}
	colors := map[any]bool{}
	for x := range decoded.Bounds().Dx() {
		for y := range decoded.Bounds().Dy() {
			colors[decoded.At(x, y)] = true
		}
	}
	if len(colors) < 16 || int64(decoded.Bounds().Dx()) != width {
		b.Errorf("the picture %s is %v and has %d colours", name, decoded.Bounds(), len(colors))
	}
	if wide, err := chromedp.Run(b.ctx, chromedp.Evaluate[int64]("document.documentElement.scrollWidth")); err != nil || wide > width {
		b.Errorf("the page is %d wide in a window of %d: %v", wide, width, err)
	}
}

func TestPlanPage(t *testing.T) {
	path := plan(t)
	b := open(t, path)
	all := []string{"create C-6", "update C-1", "delete C-3", "unlink C-4", "conflict C-2", "problem row 5"}
	b.want("at first", all...)
	b.photograph("wide", 1100)
	b.photograph("phone", 390)

	search := chromedp.CSS("#search")
	b.do(chromedp.SendKeys(search, "muller"))
	b.want("a name, typed without its accents", "create C-6")
	b.do(chromedp.SendKeys(search, kb.Escape+"555-0199 nobody"))
	b.want("what is not there")
	if text, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS("main"))); err != nil || !strings.Contains(text, "Nothing matches.") {
		t.Errorf("%v: the page says %q", err, text)
	}
	b.do(chromedp.SendKeys(search, kb.Escape))
	b.want("nothing", all...)

	b.do(chromedp.Click(chromedp.CSS("input[value=create]")), chromedp.Click(chromedp.CSS("input[value=delete]")))
	b.want("without two kinds", "update C-1", "unlink C-4", "conflict C-2", "problem row 5")
	b.do(chromedp.SendKeys(search, "annie"))
	b.want("a name among the kinds that are left", "update C-1")

	b.mu.Lock()
	defer b.mu.Unlock()
	for _, address := range b.asked {
		if !strings.HasSuffix(address, path) {
			t.Errorf("the page loaded %s", address)
		}
	}
	if len(b.asked) == 0 || len(b.grumble) > 0 {
		t.Errorf("%d loads; the console says %q", len(b.asked), b.grumble)
	}
}
