package quo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"syncd/internal/contact"
	"syncd/internal/quo/quosim"
)

// faults returns every fault that can pass by itself.
func faults() map[string]quosim.Fault {
	return map[string]quosim.Fault{
		"429":               {Kind: quosim.Refuse, Status: 429},
		"500":               {Kind: quosim.Refuse, Status: 500},
		"502, a web page":   {Kind: quosim.Refuse, Status: 502},
		"503":               {Kind: quosim.Refuse, Status: 503},
		"500 after acting":  {Kind: quosim.FailAfter, Status: 500},
		"504 after acting":  {Kind: quosim.FailAfter, Status: 504},
		"cut before acting": {Kind: quosim.CutBefore},
		"cut after acting":  {Kind: quosim.CutAfter},
		"half a body":       {Kind: quosim.CutBody},
		"truncated JSON":    {Kind: quosim.TruncateJSON},
		"empty body":        {Kind: quosim.EmptyBody},
		"no page token":     {Kind: quosim.DropPageToken},
		"page token again":  {Kind: quosim.RepeatPageToken},
	}
}

// TestWriteFaults has one fault hit each write: what the client says of the outcome must be what happened.
func TestWriteFaults(t *testing.T) {
	for name, fault := range faults() {
		if fault.Kind >= quosim.DropPageToken {
			continue
		}
		t.Run("create, "+name, func(t *testing.T) {
			w, c := newWorkspace(t)
			fault.Match = quosim.On(quosim.RouteCreate)
			w.Inject(fault)
			k, err := c.Create(t.Context(), ada(), nil)
			if fault.Status == 429 {
				if err != nil || k.ID == "" || c.Calls() != (Calls{Create: 2, Retries: 1, Throttled: 1}) {
					t.Errorf("a 429 was not survived: %v, %+v", err, c.Calls())
				}
				return
			}
			checkError(t, err, ErrUnheard)
			count(t, w, 1)
		})
		t.Run("update, "+name, func(t *testing.T) {
			w, c := newWorkspace(t)
			was := add(t, w, quosim.Contact{FirstName: new("Ada")})
			k, err := c.Get(t.Context(), was.ID)
			if err != nil {
				t.Fatal(err)
			}
			k.Role = "CTO"
			fault.Match = quosim.On(quosim.RouteUpdate)
			w.Inject(fault)
			k, err = c.Update(t.Context(), k, nil)
			if err != nil || k.Role != "CTO" || w.PendingFaults() > 0 {
				t.Errorf("got %+v, %v, want the new role", k, err)
			}
			count(t, w, 3) // one more update, or a get where the update was accepted with a broken answer
		})
		t.Run("delete, "+name, func(t *testing.T) {
			w, c := newWorkspace(t)
			was := add(t, w, quosim.Contact{FirstName: new("Ada")})
			fault.Match = nil
			w.Inject(fault)
			if err := c.Delete(t.Context(), was.ID, nil); err != nil || w.PendingFaults() > 0 {
				t.Error(err)
			}
			if _, there := w.Get(was.ID); there {
				t.Error("the contact is still there")
			}
		})
	}
}

