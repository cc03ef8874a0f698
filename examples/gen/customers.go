package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// count is how many customers there are, without those of mess.
const count = 198

// The columns, in the order of the file.
const (
	id = iota
	firstName
	lastName
	company
	title
	phone
	workPhone
	email
	website
	address
	birthday
	customerSince
	leadSource
	vip
	tags
	points
	notes
	columns
)

var header = [columns]string{
	"id", "First Name", "Last Name", "Company", "Title", "Phone", "Work Phone", "Email", "Website", "Address", "Birthday",
	"Customer Since", "Lead Source", "VIP", "Tags", "Points", "Notes",
}

// firstKey is the number in the key of the first customer.
const firstKey = 1001

// shop makes customers. The same seed gives the same ones.
type shop struct {
	rng       *rand.Rand
	people    []string // first and last name, tab between them, shuffled
	phones    []string // shuffled
	dateForms []string
	vipWords  []string
}

func newShop(seed uint64, areaCodes, dateForms, vipWords []string) *shop {
	s := &shop{rng: rand.New(rand.NewPCG(seed, 0)), dateForms: dateForms, vipWords: vipWords}
	s.people = shuffled(s.rng, names())
	s.phones = shuffled(s.rng, numbers(areaCodes))
	return s
}

// customers returns the header and the rows, mess included.
func customers() [][]string {
	return mess(newShop(1042, areaCodes, dateForms, vipWords).sheet(count))
}

// sheet returns the header and so many rows.
func (s *shop) sheet(count int) [][]string {
	rows := [][]string{header[:]}
	for i := range count {
		rows = append(rows, s.customer(fmt.Sprintf("C-%d", firstKey+i)))
	}
	return rows
}

func (s *shop) customer(key string) []string {
	first, last, _ := strings.Cut(s.people[0], "\t")
	s.people = s.people[1:]
	row := make([]string, columns)
	row[id], row[firstName], row[lastName] = key, first, last
	row[phone] = s.phone()
	row[email] = s.email(first, last)
	if s.oneIn(2) {
		s.business(row)
	}
	if s.oneIn(3) {
		row[address] = s.address()
	}
	if s.oneIn(3) {
		row[birthday] = s.day(1948, 2004).Format(pick(s, s.dateForms))
	}
	row[customerSince] = s.day(2014, 2025).Format(time.DateOnly)
	row[leadSource] = pick(s, leadSources)
	row[vip] = pick(s, s.vipWords)
	row[tags] = s.tags()
	if s.oneIn(2) {
		row[points] = pick(s, []string{"0", "15", "40", "85", "120", "240.5", "310.0", "1250"})
	}
	if s.oneIn(5) {
		row[notes] = pick(s, notesTexts)
	}
	return row
}

// business fills what a customer has who buys for a company.
func (s *shop) business(row []string) {
	row[company] = fmt.Sprintf(pick(s, companies), row[lastName])
	row[title] = pick(s, titles)
	if s.oneIn(2) {
		row[workPhone] = s.phone()
	}
	if s.oneIn(2) {
		row[website] = "https://" + slug(row[company]) + ".example.com"
	}
}

// phone spells the next number as one of many people would.
func (s *shop) phone() string {
	n := s.number()
	spell := pick(s, phoneForms)
	return strings.NewReplacer("AAA", n[:3], "EEE", n[3:6], "NNNN", n[6:]).Replace(spell)
}

// number takes the next number, ten digits.
func (s *shop) number() string {
	n := s.phones[0]
	s.phones = s.phones[1:]
	return n
}

func (s *shop) email(first, last string) string {
	if s.oneIn(8) {
		return ""
	}
	local := slug(first) + pick(s, []string{".", "_", ""}) + slug(last)
	address := local + "@example." + pick(s, []string{"com", "com", "net", "org"})
	switch s.rng.IntN(12) {
	case 0:
		return strings.ToUpper(address)
	case 1:
		return address + " "
	}
	return address
}

// address has two lines, as spreadsheets hold them: a line feed within the cell.
func (s *shop) address() string {
	return fmt.Sprintf("%d %s\n%s", 10+s.rng.IntN(980), pick(s, streets), pick(s, towns))
}

func (s *shop) tags() string {
	n := s.rng.IntN(4)
	return strings.Join(shuffled(s.rng, tagWords)[:n], pick(s, []string{", ", ","}))
}

// day returns a day of one of the years, both included.
func (s *shop) day(from, to int) time.Time {
	year := from + s.rng.IntN(to-from+1)
	return time.Date(year, time.January, 1+s.rng.IntN(365), 0, 0, 0, 0, time.UTC)
}

func (s *shop) oneIn(n int) bool { return s.rng.IntN(n) == 0 }

func pick[T any](s *shop, from []T) T { return from[s.rng.IntN(len(from))] }

func shuffled[T any](rng *rand.Rand, from []T) []T {
	out := append([]T(nil), from...)
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// plain spells letters with accents without them, as people do in e-mail addresses.
var plain = strings.NewReplacer("á", "a", "ã", "a", "ä", "a", "ç", "c", "é", "e", "è", "e", "ë", "e", "í", "i", "ł", "l",
	"ñ", "n", "ó", "o", "ö", "o", "ø", "o", "š", "s", "ú", "u", "ü", "u", "ž", "z", "ß", "ss", "&", "and")

// slug keeps the letters and digits of a name, in lower case.
func slug(name string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, plain.Replace(strings.ToLower(name)))
}
