package postgres

import (
	"flag"
	"fmt"
	"testing"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

var million = flag.Bool("million", false, "run the benchmarks with a million rows too")

var benchColumns = []string{"id", "First Name", "Last Name", "phone", "email"}

// eachSize runs a benchmark with a table of n contacts, about 90 bytes each, indexed by their key.
func eachSize(b *testing.B, run func(b *testing.B, table *Table, n int)) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if n == 1_000_000 && !*million {
				b.Skip("run it with -million")
			}
			url := made(b, fmt.Sprintf(`CREATE TABLE contacts (id text PRIMARY KEY, "First Name" text, "Last Name" text, company text, phone text,
				email text, notes text, updated_at timestamptz DEFAULT now());
				INSERT INTO contacts SELECT 'C-' || lpad(i::text, 7, '0'), 'Zoë', 'Müller ' || i, 'Miller, Sons', '+1415' || lpad(i::text, 7, '0'),
					'zoe' || i || '@example.com', 'met at the fair' FROM generate_series(0, %d) AS i`, n-1))
			conn := connect(b, url)
			exec(b, conn, "VACUUM ANALYZE contacts")
			table := tableOf(b, url, Options{Table: "contacts", Key: []string{"id"}})
			b.ReportAllocs()
			run(b, table, n)
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkRead(b *testing.B) {
	eachSize(b, func(b *testing.B, table *Table, n int) {
		for b.Loop() {
			rows := 0
			for _, err := range table.Read(b.Context(), benchColumns) {
				check(b, err)
				rows++
			}
			if rows != n {
				b.Fatalf("%d rows, want %d", rows, n)
			}
		}
	})
}

// BenchmarkWrite changes the phone number of every contact, as a run does: 2000 at a time.
func BenchmarkWrite(b *testing.B) {
	eachSize(b, func(b *testing.B, table *Table, n int) {
		was, shall := "+1415%07d", "+1416%07d"
		for b.Loop() {
			for from := 0; from < n; from += batchSize {
				var changes []contact.Change
				for i := from; i < from+batchSize; i++ {
					row := func(phone string) []contact.Cell {
						return cells(fmt.Sprintf("C-%07d", i), "Zoë", fmt.Sprintf("Müller %d", i), fmt.Sprintf(phone, i), fmt.Sprintf("zoe%d@example.com", i))
					}
					changes = append(changes, update(row(was), row(shall)))
				}
				for _, outcome := range write(b, table, benchColumns, changes...) {
					if outcome.Status != sources.Written {
						b.Fatal(outcome)
					}
				}
			}
			was, shall = shall, was
		}
	})
}
