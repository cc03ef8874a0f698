package quosim

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// FaultKind says what goes wrong with a request.
type FaultKind int

const (
	// Refuse answers Fault.Status and changes nothing. 502 and 504 are HTML, as of a gateway; 429 looks like the real one.
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
	// DropPageToken makes a page without nextPageToken. It waits for a list request, like the next.
	DropPageToken
	// RepeatPageToken makes a page whose nextPageToken leads to the same page again.
	RepeatPageToken
)

// Fault is something that goes wrong. The zero Fault is one 500 to whatever comes next.
type Fault struct {
	Match  func(*http.Request) bool // which requests; nil: all. See On. It must not inject faults itself
	Kind   FaultKind
	Status int           // of Refuse and FailAfter; 0: 500
	Times  int           // how often; 0: once; negative: always
	Delay  time.Duration // before acting, of the kinds that do not act after it; otherwise before the answer
}

func (f *Fault) is(kind FaultKind) bool { return f != nil && f.Kind == kind }

// early reports whether the fault strikes before the workspace acts.
func (f *Fault) early() bool {
	return f.is(Refuse) || f.is(CutBefore) || f.is(SlowBefore)
}

func (f *Fault) status() int {
	if f.Status == 0 {
		return http.StatusInternalServerError
	}
	return f.Status
}

func (f *Fault) matches(r *http.Request) bool {
	if f.Kind >= DropPageToken && !On(RouteList)(r) {
		return false
	}
	return f.Match == nil || f.Match(r)
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
// Requests that are refused for their key or the rate limit use up none.
func (w *Workspace) Inject(some ...Fault) {
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	for _, f := range some {
		if f.Times == 0 {
			f.Times = 1
		}
		w.faults.scripted = append(w.faults.scripted, &f)
	}
}

// PendingFaults returns how many injected faults have not been used up, so that a test can tell that its faults
// happened.
func (w *Workspace) PendingFaults() int {
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	return len(w.faults.scripted)
}

// ClearFaults ends all faults, the random ones too.
func (w *Workspace) ClearFaults() {
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	w.faults.scripted, w.faults.random = nil, nil
}

// RandomFaults gives each request that has no injected fault, with the probability, one of choice, Times ignored; no
// choice means everything that a client must survive without a person. The same seed and the same requests give the
// same faults.
func (w *Workspace) RandomFaults(seed uint64, probability float64, choice ...Fault) {
	if len(choice) == 0 {
		choice = transientFaults()
	}
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	w.faults.random = rand.New(rand.NewPCG(seed, 0))
	w.faults.probability, w.faults.choice = probability, choice
}

func transientFaults() []Fault {
	return []Fault{
		{Kind: Refuse, Status: http.StatusTooManyRequests},
		{Kind: Refuse, Status: http.StatusInternalServerError},
		{Kind: Refuse, Status: http.StatusBadGateway},
		{Kind: Refuse, Status: http.StatusServiceUnavailable},
		{Kind: FailAfter, Status: http.StatusInternalServerError},
		{Kind: FailAfter, Status: http.StatusBadGateway},
		{Kind: FailAfter, Status: http.StatusGatewayTimeout},
		{Kind: CutBefore}, {Kind: CutAfter}, {Kind: CutBody}, {Kind: TruncateJSON}, {Kind: EmptyBody},
		{Kind: DropPageToken}, {Kind: RepeatPageToken},
	}
}

// next returns the request's fault, nil if it has none.
func (fs *faults) next(c *call) *Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for i, f := range fs.scripted {
		if !f.matches(c.rewound()) {
			continue
		}
		if f.Times--; f.Times == 0 {
			fs.scripted = append(fs.scripted[:i:i], fs.scripted[i+1:]...)
		}
		return f
	}
	if fs.random == nil || fs.random.Float64() >= fs.probability {
		return nil
	}
	f := fs.choice[fs.random.IntN(len(fs.choice))]
	if !f.matches(c.rewound()) {
		return nil
	}
	return &f
}
