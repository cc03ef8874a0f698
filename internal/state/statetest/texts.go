package statetest

import (
	"encoding/json"
	"strings"

	"syncd/internal/contact"
	"syncd/internal/state"
)

// oddTexts are values that people have in their cells; keys and names are these too, but for the NUL.
var oddTexts = map[string]string{
	"nothing":    "",
	"quotes":     `O'Brien "Bob" \ ; -- DROP TABLE links`,
	"percent":    "100%_$1 ?1 :a @b {}",
	"unicode":    "Zoë 李雷 👩‍👩‍👧 \u202e",
	"decomposed": "e\u0301",
	"lines":      "a\r\nb\tc\u2028",
	"very long":  strings.Repeat("é", 100_000),
	"NUL":        "a\x00b",
}

var textCases = []testCase{
	{"in keys and names", func(w *world) {
		for name, text := range oddTexts {
			if name == "NUL" || len(text) > 1000 {
				continue
			}
			lease := w.acquire(text)
			w.commit(lease, state.Batch{Sync: &state.Sync{Name: text, Label: text}})
			run := w.start(lease)
			want := state.Link{Key: text, ContactID: text, Base: base(text)}
			e := entry(run, 1, state.Done)
			e.Key, e.ContactID, e.Reason, e.Error = text, text, text, text
			w.commit(lease, state.Batch{Links: []state.Link{want}, Entries: []state.Entry{e}})

			w.same(name+": Sync", must[state.Sync](w)(w.Sync(w.ctx, text)).Label, text)
			w.same(name+": Link", must[state.Link](w)(w.Link(w.ctx, text, text)), want)
			stored := must[bases](w)(w.Bases(w.ctx, text, []string{text}))
			w.same(name+": Bases", stored, bases{text: base(text)})
			got := must[[]state.Entry](w)(w.History(w.ctx, text, text))[0]
			w.same(name+": History", got.Key+got.ContactID+got.Reason+got.Error, strings.Repeat(text, 4))
			w.reserve(text, 1, 0)
		}
	}},
	{"in values", func(w *world) {
		lease := w.acquire("customers")
		for name, text := range oddTexts {
			run := w.start(lease)
			e := entry(run, 1, state.Done)
			e.Before = must[[]byte](w)(json.Marshal([]string{text}))
			e.Fields = []contact.FieldChange{{Field: contact.Role, Before: text, After: text, Reason: text}}
			e.Base = base(text)
			l := state.Link{Key: "C-1", ContactID: "65f0c1", Base: base(text)}
			w.commit(lease, state.Batch{Links: []state.Link{l}, Entries: []state.Entry{e}})
			p := problem("C-1", "Phone", "no number")
			p.Value = text
			c := conflict("C-1", contact.Role, text)
			c.Base, c.Quo = text, text
			h := held("C-1")
			h.Fields = e.Fields
			w.finish(lease, run, &state.Findings{
				Problems: []state.Problem{p}, Conflicts: []state.Conflict{c}, Held: []state.Held{h},
			})

			got := must[[]state.Entry](w)(w.Entries(w.ctx, run.ID))[0]
			w.same(name+": Before", got.Before, e.Before)
			w.same(name+": Fields", got.Fields, e.Fields)
			w.same(name+": Base of the entry", got.Base, e.Base)
			w.same(name+": Base of the link", must[state.Link](w)(w.Link(w.ctx, "customers", "C-1")).Base, base(text))
			w.same(name+": Problem", must[[]state.Problem](w)(w.Problems(w.ctx, "customers"))[0].Value, text)
			conflicts := must[[]state.Conflict](w)(w.Conflicts(w.ctx, "customers"))
			w.same(name+": Conflict", conflicts[0].Conflict, c.Conflict)
			w.same(name+": Held", must[[]state.Held](w)(w.Held(w.ctx, "customers"))[0].Fields, h.Fields)
		}
	}},
}
