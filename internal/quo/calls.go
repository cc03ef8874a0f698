package quo

import "sync/atomic"

// Calls counts the requests that a client sent, repeats included.
type Calls struct {
	List         int64 `json:"list"` // pages and look-ups
	Get          int64 `json:"get"`
	Create       int64 `json:"create"`
	Update       int64 `json:"update"`
	Delete       int64 `json:"delete"`
	CustomFields int64 `json:"custom_fields"`
	Retries      int64 `json:"retries"`   // how many of them were repeats
	Throttled    int64 `json:"throttled"` // how many of them Quo answered with 429
}

type counters struct {
	list, get, create, update, delete, customFields, retries, throttled atomic.Int64
}

// Calls returns what the client has sent so far.
func (c *Client) Calls() Calls {
	return Calls{
		List:         c.calls.list.Load(),
		Get:          c.calls.get.Load(),
		Create:       c.calls.create.Load(),
		Update:       c.calls.update.Load(),
		Delete:       c.calls.delete.Load(),
		CustomFields: c.calls.customFields.Load(),
		Retries:      c.calls.retries.Load(),
		Throttled:    c.calls.throttled.Load(),
	}
}

// Sub returns the calls since an earlier count.
func (c Calls) Sub(earlier Calls) Calls {
	return Calls{
		List:         c.List - earlier.List,
		Get:          c.Get - earlier.Get,
		Create:       c.Create - earlier.Create,
		Update:       c.Update - earlier.Update,
		Delete:       c.Delete - earlier.Delete,
		CustomFields: c.CustomFields - earlier.CustomFields,
		Retries:      c.Retries - earlier.Retries,
		Throttled:    c.Throttled - earlier.Throttled,
	}
}

// All is the number of all requests.
func (c Calls) All() int64 { return c.List + c.Get + c.Create + c.Update + c.Delete + c.CustomFields }
