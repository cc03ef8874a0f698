package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/guess"
)

// showGuess prints what the source looks like.
func (c *cli) showGuess(o *initOptions) {
	rows := count(o.rows, "row")
	if o.more {
		rows = fmt.Sprintf("the first %d rows", o.rows)
	}
	fmt.Fprintf(c.out, "%s: %s, %s\n", printable(o.sourceName()), rows, count(len(o.columns), "column"))
	var lines [][]string
	for _, role := range []struct{ name, column string }{{"key", o.guess.Key}, {"contact_id", o.guess.ContactID}} {
		if role.column != "" || role.name == "key" {
			lines = append(lines, []string{role.name, dash(role.column), o.samples[role.column]})
		}
	}
	for _, f := range o.guess.Fields {
		examples := o.samples[f.Column]
		if len(f.Formats) > 0 {
			examples += "  (dates as " + strings.Join(f.Formats, " or ") + ")"
		}
		if f.Column == o.guess.Key {
			examples += "  (to Quo only: a key is never written)"
		}
		lines = append(lines, []string{string(f.Name), value(f.Column), examples})
	}
	lines = append(lines, []string{"region", dash(o.guess.Region), "of phone numbers without a country code"},
		[]string{"timezone", dash(o.guess.Timezone), "of dates and schedules"})
	printLines(c.out, "  ", align(lines))
	if len(o.guess.Unmapped) > 0 {
		fmt.Fprintf(c.out, "  not mapped: %s\n", columnList(o.guess.Unmapped))
	}
	c.printWarnings(o)
}

func (c *cli) printWarnings(o *initOptions) {
	for _, w := range o.guess.Warnings {
		fmt.Fprintln(c.out, "  ! "+printable(w))
	}
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return value(text)
}

func columnList(columns []string) string {
	quoted := make([]string, len(columns))
	for i, column := range columns {
		quoted[i] = value(column)
	}
	return strings.Join(quoted, ", ")
}

// sourceName is what messages call the source.
func (o *initOptions) sourceName() string {
	switch {
	case o.csv != "":
		return o.csv
	case o.sheet != "":
		return o.tab
	}
	return o.table
}

// askGuess lets the person change the guess, until they take it.
func (c *cli) askGuess(ctx context.Context, o *initOptions, a *asker) error {
	fmt.Fprintf(c.out, "\nEnter writes %s. FIELD=COLUMN changes a line, as in phoneNumbers.work=Phone 2; FIELD= takes it out; q leaves.\n", c.configPath)
	for {
		answer, ok := a.ask(ctx, "> ")
		switch {
		case !ok && ctx.Err() != nil:
			return context.Cause(ctx)
		case !ok:
			return usage(errors.New("init: nothing is written without your word"), "add --yes to take the guess as it is")
		case strings.EqualFold(answer, "q"):
			fmt.Fprintln(c.out, "nothing written")
			return exit(exitFailed)
		case answer == "":
			if err := c.ready(o); err != nil {
				c.exitCode(err) // which says it; the person goes on
				continue
			}
			return nil
		}
		dropped, err := o.change(answer)
		if err != nil {
			c.say("error: " + err.Error())
			continue
		}
		for _, line := range dropped {
			c.say(line)
		}
		c.showGuess(o)
	}
}

// ready reports what keeps the guess from being written.
func (c *cli) ready(o *initOptions) error {
	if err := o.complete(); err != nil {
		return err
	}
	_, err := c.configText(o)
	return err
}

