package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"syncd/internal/contact"
	"syncd/internal/quo/quosim"
)

// The cells of the first hour that cannot be read are those that the generator names, and no others.
func TestHourMess(t *testing.T) {
	rows, _ := hour()
	rows = slices.DeleteFunc(rows[1:], func(row []string) bool { return !slices.ContainsFunc(row, func(s string) bool { return s != "" }) })
	if len(rows) != hourCount {
		t.Fatalf("%d rows, want %d", len(rows), hourCount)
	}
	parsePhone := func(c contact.Cell) (contact.Value, error) { return contact.ParsePhone(c, "US") }
	parsers := map[int]func(contact.Cell) (contact.Value, error){
		phone: parsePhone, workPhone: parsePhone, email: contact.ParseEmail, vip: contact.ParseBoolean, website: contact.ParseURL,
		birthday: func(c contact.Cell) (contact.Value, error) {
			return contact.ParseDate(c, []string{"1/2/2006"}, time.UTC)
		},
	}
	for i, row := range rows {
		for column, parse := range parsers {
			c := cell{firstKey + i, column, row[column]}
			if _, err := parse(contact.Cell{Text: c.text}); (err != nil) != slices.Contains(wrongCells, c) {
				t.Errorf("C-%d, %s: %q: error %v", c.key, header[column], c.text, err)
			}
		}
	}
}

// The rows of the first hour have keys of their own and names, but for those that the generator names.
func TestHourKeysAndNames(t *testing.T) {
	rows, _ := hour()
	seen := map[string]bool{}
	number := firstKey - 1
	for _, row := range rows[1:] {
		if !slices.ContainsFunc(row, func(s string) bool { return s != "" }) {
			continue
		}
		number++
		key := contact.NormalizeText(row[id])
		if (key == "") != slices.Contains(emptyKeys, number) || key != "" && seen[key] != slices.Contains(doubledKeys, number) {
			t.Errorf("C-%d: key %q, seen before: %t", number, key, seen[key])
		}
		seen[key] = true
		named := contact.NormalizeText(row[firstName]+row[lastName]+row[company]) != ""
		if named == slices.Contains(namelessKeys, number) {
			t.Errorf("C-%d: names %q", number, row[firstName:company+1])
		}
	}
}

// A row and a contact that share a phone number do so because the generator says it; those of the household share one.
func TestHourTwins(t *testing.T) {
	rows, contacts := hour()
	inQuo := map[string]int{}
	for _, c := range contacts {
		for _, item := range c.PhoneNumbers {
			inQuo[item.Value]++
		}
	}
	twins, twice := 0, 0
	for _, row := range rows[1:] {
		for _, column := range []int{phone, workPhone} {
			switch v, _ := contact.ParsePhone(contact.Cell{Text: row[column]}, "US"); inQuo[v.Norm] {
			case 0:
			case 1:
				twins++
			case 2:
				twice++
			default:
				t.Errorf("%s: %d contacts have %s", row[id], inQuo[v.Norm], v.Norm)
			}
		}
	}
	if len(contacts) != contactCount || twins != phoneTwins-2+1 || twice != 2 {
		t.Errorf("%d contacts, %d rows with the number of one and %d with that of two; want %d, %d and 2",
			len(contacts), twins, twice, contactCount, phoneTwins-1)
	}
}

// The same comes out each time, and syncd can open it.
func TestWriteHour(t *testing.T) {
	var made [2]map[string][]byte
	for i := range made {
		dir := filepath.Join(t.TempDir(), "hour")
		if err := writeHour(dir); err != nil {
			t.Fatal(err)
		}
		if err := writeHour(dir); err == nil {
			t.Error("it writes over what is there")
		}
		made[i] = map[string][]byte{}
		for _, name := range []string{"customers.csv", "quo.json"} {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			made[i][name] = data
			if i == 1 && !bytes.Equal(data, made[0][name]) {
				t.Errorf("%s differs from the one before", name)
			}
		}
		w, err := quosim.New(quosim.Options{File: filepath.Join(dir, "quo.json")})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(w.Contacts()); n != contactCount {
			t.Errorf("%d contacts, want %d", n, contactCount)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
