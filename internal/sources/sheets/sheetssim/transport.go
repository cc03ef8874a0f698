package sheetssim

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
)

// Transport reaches the server without a network: see [NewTransport].
func (s *Spreadsheet) Transport() http.RoundTripper { return NewTransport(s) }

// NewTransport reaches a handler without a network, so that it works under testing/synctest. A connection that is cut is
// an error here too. Requests that a client gives up on go on in the server.
func NewTransport(h http.Handler) http.RoundTripper { return transport{h} }

type transport struct{ server http.Handler }

type outcome struct {
	answer *http.Response
	err    error
}

var errCut = errors.New("connection reset by peer")

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	done := make(chan outcome, 1)
	go func() { done <- t.serve(r.Clone(r.Context())) }()
	select {
	case o := <-done:
		return o.answer, o.err
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func (t transport) serve(r *http.Request) (o outcome) {
	defer r.Body.Close()
	w := httptest.NewRecorder()
	defer func() {
		switch p := recover(); {
		case p == nil:
			o.answer = w.Result()
			o.answer.Request = r
		case p != http.ErrAbortHandler: //nolint:errorlint // what http.Server compares it with
			panic(p)
		case w.Flushed: // in the middle of the body
			o.answer = w.Result()
			o.answer.Body = struct {
				io.Reader
				io.Closer
			}{io.MultiReader(o.answer.Body, broken{}), o.answer.Body}
		default:
			o.err = errCut
		}
	}()
	t.server.ServeHTTP(w, r)
	return o
}

// broken is the end of a body whose connection was cut.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