// TestWritesThatStayBroken has the same faults hit all attempts.
func TestWritesThatStayBroken(t *testing.T) {
	for name, fault := range faults() {
		if fault.Kind >= quosim.DropPageToken {
			continue
		}
		fault.Times = -1
		want := []error{ErrUnheard}
		if fault.Status == 429 {
			want = nil // surely not carried out
		}
		t.Run("update, "+name, func(t *testing.T) {
			w, c := newWorkspace(t)
			was := add(t, w, quosim.Contact{FirstName: new("Ada")})
			k, err := c.Get(t.Context(), was.ID)
			if err != nil {
				t.Fatal(err)
			}
			w.Inject(fault)
			_, err = c.Update(t.Context(), k, nil)
			checkError(t, err, want...)
			if got := c.Calls(); got.Update > 5 || got.Get > 1+5 {
				t.Errorf("made too many attempts: %+v", got)
			}
		})
		t.Run("create, "+name, func(t *testing.T) {
			w, c := newWorkspace(t)
			w.Inject(fault)
			_, err := c.Create(t.Context(), ada(), nil)
			checkError(t, err, want...)
			if n := len(w.Contacts()); n > 1 {
				t.Errorf("made %d contacts", n)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for _, wrapped := range []bool{false, true} {
		for status, want := range map[int]error{
			400: ErrInvalid, 422: ErrInvalid, 401: ErrUnauthorized, 402: ErrPayment, 403: ErrForbidden,
			404: ErrNotFound, 409: ErrConflict,
		} {
			t.Run(fmt.Sprintf("%d, wrapped %v", status, wrapped), func(t *testing.T) {
				w, c := newWorkspace(t, func(at *quosim.Options, _ *Options) { at.WrappedErrors = wrapped })
				w.Inject(quosim.Fault{Kind: quosim.Refuse, Status: status, Times: -1})
				ctx, k := t.Context(), ada()
				_, err := c.Create(ctx, k, nil)
				checkError(t, err, want)
				k.ID = "65f0c1"
				_, err = c.Update(ctx, k, nil)
				checkError(t, err, want)
				_, err = c.Get(ctx, "65f0c1")
				checkError(t, err, want)
				_, err = list(ctx, c, "")
				checkError(t, err, want)
				if err := c.Delete(ctx, "65f0c1", nil); status != 404 {
					checkError(t, err, want)
				} else if err != nil {
					t.Errorf("delete of what is gone: %v", err)
				}
				count(t, w, 5) // none is repeated
			})
		}
	}
}

func TestConflict(t *testing.T) {
	w, _ := newWorkspace(t)
	c := strict(t, w, Options{})
	if _, err := c.Create(t.Context(), ada(), nil); err != nil {
		t.Fatal(err)
	}
	_, err := c.Create(t.Context(), ada(), nil)
	checkError(t, err, ErrConflict)
}

func TestTimeout(t *testing.T) {
	w, c := newWorkspace(t, func(_ *quosim.Options, o *Options) {
		o.Timeout, o.MaxAttempts = 20*time.Millisecond, 2
	})
	answered := make(chan struct{}, 8)
	w.AfterRequest(func(int, *http.Request, int) { answered <- struct{}{} })
	w.Inject(quosim.Fault{Kind: quosim.SlowBefore, Delay: 100 * time.Millisecond, Times: -1})
	_, err := c.Create(t.Context(), ada(), nil)
	checkError(t, err, ErrUnheard)
	if want := "quo: create contact C-1042: no answer within 20ms; the outcome is unknown"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	_, err = c.Get(t.Context(), "65f0c1")
	checkError(t, err)
	if errors.Is(err, context.DeadlineExceeded) {
		t.Error("the time limit of one request looks like the end of the run")
	}
	count(t, w, 3)
	for range 3 {
		<-answered
	}
	if n := len(w.Contacts()); n != 1 {
		t.Errorf("%d contacts came of it, want 1", n)
	}
}

func TestNoServer(t *testing.T) {
	gates := 0
	gate := &Gate{Record: func(context.Context) error { gates++; return nil }}
	c := newClient(t, Options{BaseURL: "http://127.0.0.1:1"})
	_, err := c.Create(t.Context(), ada(), gate)
	checkError(t, err) // surely not made
	checkError(t, c.Delete(t.Context(), "65f0c1", gate))
	if gates != 10 {
		t.Errorf("the gates were asked %d times, want once per attempt", gates)
	}
	wrong := newClient(t, Options{BaseURL: "::not a URL", MaxAttempts: 1})
	_, err = wrong.Create(t.Context(), ada(), nil)
	checkError(t, err)
}

// silent is a transport that says nothing of its connections.
type silent struct{ requests int }

func (s *silent) RoundTrip(*http.Request) (*http.Response, error) {
	s.requests++
	return nil, errors.New("connection reset by " + key)
}

func TestCreateOverASilentTransport(t *testing.T) {
	transport := &silent{}
	c := newClient(t, Options{BaseURL: "http://quo.example", HTTP: &http.Client{Transport: transport}})
	_, err := c.Create(t.Context(), ada(), nil)
	checkError(t, err, ErrUnheard)
	if transport.requests != 1 {
		t.Errorf("sent %d times, want once", transport.requests)
	}
}

// TestNoHiddenRepeats cuts a connection that was used before: net/http would send such a GET again by itself, past the
// throttle.
func TestNoHiddenRepeats(t *testing.T) {
	w, c := newWorkspace(t)
	if _, err := c.CustomFields(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Inject(quosim.Fault{Kind: quosim.CutBefore})
	if _, err := c.CustomFields(t.Context()); err != nil {
		t.Fatal(err)
	}
	count(t, w, 3)
	if got := (Calls{CustomFields: 3, Retries: 1}); c.Calls() != got {
		t.Errorf("counted %+v, want %+v", c.Calls(), got)
	}
}

func TestGate(t *testing.T) {
	lost := errors.New("the lease was lost")
	t.Run("shut", func(t *testing.T) {
		w, c := newWorkspace(t)
		shut := &Gate{Record: func(context.Context) error { return lost }}
		_, err := c.Create(t.Context(), ada(), shut)
		checkError(t, err, lost)
		checkError(t, c.Delete(t.Context(), "65f0c1", shut), lost)
		count(t, w, 0)
		if c.Calls() != (Calls{}) {
			t.Errorf("counted %+v, want nothing", c.Calls())
		}
	})
	t.Run("shut after an attempt that went unheard", func(t *testing.T) {
		w, c := newWorkspace(t)
		was := add(t, w, quosim.Contact{})
		w.Inject(quosim.Fault{Kind: quosim.CutAfter})
		gates := 0
		err := c.Delete(t.Context(), was.ID, &Gate{Allow: func() error {
			if gates++; gates > 1 {
				return lost
			}
			return nil
		}})
		checkError(t, err, lost, ErrUnheard)
		count(t, w, 1)
	})
}

func TestCancelledInFlight(t *testing.T) {
	t.Run("what is in flight finishes", func(t *testing.T) {
		w, c := newWorkspace(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w.OnRequest(func(int, *http.Request) { cancel() })
		k, err := c.Create(ctx, ada(), nil)
		if err != nil || k.ID == "" {
			t.Errorf("got %+v, %v, want the contact", k, err)
		}
	})
	t.Run("nothing more is sent", func(t *testing.T) {
		w, c := newWorkspace(t)
		was := add(t, w, quosim.Contact{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w.OnRequest(func(int, *http.Request) { cancel() })
		w.Inject(quosim.Fault{Kind: quosim.FailAfter})
		checkError(t, c.Delete(ctx, was.ID, nil), context.Canceled, ErrUnheard)
		count(t, w, 1)
	})
	t.Run("before it is sent", func(t *testing.T) {
		w, c := newWorkspace(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := c.Create(ctx, ada(), nil)
		checkError(t, err, context.Canceled)
		count(t, w, 0)
	})
	t.Run("a read is given up", func(t *testing.T) {
		w, c := newWorkspace(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w.OnRequest(func(int, *http.Request) { cancel(); time.Sleep(50 * time.Millisecond) })
		_, err := c.Get(ctx, "65f0c1")
		checkError(t, err, context.Canceled)
	})
}

// TestAcceptedWithoutAContact is about answers to writes that are accepted and still say too little.
func TestAcceptedWithoutAContact(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(id string) string
		create bool // is heard
		update bool
	}{
		{"an id only", func(id string) string { return `{"data":{"id":"` + id + `"}}` }, true, true},
		{"no id", func(string) string { return `{"data":{}}` }, false, true},
		{"no JSON", func(string) string { return `OK` }, false, true},
		{"a web page", func(string) string { return `<html>sign in</html>` }, false, false},
		{"an id that is not there", func(string) string { return `{"data":{"id":"nowhere"}}` }, false, true},
	} {
		w, real := newWorkspace(t)
		created, err := real.Create(t.Context(), ada(), nil)
		if err != nil {
			t.Fatal(err)
		}
		c := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				w.ServeHTTP(rw, r)
				return
			}
			rw.Write([]byte(test.answer(created.ID)))
		}), Options{})
		check := func(t *testing.T, heard bool, k contact.Contact, err error) {
			t.Helper()
			if !heard {
				checkError(t, err, ErrUnheard)
				return
			}
			if err != nil || k.ContentHash() != created.ContentHash() {
				t.Errorf("got %+v, %v, want the whole contact", k, err)
			}
		}
		t.Run("create, "+test.name, func(t *testing.T) {
			k, err := c.Create(t.Context(), ada(), nil)
			check(t, test.create, k, err)
		})
		t.Run("update, "+test.name, func(t *testing.T) {
			k, err := c.Update(t.Context(), created, nil)
			check(t, test.update, k, err)
		})
	}
}
