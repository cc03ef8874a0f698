package quo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"syncd/internal/contact"
)

// Options say how to reach a workspace.
type Options struct {
	BaseURL     string        // without /v1; a path before it is kept
	APIKey      string        // sent raw, without "Bearer"
	Timeout     time.Duration // of one request with its answer; 0 means 30s
	KeepItemIDs bool          // updates send back the ids of phone numbers and e-mails
	MaxAttempts int           // of one call; 0 means 5
	FirstWait   time.Duration // the most that the first wait before a repeat takes; later ones grow; 0 means 500ms
	HTTP        *http.Client  // nil means one of its own; redirects are never followed, for they would get the key
	Limiter     *Limiter      // shared by all clients with the key; nil means no limit
	UserAgent   string        // "syncd/VERSION"; "" means "syncd"
	// Observe is told of every request that was sent, by several goroutines at once; nil for nobody.
	Observe func(Exchange)
}

// Client calls the API with one key. It is safe for concurrent use.
type Client struct {
	options  Options
	contacts string // the URL of all contacts
	ownsHTTP bool
	calls    counters
	bodies   sync.Pool // of answers that were read
	ahead    atomic.Pointer[time.Duration]
}

// Gate is asked before each attempt of a write. When one of its functions returns an error, the attempt is not sent, and
// the write returns an error that wraps it. A nil Gate lets all pass.
type Gate struct {
	// Record is called at most RecordedAhead before the attempt is sent, while it waits for its slot.
	Record func(context.Context) error
	// Allow is called right before the attempt is sent, after the throttle, so it must be quick.
	Allow func() error
}

func (g *Gate) record() *record {
	if g == nil {
		return &record{}
	}
	return &record{do: g.Record}
}

func (g *Gate) allow() error {
	if g == nil || g.Allow == nil {
		return nil
	}
	return g.Allow()
}

const (
	listLimit   = 64 << 20 // bytes of a list's answer
	answerLimit = 1 << 20  // bytes of any other answer
)

// New returns a client. It makes no request, so a wrong option shows with the first call.
func New(options Options) *Client {
	options.BaseURL = strings.TrimRight(options.BaseURL, "/")
	options.Timeout = cmp.Or(options.Timeout, 30*time.Second)
	options.MaxAttempts = cmp.Or(options.MaxAttempts, 5)
	options.FirstWait = cmp.Or(options.FirstWait, 500*time.Millisecond)
	options.UserAgent = cmp.Or(options.UserAgent, "syncd")
	options.Limiter = cmp.Or(options.Limiter, NewLimiter(0, nil, ""))
	ownsHTTP := options.HTTP == nil
	if ownsHTTP {
		options.HTTP = &http.Client{Transport: newTransport()}
	}
	options.HTTP = withoutRedirects(options.HTTP)
	return &Client{options: options, contacts: options.BaseURL + "/v1/contacts", ownsHTTP: ownsHTTP}
}

// Close closes the idle connections, unless they are those of Options.HTTP.
func (c *Client) Close() {
	if c.ownsHTTP {
		c.options.HTTP.CloseIdleConnections()
	}
}

// Get returns one contact; errors.Is(err, ErrNotFound) when Quo says that there is none.
//
// GET /v1/contacts/{id}: https://www.quo.com/docs/mdx/api-reference/contacts/get-a-contact-by-id
func (c *Client) Get(ctx context.Context, id string) (contact.Contact, error) {
	r := request{op: "get contact", contact: id, method: http.MethodGet, calls: &c.calls.get, limit: answerLimit}
	var got contact.Contact
	r.read = func(body []byte) (err error) {
		got, err = readContact(body)
		if err == nil && got.ID != id {
			err = fmt.Errorf("the answer is about another contact: %w", contact.ErrNotWhole)
		}
		return err
	}
	if err := c.doOne(ctx, r); err != nil {
		return contact.Contact{}, err
	}
	return got, nil
}

// Create makes a contact and returns it as Quo keeps it. errors.Is(err, ErrConflict) means that the pair of source
// and externalId is taken, ErrUnheard that the contact may exist now: look it up before another create.
//
// POST /v1/contacts: https://www.quo.com/docs/mdx/api-reference/contacts/create-a-contact
func (c *Client) Create(ctx context.Context, k contact.Contact, gate *Gate) (contact.Contact, error) {
	k.ID = "" // what is sent for a contact with an id is the body of an update
	return c.write(ctx, k, request{
		op: "create contact", contact: k.ExternalID, method: http.MethodPost, url: c.contacts,
		gate: gate, calls: &c.calls.create,
	})
}

// Update replaces the content of the contact k.ID by that of k and returns it as Quo keeps it. A contact that is not
// whole is refused, for what an update leaves out is deleted. Repeats are safe: they send the same whole content.
//
// PATCH /v1/contacts/{id}: https://www.quo.com/docs/mdx/api-reference/contacts/update-a-contact-by-id
func (c *Client) Update(ctx context.Context, k contact.Contact, gate *Gate) (contact.Contact, error) {
	r := request{
		op: "update contact", contact: k.ID, method: http.MethodPatch, gate: gate, calls: &c.calls.update,
	}
	var err error
	if r.url, err = c.contactURL(k.ID); err != nil {
		return contact.Contact{}, r.failed(err)
	}
	return c.write(ctx, k, r)
}

// Delete removes a contact. One that Quo does not know is removed already.
//
// DELETE /v1/contacts/{id}: https://www.quo.com/docs/mdx/api-reference/contacts/delete-a-contact
func (c *Client) Delete(ctx context.Context, id string, gate *Gate) error {
	err := c.doOne(ctx, request{
		op: "delete contact", contact: id, method: http.MethodDelete, gate: gate, calls: &c.calls.delete,
		limit: answerLimit, read: func([]byte) error { return nil },
	})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// CustomFields returns the custom fields that the workspace defines.
//
// GET /v1/contact-custom-fields: https://www.quo.com/docs/mdx/api-reference/contacts/get-contact-custom-fields
func (c *Client) CustomFields(ctx context.Context) ([]contact.Definition, error) {
	var fields []contact.Definition
	err := c.do(ctx, request{
		op: "list custom fields", method: http.MethodGet, url: c.options.BaseURL + "/v1/contact-custom-fields",
		calls: &c.calls.customFields, limit: answerLimit,
		read: func(body []byte) (err error) { fields, err = readDefinitions(body); return err },
	})
	if err != nil {
		return nil, err
	}
	return fields, nil
}

// doOne makes a call about the one contact that r.contact names.
func (c *Client) doOne(ctx context.Context, r request) (err error) {
	if r.url, err = c.contactURL(r.contact); err != nil {
		return r.failed(err)
	}
	return c.do(ctx, r)
}

// contactURL returns the URL of one contact. Ids come from people's cells too: one that would lead to another place
// of the API is an error that wraps ErrInvalid.
func (c *Client) contactURL(id string) (string, error) {
	if id == "" || id == "." || id == ".." {
		return "", fmt.Errorf("%q is not the id of a contact: %w", id, ErrInvalid)
	}
	return c.contacts + "/" + url.PathEscape(id), nil
}
