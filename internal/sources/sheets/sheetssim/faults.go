package sheetssim

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// FaultKind says what goes wrong with a request.
type FaultKind int

const (
	// Refuse answers Fault.Status and changes nothing. 502 is HTML, as of a gateway; 429 looks like the real one.
	Refuse FaultKind = iota
	// FailAfter answers Fault.Status although the change was made.
	FailAfter
	// CutBefore closes the connection without an answer and changes nothing.
	CutBefore
	// CutAfter closes the connection without an answer although the change was made.
	CutAfter
	// SlowBefore waits Fault.Delay, then acts and answers, even if the client no longer listens.
	SlowBefore
	// SlowAfter acts, then waits Fault.Delay before the answer.
	SlowAfter
	// CutBody acts and answers with half a body, then closes the connection.
	CutBody
	// TruncateJSON acts and answers with half a body that claims to be whole.
	TruncateJSON
	// EmptyBody acts and answers 200 with an empty body.
	EmptyBody
	// EmptyObject acts and answers 200 with the body {}.
	EmptyObject
)

// Fault is something that goes wrong. The zero Fault is one 500 to whatever comes next.
type Fault struct {
	Match  Match // which requests; nil: all
	Kind   FaultKind
	Status int           // of Refuse and FailAfter; 0: 500
	Reason string        // of a 403: "", ReasonScope or ReasonDisabled
	Times  int           // how often; 0: once; negative: always
	Delay  time.Duration // before acting, of the kinds that do not act after it; otherwise before the answer
}

func (f *Fault) is(kind FaultKind) bool { return f != nil && f.Kind == kind }

// early reports whether the fault strikes before the server acts.
func (f *Fault) early() bool {
	return f.is(Refuse) || f.is(CutBefore) || f.is(SlowBefore)
}

// slow reports whether the fault only costs time.
func (f *Fault) slow() bool { return f.is(SlowBefore) || f.is(SlowAfter) }

func (f *Fault) answer(class Class) answer {
	switch f.Status {
	case http.StatusBadGateway:
		return htmlAnswer(f.Status)
	case http.StatusTooManyRequests:
		return exhausted(class, "per minute per user", "PerMinutePerUser", 60).answer()
	case 0:
		return failure(http.StatusInternalServerError, "").answer()
	default:
		return failure(f.Status, f.Reason).answer()
	}
}

// faults decides which request has which fault.
type faults struct {
	mu          sync.Mutex
	scripted    []*Fault
	random      *rand.Rand // nil: none
	probability float64
	choice      []Fault
}

// Inject adds faults. A request has at most one: the first of those injected that matches it and is not used up.
// Requests that are refused for their token or a quota use up none.
func (s *Spreadsheet) Inject(some ...Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	for _, f := range some {
		if f.Times == 0 {
			f.Times = 1
		}
		s.faults.scripted = append(s.faults.scripted, &f)
	}
}

// PendingFaults returns how many injected faults have not been used up, so that a test can tell that its faults
// happened.
func (s *Spreadsheet) PendingFaults() int {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return len(s.faults.scripted)
}

// ClearFaults ends all faults, the random ones too.
func (s *Spreadsheet) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.scripted, s.faults.random = nil, nil
}

// RandomFaults gives each request that has no injected fault, with the probability, one of choice, Times ignored; no
// choice means everything that a client must survive without a person. The same seed and the same requests give the
// same faults.
func (s *Spreadsheet) RandomFaults(seed uint64, probability float64, choice ...Fault) {
	if len(choice) == 0 {
		choice = transientFaults()
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.random = rand.New(rand.NewPCG(seed, 0))
	s.faults.probability, s.faults.choice = probability, choice
}

func transientFaults() []Fault {
	return []Fault{
		{Kind: Refuse, Status: http.StatusTooManyRequests},
		{Kind: Refuse, Status: http.StatusInternalServerError},
		{Kind: Refuse, Status: http.StatusBadGateway},
		{Kind: Refuse, Status: http.StatusServiceUnavailable},
		{Kind: FailAfter, Status: http.StatusInternalServerError},
		{Kind: FailAfter, Status: http.StatusBadGateway},
		{Kind: FailAfter, Status: http.StatusServiceUnavailable},
		{Kind: CutBefore}, {Kind: CutAfter}, {Kind: CutBody}, {Kind: TruncateJSON}, {Kind: EmptyBody}, {Kind: EmptyObject},
	}
}

// next returns the request's fault, nil if it has none.
func (fs *faults) next(r Request) *Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for i, f := range fs.scripted {
		if f.Match != nil && !f.Match(r) {
			continue
		}
		if f.Times--; f.Times == 0 {
			fs.scripted = slices.Concat(fs.scripted[:i], fs.scripted[i+1:])
		}
		return f
	}
	if fs.random == nil || fs.random.Float64() >= fs.probability {
		return nil
	}
	f := fs.choice[fs.random.IntN(len(fs.choice))]
	if f.Match != nil && !f.Match(r) {
		return nil
	}
	return &f
}