// change makes what a person wrote of the guess, and says what had to go for it.
func (o *initOptions) change(line string) (dropped []string, err error) {
	name, text, ok := strings.Cut(line, "=")
	name, text = strings.TrimSpace(name), strings.TrimSpace(text)
	switch {
	case !ok:
		return nil, errors.New("write FIELD=COLUMN, as in firstName=Vorname")
	case name == "region":
		code, err := config.ParseRegion(text)
		if err != nil {
			return nil, fmt.Errorf("region %q %w", text, err)
		}
		o.guess.Region = code
		return nil, nil
	case name == "timezone":
		if _, err := config.ParseTimezone(text); err != nil {
			return nil, fmt.Errorf("timezone %q %w", text, err)
		}
		o.guess.Timezone = text
		return nil, nil
	}
	if i := slices.IndexFunc(o.columns, func(c string) bool { return strings.EqualFold(c, text) }); i >= 0 {
		text = o.columns[i]
	} else if text != "" {
		return nil, fmt.Errorf("there is no column %q: the columns are %s", text, columnList(o.columns))
	}
	switch name {
	case "key":
		o.guess.Key = text
		dropped = o.dropContactID(text, name)
	case "contact_id":
		o.guess.ContactID = text
		dropped = o.dropFields(func(f guess.Field) string { return usedBy(name, f.Column == text) })
		if o.guess.Key == text && text != "" {
			o.guess.Key = ""
			dropped = append(dropped, droppedLine("key", text, usedBy(name, true)))
		}
	default:
		if dropped, err = o.changeField(contact.Field(name), text); err != nil {
			return nil, err
		}
	}
	o.findUnmapped()
	return dropped, nil
}

// changeField gives a field another column, or none. The column of the key may be a field too, which goes to Quo only.
func (o *initOptions) changeField(name contact.Field, column string) (dropped []string, err error) {
	group, label := name.Split()
	single := []contact.Field{guess.FullName, contact.FirstName, contact.LastName, contact.Company, contact.Role}
	if !slices.Contains(single, name) && (label == "" || !slices.Contains([]string{contact.PhoneNumbers, contact.Emails, contact.CustomFields}, group)) {
		return nil, fmt.Errorf("there is no field %q: there are key, contact_id, region, timezone, name, firstName, lastName, company, role, "+
			"phoneNumbers.LABEL, emails.LABEL and customFields.NAME", name)
	}
	o.guess.Fields = slices.DeleteFunc(o.guess.Fields, func(f guess.Field) bool { return strings.EqualFold(string(f.Name), string(name)) })
	if column == "" {
		return nil, nil
	}
	dropped = o.dropFields(func(f guess.Field) string {
		split := name == guess.FullName && (f.Name == contact.FirstName || f.Name == contact.LastName)
		whole := f.Name == guess.FullName && (name == contact.FirstName || name == contact.LastName)
		if split || whole {
			return "name is first and last name in one column"
		}
		return usedBy(string(name), f.Column == column)
	})
	o.guess.Fields = append(o.guess.Fields, guess.Field{Name: name, Column: column})
	o.guess.Sort(o.columns)
	return append(dropped, o.dropContactID(column, string(name))...), nil
}

// usedBy is the reason to drop what has a column that is another's now, "" when it has not.
func usedBy(name string, has bool) string {
	if !has {
		return ""
	}
	return "that column is used for " + name
}

func droppedLine(name, column, reason string) string {
	return fmt.Sprintf("%s is taken out, which was %s: %s", name, value(column), reason)
}

// dropFields drops the fields for which there is a reason.
func (o *initOptions) dropFields(reason func(guess.Field) string) (dropped []string) {
	o.guess.Fields = slices.DeleteFunc(o.guess.Fields, func(f guess.Field) bool {
		why := reason(f)
		if why != "" {
			dropped = append(dropped, droppedLine(string(f.Name), f.Column, why))
		}
		return why != ""
	})
	return dropped
}

// dropContactID drops the column of contact ids when it is used for something else now.
func (o *initOptions) dropContactID(column, name string) []string {
	if column == "" || o.guess.ContactID != column {
		return nil
	}
	o.guess.ContactID = ""
	return []string{droppedLine("contact_id", column, usedBy(name, true))}
}

// findUnmapped finds the columns that serve no purpose.
func (o *initOptions) findUnmapped() {
	o.guess.Unmapped = slices.DeleteFunc(slices.Clone(o.columns), func(column string) bool {
		return column == o.guess.Key || column == o.guess.ContactID ||
			slices.ContainsFunc(o.guess.Fields, func(f guess.Field) bool { return f.Column == column })
	})
}
