package sheetssim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Rule is what every client of a sheet that people edit has to keep.
type Rule string

// The rules.
const (
	// KnownCalls: only calls that the server imitates.
	KnownCalls Rule = "known calls"
	// RawValues: no value is written as if somebody typed it.
	RawValues Rule = "raw values"
	// CompareFirst: what changes cells by their place comes right after a read of cells, with no write and no fault in
	// between.
	CompareFirst Rule = "compare first"
	// LookFirst: a row is not added while it is unknown whether an earlier write was made.
	LookFirst Rule = "look first"
	// OneRow: rows are deleted one at a time.
	OneRow Rule = "one row"
)

// Breach is a request that broke a rule.
type Breach struct {
	Rule    Rule
	Request int // its number
	Detail  string
}

func (b Breach) String() string {
	return fmt.Sprintf("request %d, %s: %s", b.Request, b.Rule, b.Detail)
}

// Breaches checks the requests so far. The rules that may be broken can be left out.
func (s *Spreadsheet) Breaches(except ...Rule) []Breach {
	var found []Breach
	compared, unknown := false, false
	for _, r := range s.Requests() {
		report := func(rule Rule, broken bool, detail string) {
			if broken && !slices.Contains(except, rule) {
				found = append(found, Breach{rule, r.Number, detail})
			}
		}
		does := effectOf(r)
		report(KnownCalls, r.Route == "" || r.Unknown != "", strings.TrimSpace(r.Method+" "+r.Path+" "+r.Unknown))
		report(RawValues, does.typed, r.Route)
		report(CompareFirst, does.places && !compared, r.Route)
		report(LookFirst, does.adds && unknown, r.Route)
		report(OneRow, does.deletes > 1, fmt.Sprintf("%s deletes %d", r.Route, does.deletes))
		switch {
		case Reads(r) && r.Whole:
			compared, unknown = true, false
		case Writes(r) && does.moves || !r.Whole:
			compared = false
		}
		unknown = unknown || Writes(r) && !r.Whole && (r.Applied || r.Status == 0 || r.Status >= 500)
	}
	return found
}

// effect is what a request does to the cells, if it is carried out.
type effect struct {
	typed   bool // values as if typed
	places  bool // cells at a place are changed
	adds    bool // rows are added at the end
	moves   bool // the cells are not what they were
	deletes int  // rows or columns; all, if it does not say how many
}

func effectOf(r Request) effect {
	var e effect
	switch r.Route {
	case RouteBatch:
		return effectOfBatch(r.Body)
	case RouteValuesUpdate, RouteValuesBatchUpdate, RouteClear, RouteValuesBatchClear, RouteBatchUpdateByFilter:
		e = effect{places: true, moves: true}
	case RouteAppend:
		e = effect{adds: true, moves: true}
	}
	var body struct {
		ValueInputOption string `json:"valueInputOption"`
	}
	if json.Unmarshal(r.Body, &body) != nil {
		body.ValueInputOption = "" // the server has refused it
	}
	e.typed = body.ValueInputOption == "USER_ENTERED" || r.Query.Get("valueInputOption") == "USER_ENTERED"
	return e
}

func effectOfBatch(raw []byte) effect {
	var body struct {
		Requests []map[string]struct {
			Fields string         `json:"fields"`
			Range  dimensionRange `json:"range"`
		} `json:"requests"`
	}
	var e effect
	if json.Unmarshal(raw, &body) != nil {
		return e // the server has refused it
	}
	for _, request := range body.Requests {
		for _, kind := range slices.Sorted(maps.Keys(request)) {
			switch kind {
			case "createDeveloperMetadata", "deleteDeveloperMetadata", "addProtectedRange", "updateSheetProperties",
				"appendDimension":
				continue
			case "repeatCell", "updateCells":
				e.places = e.places || !strings.HasPrefix(request[kind].Fields, "userEnteredFormat")
			case "sortRange", "moveDimension":
				e.places = true
			case "deleteDimension":
				e.places = true
				from, to, err := span(request[kind].Range.StartIndex, request[kind].Range.EndIndex, open)
				if err == nil {
					e.deletes += to - from
				}
			case "appendCells":
				e.adds = true
			}
			e.moves = true
		}
	}
	return e
}

// Busiest returns how many requests of a class, "" being all, came within the fullest stretch of time.
func (s *Spreadsheet) Busiest(class Class, stretch time.Duration) int {
	var times []time.Time
	most := 0
	for _, r := range s.Requests() {
		if r.Route == RouteToken || class != "" && r.Class != class {
			continue
		}
		times = append(times, r.At)
		for r.At.Sub(times[0]) >= stretch {
			times = times[1:]
		}
		most = max(most, len(times))
	}
	return most
}
