// Package state says what syncd remembers between runs: links with their base, leases, the journal of every
// operation, runs and what waits for a person. [Store] is the interface; the packages beside this one implement
// it, and statetest is the suite that every implementation passes.
package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"syncd/internal/contact"
)

// Errors that callers act on.
var (
	// ErrNotFound means that there is no such sync, run, link, held operation or conflict.
	ErrNotFound = errors.New("not found")
	// ErrLeaseLost means that the lease is not ours any more: nothing was written.
	ErrLeaseLost = errors.New("the lease was lost to another process")
	// ErrVoid means that a newer held run replaced the list of held operations.
	ErrVoid = errors.New("a newer run replaced this list")
	// ErrReadOnly means that the store was opened for reading only, and the method writes.
	ErrReadOnly = errors.New("it is open for reading only")
)

// LeasedError means that another process holds the lease.
type LeasedError struct {
	Sync   string
	Holder string    // who: host and process
	Until  time.Time // when the lease ends unless it is renewed
}

func (e *LeasedError) Error() string {
	return fmt.Sprintf("sync %s: %s is running it", e.Sync, e.Holder)
}

// Lease is the right to run one sync. Token is the fencing token: it grows with every lease of the sync, and
// every write that carries an older one is refused with ErrLeaseLost. So is one by another holder: a state that was
// restored from an older copy gives tokens a second time.
type Lease struct {
	Sync   string
	Holder string
	Token  int64
}

// Schedule is when a sync is due, and when it last went well.
type Schedule struct {
	Sync string
	// Spec is the schedule by which DueAt was reckoned; "" for a sync that nobody planned.
	Spec  string
	DueAt time.Time // zero for a sync that nobody planned
	// Missed counts the times of the schedule at which the sync still ran or nobody was there to run it.
	Missed int64
	// SucceededAt is when the last run over all records ended Done or Held; zero when none did.
	SucceededAt time.Time
}

// Claim is a sync that was due, and the lease that was taken to run it.
type Claim struct {
	Lease Lease
	DueAt time.Time
	Now   time.Time // the store's clock when it was claimed
}

// Sync is what is remembered of one sync as a whole. The zero value, but for the name, is that of a sync that
// never ran.
type Sync struct {
	Name string
	// Label is the label under which its contacts stand in Quo.
	Label string
	// FirstRunDone says that a run has ended well, so that the brake counts creates.
	FirstRunDone bool
	// Source holds what the source's adapter wants to find again, such as the numeric id of a sheet.
	Source json.RawMessage
}

// Link is a record and its contact, paired for good.
type Link = contact.Link

// EntryState is how far an operation came.
type EntryState string

// The states of a journal entry. Intended, Sent and Unknown are open: the next run settles them.
const (
	Intended EntryState = "intended" // decided, never sent
	Sent     EntryState = "sent"     // sent, or just about to be; the outcome was not recorded
	Unknown  EntryState = "unknown"  // sent, and the answer was not heard
	Done     EntryState = "done"
	Failed   EntryState = "failed" // refused, or settled as not having happened
)

// Entry is one operation in the journal, found by its run and its place in it.
type Entry struct {
	Run       int64
	Seq       int
	Sync      string
	Key       string
	Side      contact.Side
	Action    contact.Action
	ContactID string
	State     EntryState
	// Approved says that a person let it through, or that the brake was lifted, so that the brake does not count it.
	Approved bool
	// FirstSight says that it merges a pair seen for the first time and overwrites no filled value, so that
	// the brake does not count it.
	FirstSight bool
	Reason     string
	Fields     []contact.FieldChange
	// Before and After are the whole target: a contact as JSON, or the row's cells by column. Null where there is none.
	Before json.RawMessage
	After  json.RawMessage
	// Base is what the link's base becomes when the operation is done.
	Base contact.Base
	// SourceHash is the link's SourceHash when the operation is done.
	SourceHash contact.Hash
	Error      string
	SentAt     time.Time // by the store's clock; zero before
	SettledAt  time.Time
}

// Mark moves one journal entry to another state. The store's clock stamps it. An entry that becomes Done spends a
// person's approval: what is held of the same record, side and action is void.
type Mark struct {
	Run       int64
	Seq       int
	State     EntryState
	ContactID string // "" leaves it
	Error     string
}

// Batch is what one fenced transaction writes: all of it or nothing.
type Batch struct {
	Sync    *Sync
	Links   []Link   // written whole, but for a nil Base, which leaves the stored one
	Drop    []string // keys of links to remove
	Entries []Entry  // new
	Marks   []Mark
}

// RunStatus is how a run ended.
type RunStatus string

// The statuses of a run. Running is that of a run that has not ended, or whose process died.
const (
	RunRunning RunStatus = "running"
	RunDone    RunStatus = "done"
	RunHeld    RunStatus = "held"
	RunFailed  RunStatus = "failed"
	RunSkipped RunStatus = "skipped"
)

// Run is one pass of one sync.
type Run struct {
	ID         int64
	Sync       string
	Status     RunStatus
	StartedAt  time.Time
	FinishedAt time.Time       // zero while running
	Report     json.RawMessage // the engine's Report; null while running
}

