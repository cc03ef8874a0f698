package quo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

// newTransport returns a transport whose connections stay open between requests.
func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 32
	t.IdleConnTimeout = 30 * time.Second
	// Without pings a connection that died silently takes every request of the next minutes with it.
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second}
	return t
}

// withoutRedirects returns a copy of client that hands out redirects instead of following them.
func withoutRedirects(client *http.Client) *http.Client {
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// answer is an HTTP answer.
type answer struct {
	status int
	header http.Header
	body   []byte
	cut    error // why the body is not whole
}

// succeeded reports whether the status is one of those that Quo's successes have.
func (a answer) succeeded() bool {
	return a.status == http.StatusOK || a.status == http.StatusCreated || a.status == http.StatusNoContent
}

// html reports whether the body is a web page, which Quo's API never sends but for a URL that it does not know.
func (a answer) html() bool {
	kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	return kind == "text/html" || bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("<"))
}

// send makes one HTTP exchange. An error means that no answer came; left is false when the request surely did not leave
// either. A write that is under way is not given up at once when ctx ends: see [Outlive].
func (c *Client) send(ctx context.Context, r request) (a answer, left bool, err error) {
	if r.writes() {
		var free context.CancelFunc
		ctx, free = Outlive(ctx)
		defer free()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.options.Timeout, fmt.Errorf("no answer within %s", c.options.Timeout))
	defer cancel()
	var wanted, got atomic.Bool // a connection
	req, err := c.newRequest(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { wanted.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { got.Store(true) },
	}), r)
	if err != nil {
		return answer{}, false, bare(err)
	}
	res, err := c.options.HTTP.Do(req)
	if err != nil { // a transport that says nothing of connections may have sent it
		return answer{}, got.Load() || !wanted.Load(), causeOf(ctx, err)
	}
	defer res.Body.Close()
	c.lookAtClock(res.Header)
	a = answer{status: res.StatusCode, header: res.Header}
	if a.body, err = c.readBody(res, r.limit+1); err != nil {
		a.cut = fmt.Errorf("the answer breaks off: %w", causeOf(ctx, err))
	} else if int64(len(a.body)) > r.limit {
		a.cut = fmt.Errorf("the answer is larger than %d MB", r.limit>>20)
	}
	return a, true, nil
}

// lookAtClock notes the server's time of an answer.
func (c *Client) lookAtClock(header http.Header) {
	if at, err := http.ParseTime(header.Get("Date")); err == nil {
		ahead := time.Until(at)
		c.ahead.Store(&ahead)
	}
}

// Ahead returns how far the server's clock was ahead of this machine's when it last answered, to a second or two; known is
// false before.
func (c *Client) Ahead() (ahead time.Duration, known bool) {
	last := c.ahead.Load()
	if last == nil {
		return 0, false
	}
	return *last, true
}

// readBody reads a body up to a limit, into memory that an earlier answer had or as much as this one says that it needs.
func (c *Client) readBody(res *http.Response, limit int64) ([]byte, error) {
	room, _ := c.bodies.Get().(*[]byte)
	if room == nil {
		room = new([]byte)
	}
	body := bytes.NewBuffer((*room)[:0])
	if res.ContentLength > 0 {
		body.Grow(int(min(res.ContentLength, limit)) + bytes.MinRead) // which a last read needs that finds the end
	}
	_, err := body.ReadFrom(io.LimitReader(res.Body, limit))
	return body.Bytes(), err
}

func (c *Client) newRequest(ctx context.Context, r request) (*http.Request, error) {
	// A plain reader can be sent once only, so that the transport never repeats a request by itself, past the
	// throttle and the gate.
	body := io.NopCloser(bytes.NewReader(r.body))
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, body)
	if err != nil {
		return nil, err
	}
	req.ContentLength = int64(len(r.body))
	req.Header.Set("Authorization", c.options.APIKey)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.options.UserAgent)
	if len(r.body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// causeOf says why a request failed: when its context ended, the reason for that.
func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return bare(err)
}

// bare takes away the URL, whose query holds the external ids of a look-up.
func bare(err error) error {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		return withURL.Err
	}
	return err
}
