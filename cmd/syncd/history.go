package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/contact"
	"syncd/internal/daemon"
	"syncd/internal/state"
)

func (c *cli) historyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "history SYNC KEY", Short: "Show all changes to one record, newest first", Args: arguments(2, 2),
		Example:           "  syncd history customers C-1042",
		ValidArgsFunction: c.completing(c.offerSyncs, c.offerKeys),
		RunE: c.reading(func(ctx context.Context, app *daemon.App, args []string) error {
			s, key, err := record(app, args)
			if err != nil {
				return err
			}
			entries, err := app.Store.History(ctx, s.Name, key)
			switch {
			case err != nil:
				return err
			case c.json():
				return c.printJSON(map[string]any{"sync": s.Name, "key": key, "journal": newEntriesJSON(entries)})
			case len(entries) == 0:
				fmt.Fprintf(c.out, "no changes to %s yet\n", value(key))
			default:
				c.printJournal(entries, false, c.titles(ctx, app, s, entryFields(entries)))
			}
			return nil
		}),
	}
}

// entryJSON is one operation of the journal as -o json prints it.
type entryJSON struct {
	Run       int64                 `json:"run"`
	Key       string                `json:"key"`
	At        *time.Time            `json:"at"` // when it was sent, else when it was settled; null before
	Side      contact.Side          `json:"side"`
	Action    contact.Action        `json:"action"`
	ContactID string                `json:"contact_id"`
	Reason    string                `json:"reason"`
	Fields    []contact.FieldChange `json:"fields"`
	Approved  bool                  `json:"approved"`
	State     state.EntryState      `json:"state"`
	Error     string                `json:"error"`
}

func newEntriesJSON(entries []state.Entry) []entryJSON {
	list := make([]entryJSON, len(entries))
	for i, e := range entries {
		list[i] = entryJSON{Run: e.Run, Key: e.Key, Side: e.Side, Action: e.Action, ContactID: e.ContactID, Reason: e.Reason,
			Fields: append([]contact.FieldChange{}, e.Fields...), Approved: e.Approved, State: e.State, Error: e.Error}
		if at := entryAt(e); !at.IsZero() {
			list[i].At = &at
		}
	}
	return list
}

func entryAt(e state.Entry) time.Time {
	if e.SentAt.IsZero() {
		return e.SettledAt
	}
	return e.SentAt
}

// printJournal prints operations, a line per field; of several records with their keys.
func (c *cli) printJournal(entries []state.Entry, keys bool, names titles) {
	if len(entries) == 0 {
		return
	}
	heading := []string{"WHEN", "RUN", "SIDE", "ACTION", "FIELD", "CHANGE", "WHY", "OUTCOME"}
	if keys {
		heading[1] = "KEY"
	}
	var rows [][]string
	for _, e := range entries {
		second := strconv.FormatInt(e.Run, 10)
		if keys {
			second = value(e.Key)
		}
		head := []string{moment(entryAt(e)), second, string(e.Side), string(e.Action)}
		fields := e.Fields
		if len(fields) == 0 {
			rows = append(rows, append(head, "", "", printable(e.Reason), outcome(e)))
		}
		for _, f := range fields {
			rows = append(rows, append(head[:4:4], names.of(f.Field), value(f.Before)+" -> "+value(f.After), printable(f.Reason), outcome(e)))
		}
	}
	table(c.out, heading, rows)
}

// outcome says what became of an operation.
func outcome(e state.Entry) string {
	words := map[state.EntryState]string{state.Intended: "not sent", state.Sent: "sent, no answer", state.Unknown: "unknown"}
	text := string(e.State)
	if word := words[e.State]; word != "" {
		text = word
	}
	if e.Error != "" {
		text += ": " + e.Error
	}
	return printable(text)
}

func entryFields(entries []state.Entry) []contact.Field {
	var fields []contact.Field
	for _, e := range entries {
		for _, f := range e.Fields {
			fields = append(fields, f.Field)
		}
	}
	return fields
}
