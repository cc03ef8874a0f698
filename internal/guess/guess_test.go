package guess_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/contact"
	"syncd/internal/guess"
)

// sheet is a sample whose first line names the columns, cells apart by |.
func sheet(lines ...string) guess.Sample {
	split := func(line string) []string {
		cells := strings.Split(line, "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		return cells
	}
	s := guess.Sample{Columns: split(lines[0])}
	for i, line := range lines[1:] {
		row := contact.Record{Row: i + 2}
		for _, text := range split(line) {
			row.Cells = append(row.Cells, contact.Cell{Text: text})
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// told are a guess's key, contact id and fields, in short.
func told(g guess.Guess) string {
	parts := []string{"key=" + g.Key}
	if g.ContactID != "" {
		parts = append(parts, "contact_id="+g.ContactID)
	}
	for _, f := range g.Fields {
		part := string(f.Name) + "=" + f.Column
		if len(f.Formats) > 0 {
			part += fmt.Sprint(f.Formats)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

func TestMake(t *testing.T) {
	definitions := []contact.Definition{{Key: "1", Name: "Birthday", Type: contact.Date}, {Key: "2", Name: "Lead Source", Type: contact.String},
		{Key: "3", Name: "Score", Type: contact.Number}, {Key: "4", Name: "Mailing Address", Type: contact.Address}}
	for name, test := range map[string]struct {
		sample       guess.Sample
		want, region string
	}{
		"English": {sheet(
			"id|First Name|Last Name|Company|Job Title|Cell|Office Phone|E-mail|Notes",
			"C-1|Ann|Lee|Lee Bakery|Owner|(212) 555-0100|212-555-0101|ann@example.com|likes tea",
			"C-2|Bob|Ray||Chef|+1 212 555 0102||bob@example.com|"),
			"key=id, firstName=First Name, lastName=Last Name, company=Company, role=Job Title, phoneNumbers.mobile=Cell, " +
				"phoneNumbers.work=Office Phone, emails.work=E-mail", "US"},
		"French": {sheet(
			"N° client|Prénom|Nom|Société|Portable|Tél. bureau|Courriel",
			"F1|Zoé|Dupont|Dupont SARL|06 12 34 56 78|01 23 45 67 89|zoe@example.fr",
			"F2|Luc|Petit||07 42 34 56 78||luc@example.fr"),
			"key=N° client, firstName=Prénom, lastName=Nom, company=Société, phoneNumbers.mobile=Portable, phoneNumbers.work=Tél. bureau, " +
				"emails.work=Courriel", "FR"},
		"German": {sheet(
			"Kundennummer|Vorname|Name|Firma|Handy|Telefon geschäftlich|E-Mail|Telefax",
			"10020|Jörg|Weiß|Weiß GmbH|0151 23456789|030 1234567|joerg@example.de|030 1234568",
			"10031|Ute|Groß||0170 2345678||ute@example.de|030 1234569"),
			"key=Kundennummer, firstName=Vorname, lastName=Name, company=Firma, phoneNumbers.mobile=Handy, " +
				"phoneNumbers.work=Telefon geschäftlich, emails.work=E-Mail", "DE"},
		"Spanish": {sheet(
			"Código|Nombre|Apellidos|Empresa|Cargo|Móvil|Correo electrónico",
			"E-1|Íñigo|Peña Ruiz|Peña SL|Gerente|612 34 56 78|inigo@example.es",
			"E-2|Ana|Gil||Jefa|622 34 56 78|ana@example.es"),
			"key=Código, firstName=Nombre, lastName=Apellidos, company=Empresa, role=Cargo, phoneNumbers.mobile=Móvil, " +
				"emails.work=Correo electrónico", "ES"},
		"one column for the name": {sheet(
			"Kunden-Nr|Kunde|Telefon", "7|Jörg Weiß|030 1234567", "9|Ute Groß|030 1234569"),
			"key=Kunden-Nr, name=Kunde, phoneNumbers.mobile=Telefon", "DE"},
		"names that tell nothing": {sheet(
			"A|B|C|D",
			"x1|Ann Lee|212-555-0100|ann@example.com", "x2|Bob Ray|212-555-0101|bob@example.com", "x3|Cid Poe|212-555-0102|cid@example.com",
			"x4|Dee Fox|212-555-0103|", "x5|Eve Orr||eve@example.com"),
			"key=A, name=B, phoneNumbers.mobile=C, emails.work=D", "US"},
		"columns that are not what they are called": {sheet(
			"id|Name|Title|Phone|Mailing|Email",
			"1a|Ann Lee|Ms|yes|weekly|n/a", "2b|Bob Ray|Mr|no|never|n/a", "3c|Cid Poe|Dr|yes|weekly|n/a"),
			"key=id, name=Name", ""},
		"the guide's sheet, new": {sheet("contactId|firstName|lastName|phone|email", "|Ann|Lee|212-555-0100|ann@example.com"),
			"key=, contact_id=contactId, firstName=firstName, lastName=lastName, phoneNumbers.mobile=phone, emails.work=email", "US"},
		"the guide's sheet, filled": {sheet("contactId|firstName|phone", "66d0d87d534de8fd1c433c01|Ann|212-555-0100"),
			"key=, contact_id=contactId, firstName=firstName, phoneNumbers.mobile=phone", "US"},
		"contact ids of another program": {sheet("Contact ID|Name", "17|Ann Lee", "23|Bob Ray"), "key=Contact ID, name=Name", ""},
		"a header without rows":          {sheet("id|First Name|Phone|Email"), "key=id, firstName=First Name, phoneNumbers.mobile=Phone, emails.work=Email", ""},
		"no key": {sheet("First Name|Email", "Ann|ann@example.com", "Ann|ann2@example.com"),
			"key=, firstName=First Name, emails.work=Email", ""},
		"an id that few rows have": {sheet("id|First Name", "1|Ann", "|Bob", "|Cid"), "key=, firstName=First Name", ""},
		"dates and numbers are no phone numbers": {sheet("id|Name|Since|Points",
			"a|Ann Lee|2021-01-18|1250000", "b|Bob Ray|2020-02-28|1250001", "c|Cid Poe|2024-12-24|1250002"), "key=id, name=Name", ""},
		"three phone columns": {sheet("id|Name|Phone 1|Phone 2|Phone 3",
			"a|Ann Lee|212-555-0100|212-555-0101|212-555-0102"),
			"key=id, name=Name, phoneNumbers.mobile=Phone 1, phoneNumbers.work=Phone 2, phoneNumbers.home=Phone 3", "US"},
		"custom fields": {with(definitions, sheet("id|Name|lead source|Birth Date|Score|Address",
			"a|Ann Lee|web|31.12.1990|5|1 Elm St", "b|Bob Ray|fair|1.2.1985|7.5|2 Elm St")),
			"key=id, name=Name, customFields.Lead Source=lead source, customFields.Birthday=Birth Date[2.1.2006], " +
				"customFields.Score=Score, customFields.Mailing Address=Address", ""},
		"dates with the month first": {with(definitions, sheet("id|Name|Birthday", "a|Ann Lee|12/31/90", "b|Bob Ray|01/02/85")),
			"key=id, name=Name, customFields.Birthday=Birthday[01/02/06]", ""},
		"dates that nobody can read": {with(definitions, sheet("id|Name|Birthday", "a|Ann Lee|01/02/1985", "b|Bob Ray|1990-05-04", "c|Cid Poe|1990-05-04")),
			"key=id, name=Name, customFields.Birthday=Birthday", ""},
		"a custom field that does not fit": {with(definitions, sheet("id|Name|Score", "a|Ann Lee|high", "b|Bob Ray|low")), "key=id, name=Name", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := guess.Make(test.sample)
			if diff := cmp.Diff(test.want, told(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if got.Region != test.region {
				t.Errorf("region %q, want %q", got.Region, test.region)
			}
		})
	}
}

func with(definitions []contact.Definition, s guess.Sample) guess.Sample {
	s.Definitions = definitions
	return s
}

// What a person ought to look at is said.
func TestWarnings(t *testing.T) {
	definitions := []contact.Definition{{Key: "1", Name: "Birthday", Type: contact.Date}, {Key: "3", Name: "Score", Type: contact.Number}}
	for name, test := range map[string]struct {
		sample guess.Sample
		want   string
	}{
		"a key that counts the rows": {sheet("No|Name", "1|Ann Lee", "2|Bob Ray", "3|Cid Poe"), `Column "No" counts the rows.`},
		"doubled keys":               {sheet(append([]string{"id|Name"}, many(30, "7|Ann Lee", "7|Bob Ray")...)...), `says the same in rows 32, 33: left`},
		"empty keys":                 {sheet(append([]string{"id|Name"}, many(30, "|Ann Lee")...)...), `is empty in row 32: left`},
		"wrong phone numbers":        {sheet("id|Name|Phone", "a|Ann|212-555-0100", "b|Bob|212-555-0101", "c|Cid|212-555-0102", "d|Dee|212-555-0103", "e|Eve|212-555-01"), `1 of 5 phone numbers without a country code cannot`},
		"no header":                  {sheet("C-1|Ann|212-555-0100", "C-2|Bob|212-555-0101"), `The first line looks like a row`},
		"dates both ways":            {with(definitions, sheet("id|Name|Birthday", "a|Ann|01/02/1985", "b|Bob|1990-05-04")), `dates such as 01/02/1985`},
		"another kind":               {with(definitions, sheet("id|Name|Score", "a|Ann|high")), `1 of 1 value cannot be read as a number`},
	} {
		t.Run(name, func(t *testing.T) {
			got := guess.Make(test.sample).Warnings
			if !slices.ContainsFunc(got, func(w string) bool { return strings.Contains(w, test.want) }) {
				t.Errorf("%q is not among %q", test.want, got)
			}
		})
	}
}

// Without a key it is said what keeps the column that comes nearest from being it.
func TestNearKey(t *testing.T) {
	for name, test := range map[string]struct {
		sample guess.Sample
		want   string
	}{
		"an empty cell":          {sheet("id|Name", "1|Ann Lee", "2|Bob Ray", "|Cid Poe"), "id is empty in row 4"},
		"an empty cell of codes": {sheet("Code|Name", "A1|Ann Lee", "|Bob Ray", "B2|Cid Poe"), "Code is empty in row 3"},
		"a doubled cell":         {sheet("id|Name", "1|Ann Lee", "2|Bob Ray", "2|Cid Poe"), "id says the same in rows 3, 4"},
		"many empty cells":       {sheet("id|Name", "1|Ann Lee", "|Bob Ray", "|Cid Poe", "|Dee Fox", "|Eve Orr"), "id is empty in 4 rows"},
		"nothing near":           {sheet("Name|Town", "Ann Lee|Rye", "Ann Lee|Rye"), " "},
		"a key":                  {sheet("id|Name", "1|Ann Lee", "2|Bob Ray"), " "},
	} {
		t.Run(name, func(t *testing.T) {
			got := guess.Make(test.sample)
			if said := got.NearKey + " " + got.KeyFlaw; said != test.want {
				t.Errorf("%q, want %q", said, test.want)
			}
		})
	}
}

// many are rows with keys of their own, and extra ones.
func many(n int, extra ...string) []string {
	var rows []string
	for i := range n {
		rows = append(rows, fmt.Sprintf("C-%d|Ann Lee", 100+i))
	}
	return append(rows, extra...)
}

func TestPlace(t *testing.T) {
	chicago := sheet("id|Name|Phone", "a|Ann Lee|312-555-0100", "b|Bob Ray|312-555-0101", "c|Cid Poe|212-555-0101")
	if got := guess.Make(chicago).Timezone; got != "America/Chicago" {
		t.Errorf("the zone of the phone numbers is %q", got)
	}
	chicago.Timezone = "Europe/Paris"
	if got := guess.Make(chicago).Timezone; got != "Europe/Paris" {
		t.Errorf("the zone of the machine is %q", got)
	}
	mixed := sheet("id|Name|Phone", "a|Ann Lee|+44 20 7946 0018", "b|Bob Ray|020 7946 0019")
	if got := guess.Make(mixed).Region; got != "GB" {
		t.Errorf("the region of numbers beside those with +44 is %q", got)
	}
}

func TestUsable(t *testing.T) {
	usable, others := guess.Usable([]string{" id ", "", "Phone", "Name", "Phone", "Phone"})
	if diff := cmp.Diff([]string{"id", "Name"}, usable); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Phone"}, others); diff != "" {
		t.Error(diff)
	}
}
