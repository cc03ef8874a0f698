package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/reconcile"
	"syncd/internal/state"
)

// folded is how many lines of one kind a report shows before it names the command that shows them all.
const folded = 20

// printReport prints what a run did, in the words of the people who own the rows. s is nil for a sync that is not
// configured any more.
func (c *cli) printReport(r *engine.Report, s *config.Sync, names titles) {
	fmt.Fprintf(c.out, "%s: %s%s\n", r.Sync, summary(r), runNote(r))
	c.printFindings(r, s, names)
}

// printFindings prints what a run leaves for people.
func (c *cli) printFindings(r *engine.Report, s *config.Sync, names titles) {
	c.printProblems("  ", r.Problems, "was", "were", fold{folded, c.hintCommand("problems", r.Sync)})
	c.printConflicts("  ", r.Sync, r.Conflicts, names)
	c.printWaiting("  ", r)
	if n := r.FoundAgain; n > 0 {
		fmt.Fprintf(c.out, "  %s that the state did not know (is it new, or an older copy?) %s found in Quo by %s and linked again:\n"+
			"    a contact found so is not deleted when its row goes\n",
			count(n, "contact"), either(n, "was", "were"), either(n, "its key", "their keys"))
	}
	if r.Unmanaged > 0 {
		fmt.Fprintf(c.out, "  %s in Quo %s no row and %s left alone\n", count(r.Unmanaged, "contact"),
			either(r.Unmanaged, "has", "have"), either(r.Unmanaged, "was", "were"))
	}
	if r.Held != (engine.HeldCounts{}) {
		fmt.Fprintf(c.out, "  held: %s%s; `%s` shows them; let exactly these through with\n    %s\n", heldCounts(r.Held),
			brakeNote(r.Held, s), c.hintCommand("plan", "--sync", r.Sync), c.hintCommand("approve", fmt.Sprint(r.RunID)))
	}
}

// summary is what a run did in one line, without what stands at zero.
func summary(r *engine.Report) string {
	did := joined("; ",
		done("contact", " in Quo", r.Created, r.Updated, r.Deleted),
		done("row", " in the source", r.SourceCreated, r.SourceUpdated, r.SourceDeleted),
		marked(r.Marked),
		nonZero(r.Unlinked, "%d unlinked"),
		nonZero(r.Stale, "%d changed meanwhile and left for the next run"))
	unchanged := nonZero(r.Unchanged, "%d unchanged")
	left := len(r.Problems) + len(r.Conflicts) + len(r.Waiting)
	switch {
	case r.Status == state.RunSkipped:
		return "skipped"
	case r.Status == state.RunFailed && did == "":
		return "failed"
	case r.Status == state.RunFailed:
		return "failed after " + did
	case did != "":
		return joined("; ", did, unchanged)
	case left == 0 && r.Status == state.RunDone:
		return joined(": ", "nothing to do", unchanged)
	default:
		return joined(": ", "nothing written", unchanged)
	}
}

// done says what was done on one side: "193 contacts created, 2 updated".
func done(noun, where string, created, updated, deleted int) string {
	var parts []string
	for _, k := range []struct {
		n    int
		done string
	}{{created, "created"}, {updated, "updated"}, {deleted, "deleted"}} {
		switch {
		case k.n == 0:
		case len(parts) == 0:
			parts = append(parts, count(k.n, noun)+" "+k.done)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", k.n, k.done))
		}
	}
	if parts == nil {
		return ""
	}
	return strings.Join(parts, ", ") + where
}

// runNote names the run and how long it took.
func runNote(r *engine.Report) string {
	if r.RunID == 0 {
		return ""
	}
	what := ""
	if r.Undoes > 0 {
		what = fmt.Sprintf(", undo of run %d", r.Undoes)
	}
	return fmt.Sprintf(" (run %d%s, %s)", r.RunID, what, took(r.FinishedAt.Sub(r.StartedAt)))
}

