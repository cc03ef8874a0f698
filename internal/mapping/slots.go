package mapping

import (
	"cmp"
	"slices"

	"syncd/internal/contact"
)

// Near tells what Quo held in a field: the base's value or, at first sight of a pair, the record's. It finds the
// item of a slot whose label a person changed. A nil Near knows of nothing.
type Near func(contact.Field) contact.Value

func (n Near) norm(f contact.Field) string {
	if n == nil {
		return ""
	}
	return n(f).Norm
}

// group is the phone numbers or the e-mails of the mapping.
type group struct {
	slots []slot
	value func(string) contact.Value // of what Quo holds
}

// slot is one mapped phone number or e-mail.
type slot struct {
	field  contact.Field
	label  string // as configured
	folded string
}

func (g *group) add(field contact.Field, label string) {
	g.slots = append(g.slots, slot{field, contact.NormalizeText(label), contact.Fold(label)})
}

// names reports whether a slot has the label.
func (g *group) names(label string) bool {
	folded := contact.Fold(label)
	return slices.ContainsFunc(g.slots, func(s slot) bool { return s.folded == folded })
}

// find returns, per slot, the index of its item, or -1. A slot is found by its label; of several items with the
// label it is the one near what Quo held, else the one with the smallest value. Failing that, it is the item with the
// value that Quo held, under a label that no slot names: a person renamed it.
func (g *group) find(items []contact.Item, near Near) []int {
	places := make([]int, len(g.slots))
	for i, s := range g.slots {
		places[i] = g.best(items, near.norm(s.field), func(j int) bool { return contact.Fold(items[j].Name) == s.folded })
	}
	for i, s := range g.slots {
		if held := near.norm(s.field); places[i] < 0 && held != "" {
			places[i] = g.best(items, held, func(j int) bool {
				return g.value(items[j].Value).Norm == held && !g.names(items[j].Name) && !slices.Contains(places, j)
			})
		}
	}
	return places
}

// best returns the index of the item that matches: one with the value held, else the smallest that is not empty.
// Equal items are told apart by their labels, for Quo does not promise an order.
func (g *group) best(items []contact.Item, held string, matches func(int) bool) int {
	var found []int
	for j := range items {
		if matches(j) {
			found = append(found, j)
		}
	}
	if len(found) == 0 {
		return -1
	}
	return slices.MinFunc(found, func(a, b int) int {
		x, y := g.value(items[a].Value).Norm, g.value(items[b].Value).Norm
		return cmp.Or(
			compareBool(x == held && x != "", y == held && y != ""), compareBool(x != "", y != ""), cmp.Compare(x, y),
			cmp.Compare(items[a].Name, items[b].Name), cmp.Compare(items[a].Value, items[b].Value))
	})
}

// compareBool puts true first.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
