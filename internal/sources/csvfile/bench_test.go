package csvfile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

// numbered writes a file of n contacts, about 90 bytes each.
func numbered(b *testing.B, n int) string {
	var text strings.Builder
	text.WriteString("id,First Name,Last Name,Company,name,E-mail,Notes\n")
	for i := range n {
		fmt.Fprintf(&text, "C-%07d,Zoë,Müller %d,\"Miller, Sons\",+1415%07d,zoe%d@example.com,met at the fair\n", i, i, i, i)
	}
	path := filepath.Join(b.TempDir(), "contacts.csv")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

func BenchmarkRead(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f := New(Options{Path: numbered(b, n)})
			b.ReportAllocs()
			for b.Loop() {
				rows := 0
				for _, err := range f.Read(b.Context(), []string{"id", "First Name", "Last Name", "name", "E-mail"}) {
					if err != nil {
						b.Fatal(err)
					}
					rows++
				}
				if rows != n {
					b.Fatalf("%d rows, want %d", rows, n)
				}
			}
		})
	}
}

func BenchmarkWrite300Of100000(b *testing.B) {
	f := New(Options{Path: numbered(b, 100_000), Key: []string{"id"}})
	var there, back []contact.Change
	for i := range 300 {
		key, phone := fmt.Sprintf("C-%07d", i*333), fmt.Sprintf("+1415%07d", i*333)
		there = append(there, change(contact.Update, key, phone, "+14155550100"))
		back = append(back, change(contact.Update, key, "+14155550100", phone))
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, outcome := range write(b, f, there...) {
			if outcome.Status != sources.Written {
				b.Fatal(outcome)
			}
		}
		there, back = back, there
	}
}
