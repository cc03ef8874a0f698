package sqlite

import (
	"fmt"
	"path/filepath"
	"testing"

	"syncd/internal/contact"
	"syncd/internal/state"
)

// lifelike returns n links with the base of a usual mapping.
func lifelike(n int) []state.Link {
	links := numbered(n, 0)
	for i := range links {
		base := contact.Base{}
		for _, field := range []contact.Field{
			contact.FirstName, contact.LastName, contact.Company, contact.Role,
			contact.FieldOf(contact.PhoneNumbers, "mobile"), contact.FieldOf(contact.Emails, "work"),
		} {
			base[field] = contact.Settled{Source: links[i].Key + "@example.com", Quo: links[i].Key + "@example.com"}
		}
		links[i].Base = base
	}
	return links
}

func BenchmarkLinks(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := openAt(b, filepath.Join(b.TempDir(), "syncd.db"), Options{})
			check(b, s.Commit(b.Context(), fill(b, s), state.Batch{Links: lifelike(n), Drop: []string{"C-1"}}))
			b.ReportAllocs()
			for b.Loop() {
				read := 0
				for _, err := range s.Links(b.Context(), "customers") {
					check(b, err)
					read++
				}
				if read != n {
					b.Fatalf("read %d links, want %d", read, n)
				}
			}
		})
	}
}

func BenchmarkBases(b *testing.B) {
	const n = 100_000
	s := openAt(b, filepath.Join(b.TempDir(), "syncd.db"), Options{})
	links := lifelike(n)
	check(b, s.Commit(b.Context(), fill(b, s), state.Batch{Links: links}))
	keys := make([]string, n)
	for i, link := range links {
		keys[i] = link.Key
	}
	for b.Loop() {
		bases, err := s.Bases(b.Context(), "customers", keys)
		check(b, err)
		if len(bases) != n {
			b.Fatalf("read %d bases, want %d", len(bases), n)
		}
	}
}

func BenchmarkCommit(b *testing.B) {
	for _, n := range []int{1, 100, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := openAt(b, filepath.Join(b.TempDir(), "syncd.db"), Options{})
			lease, batch := fill(b, s), state.Batch{Links: lifelike(n)}
			for b.Loop() {
				check(b, s.Commit(b.Context(), lease, batch))
			}
		})
	}
}
