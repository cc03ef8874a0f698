package quosim

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"
)

// maxBody is the largest request body in bytes.
const maxBody = 1 << 20

// call is one request on its way through the workspace.
type call struct {
	request   *http.Request
	route, id string
	body      []byte
	number    int
	remaining int  // of the key's requests in this second
	inLimit   bool // this one is not too many
	record    *Request
}

// rewound returns the request with its body to be read anew.
func (c *call) rewound() *http.Request {
	c.request.Body = io.NopCloser(bytes.NewReader(c.body))
	return c.request
}

// ServeHTTP serves the API under any prefix. A connection that a fault cuts ends in a panic with
// http.ErrAbortHandler, as http.Server expects it.
func (w *Workspace) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	c := w.arrive(r)
	if err := w.readBody(rw, c); err != nil {
		panic(http.ErrAbortHandler) // the client went away in the middle of its request
	}
	w.mu.Lock()
	before := w.before
	w.limit.headers(rw.Header(), c.remaining)
	w.mu.Unlock()
	if before != nil {
		before(c.number, c.rewound())
	}
	w.answer(rw, c)
}

// arrive records the request and counts it against the limit.
func (w *Workspace) arrive(r *http.Request) *call {
	c := &call{request: r}
	c.route, c.id = routeOf(r)
	w.mu.Lock()
	defer w.mu.Unlock()
	c.record = &Request{
		At: time.Now(), Key: r.Header.Get("Authorization"), Route: c.route,
		Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(),
	}
	w.arrivals++
	c.number = w.log.add(c.record)
	w.store.reveal(w.arrivals)
	bucket := c.record.Key
	if !w.accepts(bucket) {
		bucket = "" // whatever the keys, or memory would grow
	}
	c.remaining, c.inLimit = w.limit.arrive(bucket, c.record.At)
	return c
}

func (w *Workspace) accepts(key string) bool { return slices.Contains(w.options.Keys, key) }

func (w *Workspace) readBody(rw http.ResponseWriter, c *call) (err error) {
	c.body, err = io.ReadAll(http.MaxBytesReader(rw, c.request.Body, maxBody))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		c.body, err = nil, nil // refused as malformed
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	c.record.Body = c.body
	return err
}

// answer decides on the answer, spoils it if it shall have a fault, and sends it.
func (w *Workspace) answer(rw http.ResponseWriter, c *call) {
	a, refused := w.gate(rw, c)
	if refused {
		w.finish(c, a.status)
		a.send(rw)
		return
	}
	f := w.faults.next(c)
	if f != nil && f.early() {
		time.Sleep(f.Delay)
	}
	switch {
	case f.is(CutBefore):
		w.cut(c)
	case f.is(Refuse):
		a = w.fail(rw, c, f.status())
	default:
		a = w.act(c, f)
	}
	if f != nil && !f.early() {
		time.Sleep(f.Delay)
		a = w.spoil(rw, c, a, f)
	}
	w.finish(c, a.status)
	a.send(rw)
}

// gate answers what does not get through to the contacts.
func (w *Workspace) gate(rw http.ResponseWriter, c *call) (a answer, refused bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case c.route == "":
		return htmlAnswer(http.StatusNotFound, "Cannot "+c.record.Method+" "+c.record.Path), true
	case c.record.Key == "":
		return w.refuse(c.route, newProblem(http.StatusUnauthorized, "Missing authorization header")), true
	case !w.accepts(c.record.Key):
		return w.refuse(c.route, newProblem(http.StatusUnauthorized, "Invalid API key")), true
	case !c.inLimit:
		return w.tooMany(rw, c), true
	default:
		return answer{}, false
	}
}

func (w *Workspace) tooMany(rw http.ResponseWriter, c *call) answer {
	if w.options.RetryAfter {
		rw.Header().Set("Retry-After", "1")
	}
	return w.refuse(c.route, newProblem(http.StatusTooManyRequests, ""))
}

// fail makes the answer of a fault with a status.
func (w *Workspace) fail(rw http.ResponseWriter, c *call, status int) answer {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch status {
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return htmlAnswer(status, http.StatusText(status))
	case http.StatusTooManyRequests:
		w.limit.headers(rw.Header(), 0)
		return w.tooMany(rw, c)
	default:
		return w.refuse(c.route, newProblem(status, ""))
	}
}

// spoil does what a fault does to the answer.
func (w *Workspace) spoil(rw http.ResponseWriter, c *call, a answer, f *Fault) answer {
	switch f.Kind {
	case FailAfter:
		return w.fail(rw, c, f.status())
	case CutAfter:
		w.cut(c)
	case TruncateJSON:
		a.body = a.body[:len(a.body)/2]
	case EmptyBody:
		return answer{status: http.StatusOK, contentType: jsonType}
	case CutBody:
		w.finish(c, 0)
		a.sendHalf(rw)
		panic(http.ErrAbortHandler)
	}
	return a
}

func (w *Workspace) cut(c *call) {
	w.finish(c, 0)
	panic(http.ErrAbortHandler)
}

// finish records the status and lets the hook look on before the client can know the answer.
func (w *Workspace) finish(c *call, status int) {
	w.mu.Lock()
	c.record.Status = status
	after := w.after
	w.mu.Unlock()
	if after != nil {
		after(c.number, c.rewound(), status)
	}
}
