package main

import "slices"

// The rows that syncd cannot sync, by index behind the header; the others it can, whatever they look like.
const (
	badPhone  = 23
	badDate   = 57
	nameless  = 88
	doubled   = 119 // its key is that of the row before
	blankLine = 150
)

// mess puts into the rows what years of use put into a sheet.
func mess(rows [][]string) [][]string {
	set := func(row, column int, text string) { rows[1+row][column] = text }
	set(badPhone, phone, "415-555-01")
	set(badDate, birthday, "03/04/1985")
	set(nameless, firstName, "")
	set(nameless, lastName, " ")
	set(nameless, company, "")
	set(doubled, id, rows[doubled][id])

	// What looks odd and means something all the same.
	set(2, id, rows[1+2][id]+" ")
	set(4, firstName, "Jose\u0301") // two code points for one letter, as macOS writes it
	set(4, email, "jose.kaminski@example.org")
	set(7, lastName, "O’Brien") // the apostrophe of word processors
	set(7, company, "O’Brien & Sons, Inc.")
	set(7, email, "Ingrid.OBrien@Example.net")
	set(11, phone, "(512)\u00a0555-0100") // a no-break space, from a web page
	set(16, phone, "+44 20 7946 0018")    // a customer abroad
	set(31, firstName, "  Rosa ")
	set(44, company, "Smith, Smith & Jones")
	set(62, tags, "newsletter,,newsletter")
	set(93, lastName, "")
	set(133, vip, "TRUE") // a checkbox
	for _, column := range []int{phone, workPhone} {
		set(75, column, "")
	}
	for _, column := range []int{firstName, lastName} {
		set(101, column, "") // a company and nobody's name
	}
	set(101, company, "Harbor Street Car Wash")
	set(160, customerSince, "spring 2019") // not mapped, and so nobody's problem

	return slices.Insert(rows, 1+blankLine, make([]string, columns))
}
