//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"syncd/internal/quo/quosim"
)

// workspace is a Quo workspace in a process of its own.
type workspace struct {
	cmd *exec.Cmd
	in  io.Closer
	out *json.Decoder
	url string
}

// sight is what a workspace saw in its time.
type sight struct {
	Used          float64 // of the limit, by the creates
	FullestSecond int     // requests in it
	Refused       int     // requests that were too many
	// The time from the last read of a contact to the answer to its update.
	LongestWindow, MiddleWindow time.Duration
}

// startWorkspace starts this program anew, as the workspace.
func startWorkspace(ctx context.Context, perSecond int, latency time.Duration) (*workspace, error) {
	if perSecond == unlimited {
		perSecond = -1
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-serve", fmt.Sprint("-requests-per-second=", perSecond), "-latency="+latency.String())
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	w := &workspace{cmd: cmd, in: in, out: json.NewDecoder(out)}
	return w, w.out.Decode(&w.url)
}

// close ends the workspace and returns what it saw.
func (w *workspace) close() (seen sight, err error) {
	w.in.Close()
	return seen, errors.Join(w.out.Decode(&seen), w.cmd.Wait())
}

// serve is a workspace in memory until stdin ends. It prints its address first and what it saw last.
func serve(ctx context.Context, perSecond int, latency time.Duration, stdin io.Reader, out io.Writer) error {
	o := quosim.Options{RequestsPerSecond: perSecond, KeepRequests: -1}
	if latency > 0 {
		o.KeepRequests = 0
	}
	quo, err := quosim.New(o)
	if err != nil {
		return err
	}
	w := &witness{Workspace: quo, readAt: map[string]time.Time{}}
	var handler http.Handler = quo
	if latency > 0 {
		quo.Inject(quosim.Fault{Kind: quosim.SlowAfter, Delay: latency, Times: -1})
		handler = w
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener) //nolint:errcheck // it ends with Close
	defer func() { _ = server.Close() }()
	say := json.NewEncoder(out)
	if err := say.Encode("http://" + listener.Addr().String()); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, stdin); err != nil {
		return err
	}
	return say.Encode(w.sight(perSecond))
}

// witness looks on as contacts are read and updated.
type witness struct {
	*quosim.Workspace
	mu      sync.Mutex
	readAt  map[string]time.Time // when a contact was last read, by id
	windows []time.Duration
}

func (w *witness) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	start, copied := time.Now(), &bytes.Buffer{}
	w.Workspace.ServeHTTP(copying{rw, copied}, r)
	w.mu.Lock()
	defer w.mu.Unlock()
	id := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	switch r.Method {
	case http.MethodGet:
		for _, id := range idsIn(copied.Bytes()) {
			w.readAt[id] = start
		}
	case http.MethodPatch:
		w.windows = append(w.windows, time.Since(w.readAt[id]))
	}
}

// copying is an answer that is kept as well.
type copying struct {
	http.ResponseWriter
	copied io.Writer
}

func (c copying) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.copied.Write(p[:n]) //nolint:errcheck // a buffer
	return n, err
}

// idsIn returns the ids of the contacts in a page; none when it is something else.
func idsIn(answer []byte) (ids []string) {
	var page struct{ Data []struct{ ID string } }
	if json.Unmarshal(answer, &page) != nil {
		return nil
	}
	for _, k := range page.Data {
		ids = append(ids, k.ID)
	}
	return ids
}

// sight sums up.
func (w *witness) sight(perSecond int) (seen sight) {
	var all, creates []time.Time
	for _, r := range w.Requests() {
		all = append(all, r.At)
		if r.Status == http.StatusTooManyRequests {
			seen.Refused++
		}
		if r.Route == quosim.RouteCreate {
			creates = append(creates, r.At)
		}
	}
	from := 0
	for i, at := range all {
		for at.Sub(all[from]) >= time.Second {
			from++
		}
		seen.FullestSecond = max(seen.FullestSecond, i-from+1)
	}
	if n := len(creates); n > 1 {
		seen.Used = float64(n-1) / creates[n-1].Sub(creates[0]).Seconds() / float64(perSecond)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.Sort(w.windows)
	if n := len(w.windows); n > 0 {
		seen.LongestWindow, seen.MiddleWindow = w.windows[n-1], w.windows[n/2]
	}
	return seen
}
