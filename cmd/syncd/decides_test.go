package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
	"golang.org/x/sync/errgroup"
)

const decidesDoc = "../../docs/how-it-decides.md"

// TestHowItDecides plays the examples of docs/how-it-decides.md. They are the rows of its tables: the first four cells
// say what people do, the last three what syncd then printed and did, with a real file and a Quo workspace behind real
// HTTP. The YAML block above a table is the sync.
//
//	example          what it shows; code in it is an option of the sync, or a command that is given before the plan
//	agreed before    the rows that were synced before, with contacts that syncd made; or "nothing"
//	in the sheet     the rows then; "→" leads to what they hold after one more run
//	in Quo           the contacts then, in the order in which they were made
//
// Code in the heads names the columns and fields whose values the cells list; a — is a row or contact that is not there.
func TestHowItDecides(t *testing.T) {
	data, err := os.ReadFile(decidesDoc)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	examples := examplesIn(t, lines)
	if len(examples) < 50 {
		t.Errorf("%d examples found: do the heads of the tables have seven cells?", len(examples))
	}
	var group errgroup.Group
	group.SetLimit(16) // more than t.Parallel would run: most of the time they wait for their turn under the rate limit
	for i, e := range examples {
		if i%examplesShare != 0 && !*update {
			continue
		}
		group.Go(func() error {
			t.Run(plain(e.cells[0]), func(t *testing.T) {
				cells := slices.Concat(e.cells[:4], e.play(t))
				lines[e.line] = "| " + strings.Join(cells, " | ") + " |"
				if diff := cmp.Diff(e.cells, cells); diff != "" && !*update {
					t.Errorf("line %d of docs/how-it-decides.md (-says +happened; `go test ./cmd/syncd -run TestHowItDecides -update` "+
						"writes it):\n%s", e.line+1, diff)
				}
			})
			return nil
		})
	}
	_ = group.Wait() // the tests have the errors
	if !*update {
		return
	}
	if err := os.WriteFile(decidesDoc, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// example is one row of a table.
type example struct {
	line            int
	cells           []string
	sync            map[string]any // the options of the sync
	columns, fields []string       // what the cells list
}

func examplesIn(t *testing.T, lines []string) []*example {
	t.Helper()
	var all []*example
	var table *example // the head of the table
	var block string
	inBlock := false
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "```"):
			if inBlock = line == "```yaml"; inBlock {
				block = ""
			}
		case inBlock:
			block += line + "\n"
		case !strings.HasPrefix(line, "|"):
			table = nil
		case strings.HasPrefix(line, "| ---"):
		case table != nil:
			e := *table
			e.line, e.cells, e.sync = i, cellsOf(line), decodeYAML(t, block)
			all = append(all, &e)
		default:
			if head := cellsOf(line); len(head) == 7 {
				table = &example{columns: listed(head[2]), fields: listed(head[3])}
			}
		}
	}
	return all
}

var (
	divider  = regexp.MustCompile(`(^|[^\\])\|`)
	codeSpan = regexp.MustCompile("``? ?(.*?) ?``?")
)

