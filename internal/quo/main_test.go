package quo

import (
	"cmp"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"syncd/internal/contact"
	"syncd/internal/quo/quosim"
	"syncd/internal/quo/quosim/openapitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	key   = "Zx81-very-secret-key"
	label = "syncd-customers"
)

// newWorkspace returns an unlimited workspace and a client of it that hardly waits before it repeats.
func newWorkspace(t *testing.T, change ...func(*quosim.Options, *Options)) (*quosim.Workspace, *Client) {
	t.Helper()
	at := quosim.Options{Keys: []string{key}, RequestsPerSecond: -1, Order: quosim.OrderByCreation}
	options := Options{}
	for _, f := range change {
		f(&at, &options)
	}
	w, err := quosim.New(at)
	if err != nil {
		t.Fatal(err)
	}
	return w, serve(t, w, options)
}

// strict has everything that passes checked against the API's document. Not for tests with broken answers.
func strict(t *testing.T, w *quosim.Workspace, options Options) *Client {
	return serve(t, openapitest.Middleware(t, w), options)
}

// serve returns a client of h, over loopback and under a path.
func serve(t *testing.T, h http.Handler, options Options) *Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	options.BaseURL = server.URL + "/some/path/"
	return newClient(t, options)
}

func newClient(t *testing.T, options Options) *Client {
	options.APIKey = key
	options.FirstWait = cmp.Or(options.FirstWait, time.Millisecond)
	c := New(options)
	t.Cleanup(c.Close)
	return c
}

// answering returns a handler that answers everything alike.
func answering(status int, kind, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		w.Write([]byte(body))
	})
}

func add(t *testing.T, w *quosim.Workspace, k quosim.Contact) quosim.Contact {
	t.Helper()
	added, err := w.Add(k)
	if err != nil {
		t.Fatal(err)
	}
	return added
}

// ada returns a contact with something everywhere, to be created.
func ada() contact.Contact {
	k := contact.New(label, "C-1042")
	k.SourceURL = "https://crm.example.com/C-1042"
	k.FirstName, k.LastName, k.Company, k.Role = "Ada", "Byron", "Engines & Co", "CTO"
	k.PhoneNumbers = []contact.Item{{Name: "mobile", Value: "+14155550100"}, {Name: "work", Value: "+14155550101"}}
	k.Emails = []contact.Item{{Name: "work", Value: "ada@example.com"}}
	k.CustomFields = []contact.CustomField{
		{Key: "66d0d87d534de8fd1c433c01", Value: []byte(`"fair"`)},
		{Key: "66d0d87d534de8fd1c433c04", Value: []byte(`["gold","press"]`)},
		{Key: "1695829375142", Value: []byte(`7.5`)},
	}
	return k
}

// checkError sees to it that there is an error, that it is exactly the wanted ones of ours, and that it does not hold
// the key.
func checkError(t *testing.T, err error, want ...error) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one that is %v", want)
	}
	if strings.Contains(err.Error(), key) {
		t.Errorf("the key is in the error: %v", err)
	}
	var typed *Error
	if !errors.As(err, &typed) {
		t.Errorf("got an error of type %T, want *Error: %v", err, err)
	}
	wanted := map[error]bool{}
	for _, w := range want {
		wanted[w] = true
		if !errors.Is(err, w) {
			t.Errorf("error %q is not %q", err, w)
		}
	}
	for _, s := range []error{
		ErrInvalid, ErrUnauthorized, ErrPayment, ErrForbidden, ErrNotFound, ErrConflict, ErrUnheard,
	} {
		if !wanted[s] && errors.Is(err, s) {
			t.Errorf("error %q is %q too", err, s)
		}
	}
}

func count(t *testing.T, w *quosim.Workspace, want int) {
	t.Helper()
	if got := len(w.Requests()); got != want {
		t.Errorf("got %d requests, want %d", got, want)
	}
}