// marked says in how many rows a contact id or a status was written.
func marked(n int) string {
	if n == 0 {
		return ""
	}
	return count(n, "row") + " marked"
}

func nonZero(n int, format string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(format, n)
}

// joined joins the parts that are not empty.
func joined(separator string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), separator)
}

// printProblems prints problems, those of one kind in one line when they are more than a fold shows; is and are say when
// their rows are left alone.
func (c *cli) printProblems(indent string, problems []engine.Problem, is, are string, f fold) {
	if len(problems) == 0 {
		return
	}
	rows := map[string]bool{}
	var lines [][]string
	for _, p := range problems {
		rows[place(p.Problem)] = true
		lines = append(lines, problemCells(p.Problem))
	}
	fmt.Fprintf(c.out, "%s%s %s and %s left alone:\n", indent, count(len(rows), "row"),
		either(len(rows), "has "+either(len(problems), "a problem", "problems"), "have problems"), either(len(rows), is, are))
	folds := f.limit > 0 && len(lines) > f.limit
	if folds {
		lines = kindLines(problems)
		lines = lines[:min(len(lines), f.limit)]
	}
	printLines(c.out, indent+"  ", align(lines))
	if folds {
		fmt.Fprintf(c.out, "%s  row by row: %s\n", indent, f.command)
		if slices.ContainsFunc(problems, func(p engine.Problem) bool { return strings.Contains(p.Reason, "in Quo already has this") }) {
			fmt.Fprintf(c.out, "%s  match: [phone, email] in the configuration links a row with the contact that has its phone or e-mail\n", indent)
		}
	}
}

// kindLines are the cells of problems, those of one kind and column together.
func kindLines(problems []engine.Problem) [][]string {
	type kind struct{ column, reason string }
	var kinds []kind
	groups := map[kind][]contact.Problem{}
	for _, p := range problems {
		k := kind{p.Column, p.Kind()}
		if groups[k] == nil {
			kinds = append(kinds, k)
		}
		groups[k] = append(groups[k], p.Problem)
	}
	lines := make([][]string, len(kinds))
	for i, k := range kinds {
		reason := k.reason
		if len(groups[k]) == 1 {
			reason = groups[k][0].Reason
		}
		lines[i] = []string{places(groups[k]), printable(k.column), printable(reason)}
	}
	return lines
}

// places is where problems stand, the first few of them.
func places(problems []contact.Problem) string {
	const few = 4
	if len(problems) == 1 {
		return place(problems[0])
	}
	var names []string
	for _, p := range problems[:min(len(problems), few)] {
		names = append(names, strings.TrimPrefix(strings.TrimPrefix(place(p), "row "), "key "))
	}
	noun, _, _ := strings.Cut(place(problems[0]), " ")
	all := noun + "s " + strings.Join(names, ", ")
	if hidden := len(problems) - few; hidden > 0 {
		all += fmt.Sprintf(" and %d more", hidden)
	}
	return all
}

// place is where a problem stands: its row, or its key where rows have no numbers.
func place(p contact.Problem) string {
	if p.Row != 0 {
		return fmt.Sprintf("row %d", p.Row)
	}
	return "key " + value(p.Key)
}

// problemCells are the row, the column, the value in quotes, and the reason.
func problemCells(p contact.Problem) []string {
	quoted := ""
	if p.Value != "" {
		quoted = fmt.Sprintf("%q", p.Value)
	}
	return []string{place(p), printable(p.Column), quoted, printable(p.Reason)}
}

// printMore says how much a fold hides.
func (c *cli) printMore(indent string, hidden int, f fold) {
	if hidden > 0 {
		fmt.Fprintf(c.out, "%s  … and %d more: %s\n", indent, hidden, f.command)
	}
}