// cellsOf returns the cells of a table's row.
func cellsOf(line string) []string {
	line = divider.ReplaceAllString(strings.Trim(line, "| "), "$1\x00")
	cells := strings.Split(line, "\x00")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

// listed are the names in the code of a table's head.
func listed(head string) []string { return split(codeIn(head)[0]) }

func codeIn(text string) []string {
	var all []string
	for _, m := range codeSpan.FindAllStringSubmatch(text, -1) {
		all = append(all, strings.ReplaceAll(m[1], `\|`, "|"))
	}
	return all
}

// code is text as code in a table's cell.
func code(text string) string {
	text = strings.ReplaceAll(text, "|", `\|`)
	if strings.Contains(text, "`") {
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}

// plain is what a cell says, as the name of a test.
func plain(cell string) string { return strings.NewReplacer("`", "", "/", "-").Replace(cell) }

func split(values string) []string {
	all := strings.Split(values, ",")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

func decodeYAML(t *testing.T, text string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := yaml.Unmarshal([]byte(text), &m); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return m
}

// merged returns options with others over them.
func merged(options, over map[string]any) map[string]any {
	all := map[string]any{}
	for k, v := range options {
		all[k] = v
	}
	for k, v := range over {
		deeper, isMap := v.(map[string]any)
		if below, both := all[k].(map[string]any); isMap && both {
			v = merged(below, deeper)
		}
		all[k] = v
	}
	return all
}

// said are the options and the commands in an example's first cell.
func (e *example) said(t *testing.T) (options map[string]any, commands []string) {
	t.Helper()
	options = e.sync
	for _, text := range codeIn(e.cells[0]) {
		var option map[string]any
		switch {
		case strings.HasPrefix(text, "syncd "), strings.HasPrefix(text, "rm "):
			commands = append(commands, text)
		case yaml.Unmarshal([]byte(text), &option) == nil:
			options = merged(options, option)
		}
	}
	return options, commands
}

// entry is one row or contact in a cell, nil values when it is not there.
type entry struct {
	values []string
	origin string // of a contact: the key that syncd gave it, or who made it
}

// stages are what a cell says, one step after another.
func stages(cell string, width int) [][]entry {
	var all [][]entry
	for _, stage := range strings.Split(cell, " → ") {
		entries := []entry{}
		for _, part := range strings.Split(stage, "<br>") {
			span := codeIn(part)
			var e entry
			switch {
			case part == "(empty)":
				e.values = []string{""}
			case part == noOther:
				e.origin = noOther
			case len(span) == 0: // — or "nothing"
			case width == 1:
				e.values = span[:1]
			default:
				e.values = split(span[0])
			}
			if _, origin, ok := strings.Cut(part, "` ("); ok {
				e.origin = strings.TrimSuffix(origin, ")")
			}
			entries = append(entries, e)
		}
		all = append(all, entries)
	}
	return all
}

// noOther in a cell stands for a sheet that has no row at all: not even that of the pair which is not shown.
const noOther = "no row at all"

func (e entry) String() string {
	text := strings.TrimSpace(strings.Join(e.values, ", "))
	switch {
	case e.values == nil:
		return "—"
	case text == "" && e.origin == "":
		return "(empty)"
	case e.origin != "":
		return code(text) + " (" + e.origin + ")"
	}
	return code(text)
}

func cellOf(entries []entry) string {
	var all []string
	for _, e := range entries {
		all = append(all, e.String())
	}
	if len(all) == 0 {
		return "—"
	}
	return strings.Join(all, "<br>")
}

// play lets happen what an example says and returns its last three cells.
func (e *example) play(t *testing.T) []string {
	options, commands := e.said(t)
	s := newShop(t, e, options)
	rows, contacts := stages(e.cells[2], len(e.columns)), stages(e.cells[3], len(e.fields))
	last := max(len(rows), len(contacts)) - 1
	if (e.cells[1] != "nothing" || last > 0) && options["direction"] != "from-quo" {
		s.addOther()
	}
	if e.cells[1] != "nothing" {
		agreed := stages(e.cells[1], len(e.columns))[0]
		s.sheet(agreed)
		s.run()
		if len(e.fields) == 1 && cellOf(s.contacts()) == "(empty)" { // the field does not flow to Quo
			s.quo(agreed)
			s.run()
		}
	}
	for i := range last + 1 {
		if i < len(rows) {
			s.sheet(rows[i])
		}
		if i < len(contacts) {
			s.quo(contacts[i])
		}
		if i < last {
			s.run()
		}
	}
	if slices.ContainsFunc(commands, func(c string) bool { return strings.HasPrefix(c, "syncd ") }) {
		s.run()
	}
	for _, command := range commands {
		s.command(command)
	}
	plan := s.printed("plan")
	seen := plan
	for _, line := range s.printed("run", "--once") {
		if strings.HasPrefix(line, "row ") && !slices.Contains(plan, line) {
			seen = append(seen, "then: "+line)
		}
	}
	s.observe()
	for i := range seen {
		seen[i] = code(s.named(seen[i]))
	}
	after := append([]string{strings.Join(seen, "<br>")}, s.sides()...)
	s.run()
	if diff := cmp.Diff(after[1:], s.sides()); diff != "" {
		t.Errorf("one more run changes something:\n%s", diff)
	}
	return after
}
