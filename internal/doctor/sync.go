package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/mapping"
	"syncd/internal/reconcile"
	"syncd/internal/sources"
)

// sync looks at the workspace and the source of a sync and, when both are fine, at what a run would find.
func (x *examination) sync(ctx context.Context, s *config.Sync, plannable bool) {
	w := x.quo(ctx, s)
	var m *mapping.Mapping
	if w.reached {
		m = x.fields(s, w.definitions)
	}
	if !x.source(ctx, s, m) || m == nil || !plannable {
		return
	}
	plan, report := x.app.Plan(ctx, s, engine.Request{})
	if err := report.Err(); err != nil {
		x.add(Finding{Level: Stop, Area: "rows", Sync: s.Name, Where: s.Name, What: err.Error(), Why: "a run stops before it writes anything",
			Next: "mend what it says"})
		return
	}
	x.problems(s, &report)
	x.contacts(s, plan, &report)
}

// source looks whether the source can be read and has the columns, and reports whether a run could.
func (x *examination) source(ctx context.Context, s *config.Sync, m *mapping.Mapping) bool {
	source, err := x.app.Source(s)
	stop := func(err error, why, next string) bool {
		x.add(Finding{Level: Stop, Area: "source", Sync: s.Name, Where: sourceName(s), What: err.Error(), Why: why, Next: next})
		return false
	}
	if err != nil {
		return stop(err, "there is nothing to read", "mend what it says")
	}
	columns := columnsOf(s)
	if m != nil {
		columns = m.Columns()
	}
	if describer, ok := source.(sources.Describer); ok {
		all, err := describer.Columns(ctx)
		if err != nil {
			return stop(err, "there is nothing to read", "mend what it says")
		}
		if !x.hasColumns(s, columns, all) {
			return false
		}
	}
	rows, typed := 0, map[string]int{}
	for record, err := range source.Read(ctx, columns) {
		if err != nil {
			return stop(err, "a run that cannot read all rows concludes nothing from them", "mend what it says")
		}
		rows++
		countNumbers(typed, m, record)
	}
	var writes sources.Writes
	if m != nil {
		writes = engine.Writes(m, x.app.Policy(s))
	}
	what := count(rows, "row")
	if _, ok := source.(sources.Checker); !ok && !writes.None() {
		what += "; whether it may be written shows at the first write"
	}
	x.add(Finding{Level: Fine, Area: "source", Sync: s.Name, Where: sourceName(s), What: what})
	for _, warning := range x.warnings[s.Name] {
		x.add(Finding{Level: Look, Area: "source", Sync: s.Name, Where: sourceName(s), What: warning,
			Why: "a run goes on with that, right or wrong", Next: "do what it says"})
	}
	x.rights(ctx, s, source, writes)
	for _, column := range slices.Sorted(maps.Keys(typed)) {
		x.add(Finding{Level: Look, Area: "source", Sync: s.Name, Where: fmt.Sprintf("column %q", column),
			What: count(typed[column], "phone number") + " typed as numbers", Why: "a number loses its leading zeros and its +",
			Next: "format the column as plain text, and type those again that lost something"})
	}
	return true
}

// rights looks whether the source may be written, where runs do so.
func (x *examination) rights(ctx context.Context, s *config.Sync, source sources.Source, writes sources.Writes) {
	checker, ok := source.(sources.Checker)
	if !ok || writes.None() {
		return
	}
	err := checker.CheckWrite(ctx, writes)
	if err == nil {
		return
	}
	f := Finding{Level: Stop, Area: "source", Sync: s.Name, Where: sourceName(s), What: err.Error(),
		Why: "a run would write there: " + whatIsWritten(s, writes), Next: "mend what it says"}
	if right, ok := errors.AsType[*sources.RightError](err); ok {
		f.What, f.Next = right.Missing, right.Remedy
		if c := s.Source.Columns(); c.ContactID == "" && c.Status == "" && !writes.Deletes && len(writes.Creates) == 0 {
			f.Next += "; or set direction: to-quo, to have it only read"
		}
	}
	x.add(f)
}

