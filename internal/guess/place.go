package guess

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"syncd/internal/contact"
)

// regions are those that are tried when nothing tells where the phone numbers are.
var regions = []string{"US", "GB", "FR", "DE", "ES", "CA", "AU", "MX", "CH", "AT", "BE", "IE", "IT", "NL", "PT", "NZ", "IN", "BR", "AR", "CO", "CL", "ZA"}

// languages are names of columns that one language has, and the regions that they speak for.
var languages = []struct{ words, regions []string }{
	{[]string{"prenom", "courriel", "societe", "entreprise", "portable", "codepostal", "ville", "raisonsociale"}, []string{"FR", "BE", "CH"}},
	{[]string{"vorname", "nachname", "telefon", "telefonnummer", "handy", "firma", "kunde", "kundennummer", "kundennr", "plz"}, []string{"DE", "AT", "CH"}},
	{[]string{"apellido", "apellidos", "correo", "correoelectronico", "empresa", "telefono", "movil", "celular"}, []string{"ES", "MX", "AR", "CO", "CL"}},
}

// phones are the cells of all columns that look like phone numbers.
func (g *guesser) phones() []string {
	var all []string
	for _, c := range g.columns {
		if c.mostly(0.5, phoneLike) && containsAny(c.word, phoneParts) || c.mostly(0.8, phoneLike) && c.mostly(0.5, writtenAsPhone) {
			all = append(all, c.filled...)
		}
	}
	return slices.DeleteFunc(all, func(text string) bool { return !phoneLike(text) })
}

// region is that of the phone numbers without a country code: the first one in which nearly all of them are valid, else
// the one in which most are. First come those whose code other numbers have, then the machine's, then those of the
// columns' language.
func (g *guesser) region() string {
	abroad := map[string]int{}
	var local []string
	for _, text := range g.phones() {
		v, err := contact.ParsePhone(contact.Cell{Text: text}, "")
		if err != nil {
			local = append(local, text)
		} else if r := regionOf(v.Norm); r != "" {
			abroad[r]++
		}
	}
	if len(local) == 0 {
		return ""
	}
	candidates := slices.SortedFunc(maps.Keys(abroad), func(a, b string) int { return cmp.Or(abroad[b]-abroad[a], cmp.Compare(a, b)) })
	if g.sample.Region != "" {
		candidates = append(candidates, g.sample.Region)
	}
	for _, l := range languages {
		if slices.ContainsFunc(g.columns, func(c *column) bool { return slices.Contains(l.words, c.word) }) {
			candidates = append(candidates, l.regions...)
		}
	}
	best, valid := "", 0
	for _, region := range append(candidates, regions...) {
		n := 0
		for _, text := range local {
			if isPhone(region)(text) {
				n++
			}
		}
		if n > valid {
			best, valid = region, n
		}
		if 5*valid >= 4*len(local) {
			break
		}
	}
	if valid < len(local) && best != "" {
		g.warn("%d of %s without a country code cannot be of %s.", len(local)-valid, plural(len(local), "phone number"), best)
	}
	return best
}

func regionOf(e164 string) string {
	n, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return ""
	}
	return phonenumbers.GetRegionCodeForNumber(n)
}

// timezone is the machine's, else the one in which most phone numbers are, "" when none is known.
func (g *guesser) timezone() string {
	if g.sample.Timezone != "" {
		return g.sample.Timezone
	}
	zones := map[string]int{}
	for _, text := range g.phones() {
		v, err := contact.ParsePhone(contact.Cell{Text: text}, g.guess.Region)
		if err != nil {
			continue
		}
		n, err := phonenumbers.Parse(v.Norm, "")
		if err != nil {
			continue
		}
		if found, err := phonenumbers.GetTimezonesForNumber(n); err == nil && len(found) == 1 && strings.Contains(found[0], "/") {
			zones[found[0]]++
		}
	}
	best := ""
	for _, zone := range slices.Sorted(maps.Keys(zones)) {
		if best == "" || zones[zone] > zones[best] {
			best = zone
		}
	}
	return best
}
