package main

import (
	"fmt"
	"time"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/planpage"
	"syncd/internal/reconcile"
)

func (c *cli) html() bool { return c.output == "html" }

// printPage prints plans as an HTML page.
func (c *cli) printPage(syncs []planpage.Sync) error {
	c.verbatim()
	return planpage.Write(c.out, planpage.Page{Made: time.Now().Format("2 January 2006 at 15:04"), Syncs: syncs})
}

// pageOf is the plan of a sync as a page shows it. Values stand there as they are: the page escapes them.
func (c *cli) pageOf(p reconcile.Plan, r *engine.Report, s *config.Sync, names titles) planpage.Sync {
	page := planpage.Sync{Name: r.Sync, Summary: planSummary(p, r)}
	if r.Error != nil {
		page.Error = c.redact(*r.Error)
	}
	for _, g := range groupsOf(p.Operations) {
		page.Groups = append(page.Groups, pageGroup(g, names))
	}
	if n := len(p.Conflicts); n > 0 {
		page.Groups = append(page.Groups, conflictGroup(p.Conflicts, names, fmt.Sprintf("After a run, settle with: %s KEY [FIELD] --take source|quo",
			c.hintCommand("resolve", r.Sync))))
	}
	if len(r.Problems) > 0 {
		page.Groups = append(page.Groups, problemGroup(r.Problems))
	}
	if r.Held != (engine.HeldCounts{}) {
		page.Notes = append(page.Notes, fmt.Sprintf("A run would hold %s%s, and ask you to approve them.", heldCounts(r.Held), brakeNote(r.Held, s)))
	}
	if n := len(r.Waiting); n > 0 {
		page.Notes = append(page.Notes, count(n, "delete")+either(n, " waits.", " wait."))
	}
	if n := len(p.Unmanaged); n > 0 {
		page.Notes = append(page.Notes, fmt.Sprintf("%s in Quo %s no row and %s left alone.", count(n, "contact"), either(n, "has", "have"), either(n, "is", "are")))
	}
	return page
}

func pageGroup(g planGroup, names titles) planpage.Group {
	group := planpage.Group{Kind: string(g.operations[0].Action), Title: g.noun + either(len(g.operations), "", "s") + " " + g.title}
	for _, o := range g.operations {
		record := planpage.Record{Key: o.Key, Name: nameOf(o), Why: why(o, o.Reason)}
		for _, f := range o.Fields {
			field := planpage.Field{Name: names.of(f.Field)}
			switch o.Action {
			case contact.Update:
				field.Values = []planpage.Value{{Title: "now", Text: pageValue(f.Before)}, {Title: "after", Text: pageValue(f.After)}}
			case contact.Create:
				field.Values = []planpage.Value{{Text: pageValue(f.After)}}
			default:
				field.Values = []planpage.Value{{Text: pageValue(f.Before)}}
			}
			record.Fields = append(record.Fields, field)
		}
		group.Records = append(group.Records, record)
	}
	return group
}

// pageValue is a value as people can see it.
func pageValue(text string) string {
	if text == "" {
		return "(empty)"
	}
	return itemized(text)
}

func conflictGroup(conflicts []contact.Conflict, names titles, hint string) planpage.Group {
	group := planpage.Group{Kind: "conflict", Title: either(len(conflicts), "value ", "values ") + cameAbout(conflicts) + ", left for you", Hint: hint}
	for _, k := range conflicts {
		field := planpage.Field{Name: names.of(k.Field), Values: []planpage.Value{{Title: "source", Text: pageValue(k.Source)}, {Title: "Quo", Text: pageValue(k.Quo)}}}
		if k.Reason != contact.FirstSight {
			field.Values = append(field.Values, planpage.Value{Title: "before", Text: pageValue(k.Base)})
		}
		group.Records = append(group.Records, planpage.Record{Key: k.Key, Why: oddReason(k), Fields: []planpage.Field{field}})
	}
	return group
}

func problemGroup(problems []engine.Problem) planpage.Group {
	group := planpage.Group{Kind: "problem", Title: either(len(problems), "problem", "problems") + " in rows that are left alone", Hint: "Fix them in the source."}
	for _, p := range problems {
		record := planpage.Record{Key: place(p.Problem), Why: p.Reason}
		if p.Column != "" {
			record.Name = p.Column + ": " + pageValue(p.Value)
		}
		group.Records = append(group.Records, record)
	}
	return group
}
