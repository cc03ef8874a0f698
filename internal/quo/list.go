package quo

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"syncd/internal/contact"
)

// List yields the contacts whose source is label, those of the whole workspace when label is "", in the order in
// which the API pages them: one request per 50. An error ends the sequence and means that the list is not whole. As
// people edit, pages shift: a contact may come twice or, of a whole list even, be missed.
//
// GET /v1/contacts: https://www.quo.com/docs/mdx/api-reference/contacts/list-contacts
func (c *Client) List(ctx context.Context, label string) iter.Seq2[contact.Contact, error] {
	query := url.Values{}
	if label != "" {
		query.Set("sources", label)
	}
	return func(yield func(contact.Contact, error) bool) {
		for k, err := range c.walk(ctx, "list contacts", query) {
			if err == nil && label != "" && k.Source != label { // a filter that Quo does not know is ignored
				continue
			}
			if !yield(k, err) {
				return
			}
		}
	}
}

// Lookup returns the contacts that have one of the external ids, of whatever source: several may share one id, and
// an id that is not found is simply not among them. One request per 20 ids.
//
// GET /v1/contacts: https://www.quo.com/docs/mdx/api-reference/contacts/list-contacts
func (c *Client) Lookup(ctx context.Context, externalIDs []string) ([]contact.Contact, error) {
	asked := make(map[string]bool, len(externalIDs))
	for _, id := range externalIDs {
		asked[id] = true
	}
	var found []contact.Contact
	for some := range lookups(externalIDs) {
		for k, err := range c.walk(ctx, "look up contacts", url.Values{"externalIds": some}) {
			if err != nil {
				return nil, err
			}
			if asked[k.ExternalID] { // a filter that Quo does not know is ignored
				found = append(found, k)
			}
		}
	}
	return found, nil
}

const (
	maxLookup      = 20   // ids of one look-up: Quo refuses more
	maxLookupBytes = 6000 // of their encoded form, for URLs of more than 8 KB are refused on the way
)

// lookups splits external ids into those of one request each.
func lookups(ids []string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		from, size := 0, 0
		for i, id := range ids {
			n := len(url.QueryEscape(id)) + len("externalIds=&")
			if i > from && (i-from == maxLookup || size+n > maxLookupBytes) {
				if !yield(ids[from:i]) {
					return
				}
				from, size = i, 0
			}
			size += n
		}
		if from < len(ids) {
			yield(ids[from:])
		}
	}
}

// walk yields the contacts of all pages of a list. The next page is read while the consumer works on the last one.
func (c *Client) walk(ctx context.Context, op string, query url.Values) iter.Seq2[contact.Contact, error] {
	return func(yield func(contact.Contact, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		seen := map[string]bool{}
		next := c.startPage(ctx, op, query, "", seen)
		defer func() { // a consumer that leaves early leaves no request behind
			cancel()
			if next != nil {
				<-next
			}
		}()
		for next != nil {
			p := <-next
			next = nil
			if p.err != nil {
				yield(contact.Contact{}, p.err)
				return
			}
			if p.next != "" {
				seen[p.next] = true
				next = c.startPage(ctx, op, query, p.next, seen)
			}
			for _, k := range p.contacts {
				if !yield(k, nil) {
					return
				}
			}
		}
	}
}

type pageOrError struct {
	page
	err error
}

// startPage reads the page that token names. The channel gives it once, and holds it until then.
func (c *Client) startPage(
	ctx context.Context, op string, query url.Values, token string, seen map[string]bool,
) <-chan pageOrError {
	result := make(chan pageOrError, 1)
	go func() {
		p, err := c.getPage(ctx, op, query, token, seen)
		result <- pageOrError{p, err}
	}()
	return result
}

var errTokenRepeats = errors.New("a page token repeats, so that the list would never end")

func (c *Client) getPage(
	ctx context.Context, op string, query url.Values, token string, seen map[string]bool,
) (p page, err error) {
	err = c.do(ctx, request{
		op: op, method: http.MethodGet, url: c.contacts + "?" + pageQuery(query, token),
		calls: &c.calls.list, limit: listLimit,
		read: func(body []byte) (err error) {
			if p, err = readPage(body); err == nil && seen[p.next] {
				err = errTokenRepeats
			}
			return err
		},
	})
	return p, err
}

// pageQuery returns the query of one page: arrays as repeated bare keys, and a space as %20, which means the same to
// every parser.
func pageQuery(query url.Values, token string) string {
	all := url.Values{"maxResults": {"50"}}
	if token != "" {
		all.Set("pageToken", token)
	}
	encoded := all.Encode()
	if len(query) > 0 {
		encoded += "&" + query.Encode()
	}
	return strings.ReplaceAll(encoded, "+", "%20")
}
