package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"syncd/internal/quo/quosim"
)

// hourCount is how many customers the sheet of the first hour has.
const hourCount = 2000

// writeHour makes a directory with the sheet of the first hour, customers.csv, and the workspace, quo.json.
func writeHour(dir string) error {
	if err := os.Mkdir(dir, 0o750); err != nil {
		return err
	}
	rows, contacts := hour()
	var sheet bytes.Buffer
	if err := write(&sheet, rows); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "customers.csv"), sheet.Bytes(), 0o600); err != nil {
		return err
	}
	return writeWorkspace(filepath.Join(dir, "quo.json"), contacts)
}

// hour returns the sheet of the first hour, with its header, and the contacts that are in Quo by then.
func hour() (rows [][]string, contacts []quosim.Contact) {
	codes := slices.Concat(areaCodes, moreAreaCodes)
	s := newShop(2000, codes, []string{"2006-01-02", "2006-01-02", "1/2/2006", "Jan 2, 2006"},
		slices.Concat(vipWords, []string{"TRUE", "FALSE", "y", "n", "1", "0"}))
	rows = s.sheet(hourCount)
	for _, name := range foreignNames {
		row := rows[s.rng.IntN(hourCount)+1]
		row[lastName], row[firstName], _ = strings.Cut(name, " ")
	}
	hourMess(rows)
	contacts = s.contacts(rows[1:])
	for _, below := range []int{1950, 1200, 1199, 640, 87} {
		rows = slices.Insert(rows, below+1, make([]string, columns)) // a blank line
	}
	return rows, contacts
}

// cell is what somebody typed into the row with a key. The rows that syncd cannot sync are those of wrongCells, each
// for this cell, and those that hourMess names.
type cell struct {
	key    int
	column int
	text   string
}

var wrongCells = []cell{
	{1024, phone, "718-555-01"},
	{1137, phone, "555-0142"},
	{1290, phone, "(718) 555-0188 / 555-0189"},
	{1402, phone, "718-555-0133 or 718-555-0134"},
	{1555, phone, "718-555-0121 x12"},
	{1718, phone, "ask his wife"},
	{1760, workPhone, "718-555-0117; 718-555-0118"},
	{1893, phone, "020 7946 0431"}, // London, without the country's code
	{2250, phone, "7.18556E+09"},
	{2390, workPhone, "none"},
	{2604, phone, "718-555-011"},
	{1333, birthday, "25/12/1984"}, // day first, unlike all others
	{2011, birthday, "2/30/1990"},
	{2777, birthday, "March '71"},
	{1609, email, "walter(at)example.com"},
	{1986, email, "rosa@example.com, office@example.com"},
	{1450, vip, "maybe"},
}

// oddCells are wrong to the eye, and fine.
var oddCells = []cell{
	{1003, id, "C-1003 "},
	{1008, lastName, "O’Brien"},          // the apostrophe of word processors
	{1012, phone, "(512)\u00a0555-0100"}, // a no-break space, from a web page
	{1017, phone, "+44 20 7946 0018"},
	{1032, firstName, "  Rosa "},
	{1077, firstName, "Jose\u0301"}, // two code points for one letter, as macOS writes it
	{1094, lastName, ""},
	{1161, customerSince, "spring 2019"},
	{1245, company, "Smith, Smith & Jones"},
	{1246, birthday, "03/04/1985"}, // the other dates tell that it begins with the month
	{2100, points, "1,250"},
	{2463, email, "Ingrid.OBrien@Example.net "},
}

// The keys of rows that syncd cannot sync for what they are.
var (
	namelessKeys = []int{1666, 2431}
	emptyKeys    = []int{1499, 2688, 2950}
	doubledKeys  = []int{1311, 2205} // the row has the key of the one before
)

// householdKey is the key of a row that has the phone number of the next one, and both have one contact in Quo.
const householdKey = 1820

// hourMess puts into the rows what years of use put into a sheet.
func hourMess(rows [][]string) {
	row := func(key int) []string { return rows[1+key-firstKey] }
	for _, c := range slices.Concat(wrongCells, oddCells) {
		row(c.key)[c.column] = c.text
	}
	for _, key := range namelessKeys {
		row(key)[firstName], row(key)[lastName], row(key)[company] = "", " ", ""
	}
	row(householdKey + 1)[phone] = row(householdKey)[phone]
	for _, key := range emptyKeys {
		row(key)[id] = ""
	}
	for _, key := range doubledKeys {
		row(key)[id] = row(key - 1)[id]
	}
}

// writeWorkspace makes a workspace that holds the contacts.
func writeWorkspace(file string, contacts []quosim.Contact) error {
	made := time.Date(2023, time.March, 1, 15, 0, 0, 0, time.UTC)
	w, err := quosim.New(quosim.Options{File: file, Now: func() time.Time { return made }})
	if err != nil {
		return err
	}
	for _, c := range contacts {
		made = made.Add(37 * time.Hour)
		if _, err := w.Add(c); err != nil {
			return fmt.Errorf("contact %s: %w", c.ID, err)
		}
	}
	return w.Close()
}
