package quosim

import (
	crand "crypto/rand"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Options says how a workspace behaves. The zero value is Quo at its strictest, in memory, with the key "sandbox".
type Options struct {
	Keys []string // the accepted API keys; empty: "sandbox"

	// RequestsPerSecond is how many requests of one key any sliding second may hold; 0: 10, as in Quo; negative: no
	// limit. Time is measured by time.Now.
	RequestsPerSecond int
	RetryAfter        bool // a 429 carries Retry-After; Quo does not document that header

	// File keeps the workspace, with FILE.log and FILE.lock beside it; "" keeps it in memory. One process at a time
	// can have it open. A file that does not exist is made.
	File string

	Order         Order // of lists
	VisibilityLag int   // a contact made by the API is listed only after that many further requests
	ShuffleItems  bool  // each answer has phone numbers, e-mails and custom fields in another order

	WrappedErrors   bool // all errors have the shape {"error": {...}} that only a 401 has otherwise
	NormalizePhones bool // a phone number that is not in E.164 is brought into it, when that is easy
	AcceptItemIDs   bool // a PATCH may echo the ids of the contact's phones, e-mails and custom values, which keeps them

	// KeepRequests is how many of the latest requests Requests returns; 0: all; negative: none, for a server that
	// runs long.
	KeepRequests int

	Seed uint64           // of ids and of ShuffleItems; 0: by chance. With a File, ids differ from run to run anyway
	Now  func() time.Time // the server's clock, for createdAt and updatedAt; nil: time.Now
}

// Workspace is a Quo workspace. It is safe for concurrent use.
type Workspace struct {
	options Options
	tokens  tokens
	faults  faults

	mu       sync.Mutex // guards what follows
	store    *store
	limit    limiter
	log      requestLog
	arrivals uint64 // never reset, unlike the log's count
	random   *rand.Rand
	before   func(int, *http.Request)
	after    func(int, *http.Request, int)
}

// New opens a workspace. One that does not exist yet has no contacts and the DefaultCustomFields. Errors name the file
// and what to do; a file that cannot be read is left as it is.
func New(o Options) (*Workspace, error) {
	if len(o.Keys) == 0 {
		o.Keys = []string{"sandbox"}
	}
	if o.RequestsPerSecond == 0 {
		o.RequestsPerSecond = 10
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := newStore(o.Order)
	if o.File != "" {
		if err := openJournal(o.File, s); err != nil {
			return nil, fmt.Errorf("sandbox: %w", err)
		}
	}
	return &Workspace{
		options: o,
		tokens:  newTokens(),
		store:   s,
		limit:   limiter{perSecond: o.RequestsPerSecond, arrivals: map[string][]time.Time{}},
		log:     requestLog{keep: o.KeepRequests},
		random:  newRandom(o),
	}, nil
}

func newRandom(o Options) *rand.Rand {
	var chance [16]byte
	crand.Read(chance[:]) // never fails
	seed, stream := binary.LittleEndian.Uint64(chance[:8]), binary.LittleEndian.Uint64(chance[8:])
	if o.Seed != 0 {
		seed = o.Seed
		if o.File == "" {
			stream = 0
		}
	}
	return rand.New(rand.NewPCG(seed, stream))
}

// Close brings the file up to date and lets go of it. A closed workspace with a file can no longer be changed.
func (w *Workspace) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.store.journal.close(w.store); err != nil {
		return fmt.Errorf("sandbox: close: %w", err)
	}
	return nil
}

// newID returns an id as Quo's look: 24 hex digits.
func (w *Workspace) newID() string {
	return fmt.Sprintf("%016x%08x", w.random.Uint64(), w.random.Uint32())
}

func (w *Workspace) newTrace() string {
	return strconv.FormatUint(w.random.Uint64(), 10)
}

func (w *Workspace) now() time.Time { return w.options.Now().UTC().Truncate(time.Millisecond) }

// complete gives c what a workspace gives a contact: ids for what has none, and times. old is what c replaces, or nil.
func (w *Workspace) complete(c, old *Contact) {
	if c.ID == "" {
		c.ID = w.newID()
	}
	for _, items := range [][]Item{c.PhoneNumbers, c.Emails} {
		for i := range items {
			if items[i].ID == "" {
				items[i].ID = w.newID()
			}
		}
	}
	for i := range c.CustomFields {
		if c.CustomFields[i].ID == "" {
			c.CustomFields[i].ID = w.newID()
		}
	}
	c.UpdatedAt = w.now()
	if old == nil {
		c.CreatedAt = c.UpdatedAt
		if c.CreatedByUserID == "" {
			c.CreatedByUserID = "USsandbox"
		}
		return
	}
	c.CreatedAt, c.CreatedByUserID = old.CreatedAt, old.CreatedByUserID
	if !c.UpdatedAt.After(old.UpdatedAt) {
		c.UpdatedAt = old.UpdatedAt.Add(time.Millisecond)
	}
}
