//go:build unix

package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
)

// columns are those of the file; all but notes are mapped.
const columns = "id,First Name,Last Name,Company,Title,Phone,Email,Lead Source,VIP,notes\n"

var (
	firstNames = []string{"Ann", "José", "Zoë", "Mary Lou", "Bob", "Ngọc"}
	lastNames  = []string{"Lee", "Müller", "O'Neil", "de la Cruz", "Okafor"}
	areas      = []int{212, 213, 310, 312, 415, 503, 602, 617, 702, 718}
	leads      = []string{"Fair", "Website", "Referral", ""}
	vips       = []string{"yes", "no", "", ""}
)

// writeRows writes a file of n contacts. Every so manieth row, none at 0, has another title in each edition.
func (s *scene) writeRows(n, every, edition int) (err error) {
	f, err := os.Create(filepath.Join(s.dir, "rows.csv"))
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	w.WriteString(columns)
	for i := range n {
		first, last, title := firstNames[i%len(firstNames)], lastNames[i%len(lastNames)], "Engineer"
		if every > 0 && i%every == 0 {
			title = fmt.Sprintf("Engineer %d", edition)
		}
		fmt.Fprintf(w, "C-%07d,%s,%s %d,\"Miller %d, Sons\",%s,+1%d%d%04d,person%d@example.com,%s,%s,met at the fair\n",
			i, first, last, i, i/40, title, areas[i/10_000%len(areas)], 220+i/100_000, i%10_000, i, leads[i%len(leads)], vips[i%len(vips)])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

const config = `quo: {api_key: sandbox, base_url: %q, requests_per_second: %d}
state: %q
region: US
syncs:
  - name: %s
    source:
      csv: {path: rows.csv, key: id}
    fields:
      firstName: First Name
      lastName: Last Name
      company: Company
      role: Title
      phoneNumbers: {mobile: Phone}
      emails: {work: Email}
      customFields: {Lead Source: Lead Source, VIP: VIP}
`

func (s *scene) writeConfig(base, state string, perSecond int) error {
	if state == "sqlite" {
		state = "sqlite:state.db"
	}
	text := fmt.Sprintf(config, base, perSecond, state, s.name)
	return os.WriteFile(filepath.Join(s.dir, "syncd.yaml"), []byte(text), 0o600)
}