func (c *cli) printConflicts(indent, sync string, conflicts []contact.Conflict, names titles) {
	if len(conflicts) == 0 {
		return
	}
	n := len(conflicts)
	fmt.Fprintf(c.out, "%s%s %s and %s for you:\n", indent, count(n, "value"), cameAbout(conflicts), either(n, "waits", "wait"))
	var lines [][]string
	for _, k := range conflicts[:min(n, folded)] {
		lines = append(lines, []string{value(k.Key), names.of(k.Field), conflictValues(k), oddReason(k)})
	}
	printLines(c.out, indent+"  ", align(lines))
	c.printMore(indent, n-len(lines), fold{folded, c.hintCommand("conflicts", sync)})
	fmt.Fprintf(c.out, "%s  settle with `%s KEY [FIELD] --take source|quo`\n", indent, c.hintCommand("resolve", sync))
}

// cameAbout says of all conflicts together how they came about.
func cameAbout(conflicts []contact.Conflict) string {
	var ways []string
	for _, k := range conflicts {
		way := k.Reason
		switch way {
		case contact.BothChanged, contact.FirstSight:
		case "": // the report of an older version, which gave no reasons
			way = contact.BothChanged
		default:
			way = "undone"
		}
		if !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	slices.Sort(ways)
	return strings.Join(ways, " or ")
}

// oddReason is why a conflict is open, "" when its values tell.
func oddReason(k contact.Conflict) string {
	if k.Reason == contact.BothChanged || k.Reason == contact.FirstSight {
		return ""
	}
	return k.Reason
}

// conflictValues are what both sides hold, and held before where that is known.
func conflictValues(k contact.Conflict) string {
	if k.Field == contact.WholeRecord {
		return printable(k.Source + " | " + k.Quo)
	}
	values := value(k.Source) + " | " + value(k.Quo)
	if k.Reason == contact.FirstSight {
		return values
	}
	return values + ", was " + value(k.Base)
}

// printWaiting says which deletes wait, and for what.
func (c *cli) printWaiting(indent string, r *engine.Report) {
	var graced []reconcile.Waiting
	reasons := map[string]int{}
	for _, w := range r.Waiting {
		if w.Until.IsZero() {
			reasons[w.Reason]++
		} else {
			graced = append(graced, w)
		}
	}
	if n := len(graced); n > 0 {
		first := slices.MinFunc(graced, func(a, b reconcile.Waiting) int { return a.Until.Compare(b.Until) })
		fmt.Fprintf(c.out, "%s%s: %s; a row that comes back before %s keeps its contact\n", indent,
			count(n, "delete")+either(n, " waits", " wait"), either(n, "its row is gone", "their rows are gone"), clock(first.Until, r.StartedAt))
	}
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		n := reasons[reason]
		fmt.Fprintf(c.out, "%s%s: %s\n", indent, count(n, "delete")+either(n, " waits", " wait"), printable(reason))
	}
}

// heldCounts says what the brake holds: "40 deletes, 3 creates".
func heldCounts(h engine.HeldCounts) string {
	var parts []string
	for _, k := range []struct {
		n    int
		noun string
	}{{h.Deletes, "delete"}, {h.Updates, "update"}, {h.Creates, "create"}} {
		if k.n > 0 {
			parts = append(parts, count(k.n, k.noun))
		}
	}
	return strings.Join(parts, ", ")
}

// brakeNote names the limits that were exceeded. Held deletes hold creates too, whatever their limit.
func brakeNote(h engine.HeldCounts, s *config.Sync) string {
	if s == nil {
		return ""
	}
	limit := func(n int, name string, l config.Limit) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprintf("%s %v", name, l)
	}
	creates := limit(h.Creates, "creates", s.Brake.Creates)
	if h.Deletes > 0 {
		creates = ""
	}
	return fmt.Sprintf(" (limit: %s)", joined(", ", limit(h.Deletes, "deletes", s.Brake.Deletes),
		limit(h.Updates, "updates", s.Brake.Updates), creates))
}
