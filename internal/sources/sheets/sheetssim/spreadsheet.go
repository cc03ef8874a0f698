package sheetssim

import (
	"sync"
	"time"
)

// Options say what a spreadsheet is like. The zero Options are a spreadsheet that anybody may edit.
type Options struct {
	// ID is the spreadsheet's; "" is DefaultID.
	ID string
	// Now is the clock of quotas, tokens and modification times; nil is time.Now.
	Now func() time.Time
	// User is who calls without a token; "" is DefaultUser.
	User string
	// RequireToken refuses calls without one of the tokens that [Spreadsheet.ServiceAccount]'s key gets.
	RequireToken bool
	// ReadsPerMinute and WritesPerMinute are the quotas of a user; 0 is 60, as at Google; negative is none.
	ReadsPerMinute, WritesPerMinute int
	// MetadataFollowsSort binds developer metadata to the rows that a sort moves. What Google does is not known.
	MetadataFollowsSort bool
	// AppendAtLastRow has append begin below the first cell of a table's last row, as people saw it do, and not below
	// the table's first column, as Google documents it.
	AppendAtLastRow bool
	// ProtectSkipped counts a null, which skips a cell, as an edit of a protected cell. What Google does is not known.
	ProtectSkipped bool
	// UnmatchedFails refuses a write whose data filter finds nothing; otherwise nothing is written and the answer is short.
	// What Google does is not known.
	UnmatchedFails bool
	// ModifiedLag is how seldom Drive learns when the spreadsheet was modified.
	ModifiedLag time.Duration
	// MaxCells is how many cells the spreadsheet may have; 0 is 10 million, as at Google.
	MaxCells int
}

// What the zero Options stand for.
const (
	DefaultID   = "1SheetssimSpreadsheetOfTheTests"
	DefaultUser = "syncd@sheetssim.iam.gserviceaccount.com"
)

// Spreadsheet is a spreadsheet behind the API. It is safe for concurrent use.
type Spreadsheet struct {
	options Options

	mu       sync.Mutex
	book     *Book
	drive    modification
	requests []*Request
	hooks    []*hook
	quota    quota
	access   access

	faults faults
}

// New makes a spreadsheet without tabs.
func New(o Options) *Spreadsheet {
	if o.ID == "" {
		o.ID = DefaultID
	}
	if o.User == "" {
		o.User = DefaultUser
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.ReadsPerMinute == 0 {
		o.ReadsPerMinute = 60
	}
	if o.WritesPerMinute == 0 {
		o.WritesPerMinute = 60
	}
	if o.MaxCells == 0 {
		o.MaxCells = 10_000_000
	}
	return &Spreadsheet{options: o, book: &Book{
		Title: "Spreadsheet of the tests", metadataFollows: o.MetadataFollowsSort, results: map[string]any{},
	}}
}

// ID is what an URL names the spreadsheet by.
func (s *Spreadsheet) ID() string { return s.options.ID }

// Edit lets a person edit the spreadsheet, between two requests.
func (s *Spreadsheet) Edit(edit func(*Book)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	edit(s.book)
	s.changed()
}

// View lets a person look at the spreadsheet, between two requests; nothing counts as modified.
func (s *Spreadsheet) View(look func(*Book)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	look(s.book.clone())
}

// commit makes a changed copy the content.
func (s *Spreadsheet) commit(b *Book) {
	s.book = b
	s.changed()
}

func (s *Spreadsheet) changed() { s.drive.note(s.options.Now(), s.options.ModifiedLag) }
