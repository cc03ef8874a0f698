package quo

import (
	"context"
	"errors"

	"syncd/internal/contact"
)

// write sends the content of k and returns the contact that came of it.
func (c *Client) write(ctx context.Context, k contact.Contact, r request) (contact.Contact, error) {
	var err error
	if r.body, err = k.Body(c.options.KeepItemIDs); err != nil {
		return contact.Contact{}, r.failed(err)
	}
	var answer []byte
	r.limit = answerLimit
	r.read = func(body []byte) error { answer = body; return nil }
	if err := c.do(ctx, r); err != nil {
		return contact.Contact{}, err
	}
	got, err := readContact(answer)
	if err == nil && (k.ID == "" || got.ID == k.ID) {
		return got, nil
	}
	return c.readBack(ctx, k.ID, answer, r)
}

// readBack gets the contact of a write that Quo accepted with an answer that does not hold the contact. When that
// fails too, what became of the write is unheard.
func (c *Client) readBack(ctx context.Context, id string, answer []byte, r request) (contact.Contact, error) {
	if id == "" {
		id = readID(answer)
	}
	unheard := r.failed(nil)
	unheard.Message, unheard.unheard = "accepted, but the answer is not a whole contact", true
	if id == "" {
		return contact.Contact{}, unheard
	}
	got, err := c.Get(ctx, id)
	if err != nil {
		unheard.Err = errors.New(err.Error()) // what that error is, the outcome of the write is not
		return contact.Contact{}, unheard
	}
	return got, nil
}