// whatIsWritten says which writes of a sync a right is needed for.
func whatIsWritten(s *config.Sync, writes sources.Writes) string {
	var what []string
	if len(writes.Updates) > 0 {
		columns := writes.Updates
		if rest := len(columns) - 5; rest > 0 {
			columns = append(slices.Clone(columns[:5]), count(rest, "more column"))
		}
		what = append(what, strings.Join(columns, ", "))
	}
	if len(writes.Creates) > 0 {
		what = append(what, "new rows (create_in_source: "+s.CreateInSource+")")
	}
	if writes.Deletes {
		what = append(what, "deletes (contact_gone: delete)")
	}
	return strings.Join(what, "; ")
}

// countNumbers counts the phone numbers of a row that the source keeps as numbers, by column.
func countNumbers(typed map[string]int, m *mapping.Mapping, record contact.Record) {
	if m == nil {
		return
	}
	for _, f := range m.Fields() {
		i := slices.Index(m.Columns(), f.Column)
		if f.Kind == contact.Phone && i < len(record.Cells) && record.Cells[i].Type == contact.CellNumber {
			typed[f.Column]++
		}
	}
}

// columnsOf are the columns that a sync names.
func columnsOf(s *config.Sync) []string {
	c := s.Source.Columns()
	columns := slices.Concat(c.Key, []string{c.ContactID, c.Status, c.UpdatedAt}, slices.Sorted(maps.Keys(s.Only)))
	for _, f := range s.Fields {
		columns = append(columns, f.Column)
	}
	slices.Sort(columns)
	return slices.Compact(slices.DeleteFunc(columns, func(c string) bool { return c == "" }))
}

// hasColumns reports whether a source has the columns, each once.
func (x *examination) hasColumns(s *config.Sync, wanted, all []string) bool {
	times := map[string]int{}
	for _, c := range all {
		times[contact.NormalizeText(c)]++
	}
	fine := true
	for _, c := range wanted {
		err := &sources.ColumnError{Source: sourceName(s), Column: c, Columns: all}
		next := "write the name as it stands there, or add the column"
		switch times[contact.NormalizeText(c)] {
		case 1:
			continue
		case 0:
			if near := err.Near(); near != "" {
				next = fmt.Sprintf("write %q in %s, if that is meant", near, x.app.Options.Config.Path)
			}
		default:
			err.Doubled, next = true, "rename all but one"
		}
		fine = false
		x.add(Finding{Level: Stop, Area: "source", Sync: s.Name, Where: fmt.Sprintf("column %q", c), What: err.Error(),
			Why: "a column that is lost would look like values that were emptied", Next: next})
	}
	return fine
}

func sourceName(s *config.Sync) string {
	switch {
	case s.Source.CSV != nil:
		return s.Source.CSV.Path
	case s.Source.GoogleSheet != nil:
		return s.Source.GoogleSheet.Tab
	case s.Source.Postgres != nil:
		return s.Source.Postgres.Table
	}
	return s.Source.Kind()
}

// changing are the parts of a reason that differ from row to row, beyond those that its kind leaves out.
var changing = regexp.MustCompile(`\d+|"[^"]*"|row-[0-9a-f]+`)

// problems sums up the rows that cannot be synced: those of one kind together, by what a person does about them and in the
// order of the rows.
func (x *examination) problems(s *config.Sync, report *engine.Report) {
	var kinds []string
	groups := map[string][]engine.Problem{}
	for _, p := range report.Problems {
		kind := p.Column + "\x00" + changing.ReplaceAllString(strings.ReplaceAll(p.Kind(), p.Key, ""), "#")
		if groups[kind] == nil {
			kinds = append(kinds, kind)
		}
		groups[kind] = append(groups[kind], p)
	}
	slices.SortStableFunc(kinds, func(a, b string) int { return remedyOf(groups[a][0]) - remedyOf(groups[b][0]) })
	for _, kind := range kinds {
		x.add(x.problem(s, groups[kind]))
	}
}

