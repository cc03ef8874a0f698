// Command gen makes the customers of an invented shop, with the mess that real sheets have:
//
//	go run ./examples/gen > examples/customers.csv   # 200 rows, for README.md
//	go run ./examples/gen -dir hour                  # 2,000 rows and a Quo workspace, for docs/first-hour.md
//
// The same comes out each time. All people are invented. The phone numbers are those set aside for examples: 555-0100
// to 555-0199 of each area code (https://nationalnanpa.com/number_resource_info/555_numbers.html), and 020 7946 0000 to
// 0999 in London (https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama). The e-mails' domains
// are those of RFC 2606.
package main

import (
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	dir := flag.String("dir", "", "make this `DIRECTORY` with what docs/first-hour.md starts from")
	flag.Parse()
	if err := run(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "gen: error:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	if dir == "" {
		return write(os.Stdout, customers())
	}
	return writeHour(dir)
}

// write writes the rows as a spreadsheet program does: a cell is quoted only when it must be.
func write(w io.Writer, rows [][]string) error {
	out := csv.NewWriter(w)
	if err := out.WriteAll(rows); err != nil {
		return err
	}
	return out.Error()
}