// Problem is a problem as the state keeps it, with what its retry needs.
type Problem struct {
	contact.Problem
	// Cause identifies the row, the contact and the configuration that had the problem: when it is another, it is
	// tried again at once. Zero for problems that a run finds anew by reading.
	Cause    contact.Hash
	Attempts int       // how often it was tried
	RetryAt  time.Time // when it is tried again; zero for problems that a run finds anew by reading
	FirstAt  time.Time // stamped by the store
}

// Conflict is a conflict as the state keeps it. Take is what a person chose: "", Source or Quo.
type Conflict struct {
	contact.Conflict
	Take    contact.Side
	FirstAt time.Time // stamped by the store
}

// Held is an operation that the brake keeps back.
type Held struct {
	Run    int64
	Key    string
	Side   contact.Side
	Action contact.Action
	// Fingerprint identifies the operation and its values: an approval holds for nothing else.
	Fingerprint contact.Hash
	Fields      []contact.FieldChange
	ApprovedAt  time.Time // zero until a person lets it through
}

// Findings are what a run leaves for people. They replace those of the run before.
type Findings struct {
	// Scope is the keys that the run looked at; nil for all. Findings about other keys stay.
	Scope     []string
	Problems  []Problem
	Conflicts []Conflict // a Take that a person set meanwhile stays while the three values are the same
	// Held is the run's held operations. It voids the lists of older runs when it is not empty, and when the
	// run was not scoped; otherwise only what they hold of the keys in Scope. An approval that came meanwhile
	// stays with an operation that is held again, unchanged.
	Held []Held
}

// Count is how many operations of one kind were done.
type Count struct {
	Side   contact.Side
	Action contact.Action
	N      int
}

// Totals is how much there is of a sync, and how much of it waits for a person.
type Totals struct {
	Links     int64 // that stand
	Problems  int64
	Conflicts int64 // that nobody settled
	Held      int64 // that nobody approved
}

// A Store keeps the state. It is safe for concurrent use; methods that take a Lease write nothing when the
// lease is not the sync's last one, and then return ErrLeaseLost. All times are by the store's clock.
type Store interface {
	Leases
	Schedules
	Records
	Reports
	Decisions
	Notices
	Slots

	// Now is the store's clock, which all processes share.
	Now(ctx context.Context) (time.Time, error)
	Close() error
}

// Leases lets one process at a time run a sync.
type Leases interface {
	// Acquire takes the lease of a sync for ttl. Held by another, it is a *LeasedError.
	Acquire(ctx context.Context, sync, holder string, ttl time.Duration) (Lease, error)
	// Renew makes the lease last ttl from now, or returns ErrLeaseLost.
	Renew(ctx context.Context, lease Lease, ttl time.Duration) error
	// Release gives the lease back; one that was lost is left to its holder, without an error.
	Release(ctx context.Context, lease Lease) error
}

// Schedules say when syncs are due, and hand each one that is to one process.
type Schedules interface {
	// Plan says when a sync is due by a schedule. A sync that was planned by the same one keeps its time.
	Plan(ctx context.Context, sync, spec string, due time.Time) error
	// Claim takes the leases, for ttl, of syncs among those named that are due and that nobody holds: at most limit, the
	// one first that is due the longest. They stay due until they are rescheduled, so that another process takes them
	// over when this one dies.
	Claim(ctx context.Context, syncs []string, holder string, ttl time.Duration, limit int) ([]Claim, error)
	// Reschedule gives the lease of a claimed sync back and says when it is due next, and how many times of its
	// schedule were missed.
	Reschedule(ctx context.Context, lease Lease, spec string, due time.Time, missed int64) error
	// Schedules returns the schedules of all syncs that were ever planned or run, by name.
	Schedules(ctx context.Context) ([]Schedule, error)
}

// Records are the links and the journal.
type Records interface {
	// Sync returns what is remembered of a sync; one that never ran is the zero Sync with its name.
	Sync(ctx context.Context, name string) (Sync, error)
	// Syncs returns all syncs that ever ran, by name.
	Syncs(ctx context.Context) ([]Sync, error)
	// Links yields all links of a sync without their base, by key.
	Links(ctx context.Context, sync string) iter.Seq2[Link, error]
	// Bases returns the bases of the links with these keys; keys without a link are left out.
	Bases(ctx context.Context, sync string, keys []string) (map[string]contact.Base, error)
	// Link returns one link with its base, or ErrNotFound.
	Link(ctx context.Context, sync, key string) (Link, error)
	// Commit writes a batch: what is dropped goes first, then links that give their contact up. A
	// *DoubleLinkError: a contact would have two standing links. ErrNotFound: a mark of no entry.
	Commit(ctx context.Context, lease Lease, batch Batch) error
	// Open returns the entries of a sync that are Intended, Sent or Unknown, oldest first.
	Open(ctx context.Context, sync string) ([]Entry, error)
	// Counts returns how many operations of a sync were done since a time, without those that a person approved
	// and those marked FirstSight.
	Counts(ctx context.Context, sync string, since time.Time) ([]Count, error)
}

