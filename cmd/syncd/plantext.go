package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/reconcile"
)

// planLine is one line of a plan, as in
//
//	~ quo     C-1042  phoneNumbers.mobile  +14155550100 -> +14155550199  changed in the source
//
// A head stands for a whole record, and its value for field and value.
type planLine struct {
	mark, side, key   string
	field, value, why string
	head              bool
}

// fold says how much of a long list is shown, and the command that shows all of it; the zero fold shows all.
type fold struct {
	limit   int
	command string
}

// printPlan prints a plan: counts first, then group by group what happens, then what is left for people.
func (c *cli) printPlan(p reconcile.Plan, r *engine.Report, s *config.Sync, names titles, all bool) {
	f := fold{folded, c.hintCommand("plan", "--sync", r.Sync, "--all")}
	if all {
		f = fold{}
	}
	fmt.Fprintf(c.out, "%s: %s\n", r.Sync, planSummary(p, r))
	c.printOperations(p.Operations, names, f)
	c.printPlanConflicts(p.Conflicts, r.Sync, names, f)
	c.printProblems("", r.Problems, "is", "are", f)
	c.printWaiting("", r)
	if n := len(p.Unmanaged); n > 0 {
		fmt.Fprintf(c.out, "%s in Quo %s no row and %s left alone: %s\n", count(n, "contact"), either(n, "has", "have"),
			either(n, "is", "are"), keyList(p.Unmanaged))
	}
	if r.Held != (engine.HeldCounts{}) {
		fmt.Fprintf(c.out, "a run would hold %s%s, and ask you to approve them\n", heldCounts(r.Held), brakeNote(r.Held, s))
	}
}

// planGroup is the operations of one kind.
type planGroup struct {
	title      string // "to create in Quo"
	noun       string
	operations []*reconcile.Operation
}

// groupsOf sorts operations by what they do.
func groupsOf(operations []reconcile.Operation) []planGroup {
	var groups []planGroup
	for _, kind := range []struct {
		side        contact.Side
		action      contact.Action
		noun, title string
	}{
		{contact.Quo, contact.Create, "contact", "to create in Quo"}, {contact.Quo, contact.Update, "contact", "to update in Quo"},
		{contact.Quo, contact.Delete, "contact", "to delete in Quo"}, {contact.Source, contact.Create, "row", "to add to the source"},
		{contact.Source, contact.Update, "row", "to update in the source"}, {contact.Source, contact.Delete, "row", "to delete from the source"},
		{"", contact.Unlink, "record", "to unlink"},
	} {
		g := planGroup{title: kind.title, noun: kind.noun}
		for i := range operations {
			if o := &operations[i]; o.Action == kind.action && (o.Side == kind.side || kind.side == "") {
				g.operations = append(g.operations, o)
			}
		}
		if g.operations != nil {
			groups = append(groups, g)
		}
	}
	return groups
}

// printOperations prints operations, those of one kind together, with a fold for each kind: of whole records by their
// lines, for each has many.
func (c *cli) printOperations(operations []reconcile.Operation, names titles, f fold) {
	for _, g := range groupsOf(operations) {
		fmt.Fprintf(c.out, "%s %s:\n", count(len(g.operations), g.noun), g.title)
		var lines []planLine
		shown := 0
		for _, o := range g.operations {
			if f.limit > 0 && len(lines) >= f.limit {
				break
			}
			lines = append(lines, operationLines(o, names)...)
			shown++
		}
		c.printPlanLines(lines)
		c.printMore("", len(g.operations)-shown, f)
	}
}

func (c *cli) printPlanConflicts(conflicts []contact.Conflict, sync string, names titles, f fold) {
	n := len(conflicts)
	if n == 0 {
		return
	}
	fmt.Fprintf(c.out, "%s %s, left for you:\n", count(n, "value"), cameAbout(conflicts))
	var lines []planLine
	for _, k := range conflicts {
		if f.limit > 0 && len(lines) == f.limit {
			break
		}
		lines = append(lines, planLine{mark: "!", side: "ask", key: value(k.Key), field: names.of(k.Field), value: conflictValues(k), why: k.Reason})
	}
	c.printPlanLines(lines)
	c.printMore("", n-len(lines), f)
	fmt.Fprintf(c.out, "  after a run, settle with `%s KEY [FIELD] --take source|quo`\n", c.hintCommand("resolve", sync))
}

// operationLines are a line per field for an update; for all else one for the record, and its fields below.
func operationLines(o *reconcile.Operation, names titles) []planLine {
	mark, side := marks[o.Action], string(o.Side)
	if o.Action == contact.Unlink {
		side = "link"
	}
	var lines []planLine
	if o.Action != contact.Update {
		lines = append(lines, planLine{mark: mark, side: side, key: value(o.Key), value: value(nameOf(o)), why: why(o, o.Reason), head: true})
	}
	for _, f := range o.Fields {
		line := planLine{field: names.of(f.Field), value: value(f.After)}
		switch o.Action {
		case contact.Update:
			line.mark, line.side, line.key, line.why = mark, side, value(o.Key), why(o, f.Reason)
			line.value = value(f.Before) + " -> " + value(f.After)
		case contact.Delete:
			line.value = value(f.Before)
		}
		lines = append(lines, line)
	}
	return lines
}