// problem is what there is to say of the rows with problems of one kind.
func (x *examination) problem(s *config.Sync, group []engine.Problem) Finding {
	f := Finding{Level: Look, Area: "rows", Sync: s.Name, Where: places(group), What: group[0].Reason,
		Why: "such rows are left alone until they are mended, and the others go on", Next: "mend it there; the next run syncs it"}
	if slices.ContainsFunc(group, func(p engine.Problem) bool { return p.Reason != f.What }) {
		f.What = group[0].Kind()
	}
	switch remedy := remedyOf(group[0]); remedy {
	case mend:
	case nameBack:
		f.Why, f.Next = "a renamed sync does not know its contacts any more", "if it was, put its old name back before you do anything else"
	default:
		f.Why = "a second contact for somebody you already have is not made without your word"
		f.Next = fmt.Sprintf("after a run, %#q asks you row by row", x.command("problems", s.Name))
		if remedy == matchAll {
			f.Next = "set match: [phone], or [phone, email], to take a row and such a contact as one; or, " + f.Next
		}
	}
	return f
}

// What a person does about a problem.
const (
	mend     = iota // in the source
	matchAll        // somebody is in Quo already, and match: would take the two as one
	matchOne        // a person has to say who is who
	nameBack        // the sync has another name than before
)

func remedyOf(p engine.Problem) int {
	switch {
	case strings.Contains(p.Reason, "was this sync renamed?"):
		return nameBack
	case strings.Contains(p.Reason, "in Quo already has this"):
		return matchAll
	case strings.Contains(p.Reason, "syncd match"):
		return matchOne
	}
	return mend
}

// places says where problems stand.
func places(group []engine.Problem) string {
	const few = 5
	var rows []string
	for _, p := range group[:min(len(group), few)] {
		if p.Row > 0 {
			rows = append(rows, fmt.Sprint(p.Row))
		} else {
			rows = append(rows, p.Key)
		}
	}
	where := "row"
	if len(group) > 1 {
		where = "rows"
	}
	where += " " + strings.Join(rows, ", ")
	if len(group) > few {
		where += fmt.Sprintf(" and %d more", len(group)-few)
	}
	if group[0].Column != "" {
		where += fmt.Sprintf(", column %q", group[0].Column)
	}
	return where
}

// contacts looks at contacts of ours without a row, at what waits for a person and at what a run would do.
func (x *examination) contacts(s *config.Sync, plan reconcile.Plan, report *engine.Report) {
	if n := len(plan.Unmanaged); n > 0 {
		x.add(Finding{Level: Look, Area: "contacts", Sync: s.Name, Where: "key " + strings.Join(plan.Unmanaged[:min(n, 5)], ", "),
			What: count(n, "contact") + " of this sync without a row", Why: "what has no row is left alone, and grows old",
			Next: "delete it in Quo, or have rows made with create_in_source: ours"})
	}
	if n := len(report.Conflicts); n > 0 {
		x.add(Finding{Level: Look, Area: "contacts", Sync: s.Name, Where: s.Name, What: count(n, "open question") + ": which of two values is right",
			Why: "neither side is written until you say which one is right", Next: "after a run, " + x.command("conflicts", s.Name)})
	}
	if report.Held != (engine.HeldCounts{}) {
		x.add(Finding{Level: Look, Area: "contacts", Sync: s.Name, Where: "brake", What: fmt.Sprintf("a run would hold what is more than usual (%s, %s, %s) until you approve it",
			count(report.Held.Creates, "create"), count(report.Held.Updates, "update"), count(report.Held.Deletes, "delete")), Why: "so many at once are seldom meant", Next: x.command("plan", "--sync", s.Name)})
	}
	asIs := "they are"
	if report.Unchanged == 1 {
		asIs = "it is"
	}
	x.add(Finding{Level: Fine, Area: "contacts", Sync: s.Name, Where: s.Name, What: fmt.Sprintf("a run would make %s, and leave %s as %s",
		count(len(plan.Operations)-report.Held.Creates-report.Held.Updates-report.Held.Deletes, "change"), count(report.Unchanged, "record"), asIs)})
}

// count counts things in words.
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