// Reports are the runs and what they leave for people.
type Reports interface {
	// StartRun records a new run, Running, and returns it with its id and start. A run of the sync that is still
	// Running belongs to a process that died: it becomes Failed.
	StartRun(ctx context.Context, lease Lease) (Run, error)
	// FinishRun records how a run ended, stamps its end, and replaces the findings of the sync; nil findings leave
	// those of the run before. When it is Done or Held, and its findings are about all records, it has succeeded.
	FinishRun(ctx context.Context, lease Lease, run Run, findings *Findings) error
	// Runs returns the newest runs, newest first; of all syncs when sync is "". A limit of 0 means all.
	Runs(ctx context.Context, sync string, limit int) ([]Run, error)
	// Run returns one run, or ErrNotFound.
	Run(ctx context.Context, id int64) (Run, error)
	// Entries returns the journal of a run in its order.
	Entries(ctx context.Context, run int64) ([]Entry, error)
	// History returns the journal of one record, newest first.
	History(ctx context.Context, sync, key string) ([]Entry, error)
	// Problems, Conflicts and Held return what the last runs of a sync left, by key. Held leaves out what is void.
	Problems(ctx context.Context, sync string) ([]Problem, error)
	Conflicts(ctx context.Context, sync string) ([]Conflict, error)
	Held(ctx context.Context, sync string) ([]Held, error)
	// Matches returns what people said about twins and no run has carried out: ids of contacts by key, "" for a contact
	// of its own.
	Matches(ctx context.Context, sync string) (map[string]string, error)
	// Totals counts what there is of a sync.
	Totals(ctx context.Context, sync string) (Totals, error)
	// Prune removes runs that ended before a time, and their settled journal: at most limit entries and runs, all
	// when limit is 0. It returns how many it removed. The newest run of each sync, and runs with open or held
	// operations, stay.
	Prune(ctx context.Context, before time.Time, limit int) (int, error)
}

// Decisions are a person's words. They need no lease: the next run reads them.
type Decisions interface {
	// Approve lets held operations of a run through: those with the keys, all when there are none. It returns how
	// many, those that were let through before included. ErrNotFound names the first key that is not held; ErrVoid
	// means that a newer run replaced the list.
	Approve(ctx context.Context, run int64, keys []string) (int, error)
	// Resolve settles a conflict of a record: of one field, of all when field is "". It returns how many, or
	// ErrNotFound.
	Resolve(ctx context.Context, sync, key string, field contact.Field, take contact.Side) (int, error)
	// Relink asks for the missing side of an unlinked record to be made again, or returns ErrNotFound. It stays asked
	// for while the record is unlinked, whatever a run that is under way writes.
	Relink(ctx context.Context, sync, key string) error
	// Match settles a twin: the record of key gets the contact with this id or, when it is "", one of its own. It holds
	// until the record has a contact. An *ExistsError: it has one already.
	Match(ctx context.Context, sync, key, contactID string) error
	// Rekey gives a link another key, base and history included. ErrNotFound: no such link. An *ExistsError: the
	// new key has a link. It needs the lease, for a running run would not notice.
	Rekey(ctx context.Context, lease Lease, old, key string) error
}

// Notice is what there is to tell people about a sync, and what they were told: documents that the store does not read.
type Notice struct {
	Sync         string
	Wanted, Told json.RawMessage // nil for nothing
	// Attempts is how often it was claimed since people were told last, this time included.
	Attempts int
}

// Notices remember what people were told, so that one of many processes tells them, once.
type Notices interface {
	// Notices returns those of all syncs that have one, by name.
	Notices(ctx context.Context) ([]Notice, error)
	// Want says what there is to tell about a sync.
	Want(ctx context.Context, sync string, wanted json.RawMessage) error
	// ClaimNotice lets this process alone tell about a sync for a while. ok is false while another one may, and before
	// the time that Later set.
	ClaimNotice(ctx context.Context, sync string, ttl time.Duration) (n Notice, ok bool, err error)
	// Told says what people were told, and ends the claim.
	Told(ctx context.Context, sync string, told json.RawMessage) error
	// Later ends a claim in vain: nobody tells about the sync for a while.
	Later(ctx context.Context, sync string, wait time.Duration) error
}

// ExistsError means that a key has a link already.
type ExistsError struct{ Key string }

func (e *ExistsError) Error() string { return fmt.Sprintf("key %s has a link already", e.Key) }

// DoubleLinkError means that a batch would link a contact with a key while the link of another one stands.
type DoubleLinkError struct{ ContactID, Key, Other string }

func (e *DoubleLinkError) Error() string {
	return fmt.Sprintf("key %s: its contact %s is linked with key %s already", e.Key, e.ContactID, e.Other)
}

// Anonymous is Error without the keys and the contact; see [contact.Anonymous].
func (e *DoubleLinkError) Anonymous() string {
	return "the contact of a key is linked with another key already"
}

// Slots shares the rate limit of one API key between processes.
type Slots interface {
	// Reserve takes the next n slots of a limit, spaced every apart, none of them in the past, and returns how
	// long from now the first one is.
	Reserve(ctx context.Context, limit string, n int, every time.Duration) (time.Duration, error)
}
