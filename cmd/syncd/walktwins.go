package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/daemon"
	"syncd/internal/engine"
	"syncd/internal/reconcile"
	"syncd/internal/state"
)

// walkTwins goes through the rows of which only a person knows whose contact is theirs.
func (c *cli) walkTwins(ctx context.Context, app *daemon.App, syncs []*config.Sync, a *asker) error {
	for _, s := range syncs {
		plan, report := app.Plan(ctx, s, engine.Request{}) // what was mended since the last run is not asked for
		c.progress.rest()
		if report.Err() != nil { // that the brake would hold something is no reason not to ask
			c.complainAbout(ctx, app.Options.Config, &report)
			return reportCode(&report, false)
		}
		if err := c.walkTwinsOf(ctx, app, s, plan.Twins, a); err != nil {
			return err
		}
	}
	return nil
}

func settledByMatch(p state.Problem) bool { return strings.Contains(p.Reason, "`syncd match ") }

const twinsHelp = "y, or its number: it is this row's; n: make a new contact; Enter: skip; Y or N: the same for all that follow; x: stop"

// walkTwinsOf goes through the rows of one sync.
func (c *cli) walkTwinsOf(ctx context.Context, app *daemon.App, s *config.Sync, twins []reconcile.Twin, a *asker) error {
	if len(twins) == 0 {
		fmt.Fprintf(c.out, "%s: what the last run asked is settled: the next one goes on from there\n", s.Name)
		return nil
	}
	names := c.titles(ctx, app, s, twinFields(twins))
	fmt.Fprintf(c.out, "%s: %s may have a contact in Quo already\n%s\n", s.Name, count(len(twins), "row"), twinsHelp)
	var settled []string
	taken := map[string]bool{}
	all := "" // what the person said of all that follow
	for i, t := range twins {
		answer := all
		_, settles := verdict(t, answer) // not where there were several contacts, of which others are taken
		t = without(t, taken)
		// "All that follow" is never said of a row that has a reason of its own: a sync that seems renamed would be doubled.
		if id, still := verdict(t, answer); !settles || !still || taken[id] || t.Never != "" {
			c.showTwin(fmt.Sprintf("%d of %d", i+1, len(twins)), t, names)
			var ok bool
			if answer, ok = a.askTwin(ctx, t); !ok {
				c.sayLeft(s.Name, len(settled))
				return context.Cause(ctx)
			}
		}
		if answer == "x" {
			break
		}
		id, settles := verdict(t, answer)
		if !settles {
			continue
		}
		if err := app.Store.Match(ctx, s.Name, t.Key, id); err != nil {
			return err
		}
		settled = append(settled, t.Key)
		taken[id] = id != ""
		if answer == "Y" || answer == "N" {
			all = answer
		}
	}
	return c.writeSettled(ctx, app, s, "row", settled, a)
}

// askTwin asks whose the contacts are until the answer is one.
func (a *asker) askTwin(ctx context.Context, t reconcile.Twin) (answer string, ok bool) {
	question := "  is it this row's? "
	switch len(t.Contacts) {
	case 0:
		question = "  n makes a new contact, Enter skips: "
	case 1:
	default:
		question = "  which one is this row's? "
	}
	for {
		if answer, ok = a.ask(ctx, question); !ok || answer == "" || answer == "x" {
			return answer, ok
		}
		if _, settles := verdict(t, answer); settles {
			return answer, true
		}
		fmt.Fprintln(a.out, "  "+twinsHelp)
	}
}

// verdict is what an answer says of a row: the id of its contact, "" for one of its own.
func verdict(t reconcile.Twin, answer string) (contactID string, settles bool) {
	switch {
	case strings.EqualFold(answer, "n"):
		return "", true
	case strings.EqualFold(answer, "y") && len(t.Contacts) == 1:
		return t.Contacts[0], true
	}
	i, err := strconv.Atoi(answer)
	if err != nil || i < 1 || i > len(t.Contacts) {
		return "", false
	}
	return t.Contacts[i-1], true
}

// without leaves out the contacts that other rows were given.
func without(t reconcile.Twin, taken map[string]bool) reconcile.Twin {
	left := t
	left.Contacts, left.Fields = nil, slices.Clone(t.Fields)
	for k := range left.Fields {
		left.Fields[k].Quo = nil
	}
	for i, id := range t.Contacts {
		if taken[id] {
			continue
		}
		left.Contacts = append(left.Contacts, id)
		for k, f := range t.Fields {
			left.Fields[k].Quo = append(left.Fields[k].Quo, f.Quo[i])
		}
	}
	return left
}

func (c *cli) showTwin(place string, t reconcile.Twin, names titles) {
	row := ""
	if t.Row != 0 {
		row = fmt.Sprintf(", row %d", t.Row)
	}
	has := fmt.Sprintf("%s %s the same %s", count(len(t.Contacts), "contact"), either(len(t.Contacts), "has", "have"), t.By)
	switch {
	case t.Never != "":
		has = printable(t.Never)
	case len(t.Contacts) == 0:
		has = "the contact with the same " + t.By + " cannot be linked"
	}
	fmt.Fprintf(c.out, "%s  %s%s: %s\n", place, value(t.Key), row, has)
	heading := []string{"", "row"}
	for i, id := range t.Contacts {
		if len(t.Contacts) > 1 { // the answer, and narrower
			id = fmt.Sprint(i + 1)
		}
		heading = append(heading, printable(id))
	}
	lines := [][]string{heading}
	for _, f := range t.Fields {
		line := []string{names.of(f.Field), value(f.Row)}
		for _, quo := range f.Quo {
			line = append(line, value(quo))
		}
		lines = append(lines, line)
	}
	printLines(c.out, "  ", align(lines))
}

func twinFields(twins []reconcile.Twin) []contact.Field {
	var fields []contact.Field
	for _, t := range twins {
		for _, f := range t.Fields {
			fields = append(fields, f.Field)
		}
	}
	return fields
}
