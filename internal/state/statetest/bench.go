package statetest

import (
	"fmt"
	"testing"

	"syncd/internal/contact"
	"syncd/internal/state"
)

// lifelike returns n links with the base of a usual mapping.
func lifelike(n int) []state.Link {
	links := Numbered(n, 0)
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

// Benchmark runs the benchmarks of a store; open opens an empty one.
func Benchmark(b *testing.B, open func(b *testing.B) state.Store) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint("Links/", n), func(b *testing.B) { benchmarkLinks(b, open(b), n) })
	}
	b.Run("Bases/100000", func(b *testing.B) { benchmarkBases(b, open(b), 100_000) })
	for _, n := range []int{1, 100, 100_000, 1_000_000} {
		b.Run(fmt.Sprint("Commit/", n), func(b *testing.B) {
			s := open(b)
			lease, batch := Fill(b, s), state.Batch{Links: lifelike(n)}
			for b.Loop() {
				check(b, s.Commit(b.Context(), lease, batch))
			}
		})
	}
	b.Run("Reserve", func(b *testing.B) {
		s := open(b)
		for b.Loop() {
			_, err := s.Reserve(b.Context(), "key", 1, 0)
			check(b, err)
		}
	})
}

func benchmarkLinks(b *testing.B, s state.Store, n int) {
	check(b, s.Commit(b.Context(), Fill(b, s), state.Batch{Links: lifelike(n), Drop: []string{"C-1"}}))
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
}

func benchmarkBases(b *testing.B, s state.Store, n int) {
	links := lifelike(n)
	check(b, s.Commit(b.Context(), Fill(b, s), state.Batch{Links: links}))
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