var marks = map[contact.Action]string{contact.Create: "+", contact.Update: "~", contact.Delete: "-", contact.Unlink: "-"}

// why is the reason, and whether the brake or a person has a say.
func why(o *reconcile.Operation, reason string) string {
	switch {
	case o.Held:
		reason += " (held)"
	case o.Approved:
		reason += " (approved)"
	}
	return printable(reason)
}

// nameOf is what people call the record of an operation.
func nameOf(o *reconcile.Operation) string {
	switch {
	case o.Side == contact.Quo && o.Action == contact.Create:
		return fullName(o.After.FirstName, o.After.LastName, o.After.Company)
	case o.Contact != nil:
		return fullName(o.Contact.FirstName, o.Contact.LastName, o.Contact.Company)
	case o.Row != nil:
		v := o.Row.Values
		return fullName(v[contact.FirstName].Text, v[contact.LastName].Text, v[contact.Company].Text)
	}
	v := map[contact.Field]string{}
	for _, f := range o.Fields {
		v[f.Field] = cmp.Or(f.After, f.Before)
	}
	return fullName(v[contact.FirstName], v[contact.LastName], v[contact.Company])
}

func fullName(first, last, company string) string {
	return cmp.Or(strings.TrimSpace(first+" "+last), company)
}

// printPlanLines prints the lines in columns: a head's value takes the room of field and value.
func (c *cli) printPlanLines(lines []planLine) {
	var keys, fields, values int
	for _, l := range lines {
		keys = wider(keys, l.key)
		if !l.head && l.mark != "" {
			fields, values = wider(fields, l.field), wider(values, l.value)
		}
	}
	for _, l := range lines {
		if l.head {
			values = max(values, text.StringWidth(l.value)-fields-2)
		}
	}
	below := 0 // the widest field of the record that is being printed
	for i, l := range lines {
		switch {
		case l.mark == "":
			fmt.Fprintln(c.out, strings.Repeat(" ", 10)+column(l.field, below)+cut(l.value))
			continue
		case l.head:
			below = 0
			for _, f := range lines[i+1:] {
				if f.mark != "" {
					break
				}
				below = wider(below, f.field)
			}
			l.value = column(l.value, fields+2+values)
		default:
			l.value = column(l.field, fields) + column(l.value, values)
		}
		line := l.mark + " " + column(l.side, 6) + column(l.key, keys) + l.value + l.why
		fmt.Fprintln(c.out, c.paint(colorOf[l.mark], strings.TrimRight(line, " ")))
	}
}

var colorOf = map[string]text.Color{"+": text.FgGreen, "~": text.FgYellow, "-": text.FgRed, "!": text.FgMagenta}

// planSummary counts what a plan holds, without what stands at zero.
func planSummary(p reconcile.Plan, r *engine.Report) string {
	counts := map[reconcile.Kind]int{}
	unlinked := 0
	for _, o := range p.Operations {
		if o.Action == contact.Unlink {
			unlinked++
		} else {
			counts[reconcile.Kind{Side: o.Side, Action: o.Action}]++
		}
	}
	side := func(side contact.Side, where string) string {
		var parts []string
		for _, action := range []contact.Action{contact.Create, contact.Update, contact.Delete} {
			if n := counts[reconcile.Kind{Side: side, Action: action}]; n > 0 {
				parts = append(parts, count(n, string(action)))
			}
		}
		if parts == nil {
			return ""
		}
		return strings.Join(parts, ", ") + where
	}
	some := func(n int, one, more string) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprintf("%d %s", n, either(n, one, more))
	}
	did := joined(", ", side(contact.Quo, " in Quo"), side(contact.Source, " in the source"), nonZero(unlinked, "%d to unlink"),
		some(r.Marked, "row to mark", "rows to mark"))
	if r.Error != nil {
		return "no plan"
	}
	if did == "" {
		did = "nothing to do"
	}
	return joined(", ", did, some(len(p.Conflicts), "conflict", "conflicts"), some(len(r.Problems), "problem", "problems"),
		nonZero(len(p.Waiting), "%d waiting"), nonZero(r.Unchanged, "%d unchanged"))
}

// keyList lists keys, the first few of many.
func keyList(keys []string) string {
	const few = 10
	shown := make([]string, 0, few)
	for _, key := range keys[:min(len(keys), few)] {
		shown = append(shown, value(key))
	}
	if len(keys) > few {
		shown = append(shown, fmt.Sprintf("… and %d more", len(keys)-few))
	}
	return strings.Join(shown, ", ")
}
