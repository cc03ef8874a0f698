package quosim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A list behaves like a sorted slice.
func TestList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := Order(rapid.IntRange(0, 2).Draw(t, "order"))
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		l := &list{order: order}
		var model []*record
		var made uint64
		insert := func(n int) {
			for range n {
				made++
				r := &record{seq: made * 0x9e3779b97f4a7c15, contact: &Contact{ // no two alike
					ID:        fmt.Sprintf("%08x-%d", random.Uint32(), made),
					UpdatedAt: time.UnixMilli(random.Int64N(5)),
				}}
				l.insert(r)
				place, _ := slices.BinarySearchFunc(model, r, order.compare)
				model = slices.Insert(model, place, r)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"insert one":  func(*rapid.T) { insert(1) },
			"insert many": func(*rapid.T) { insert(maxBlock / 3) },
			"remove": func(t *rapid.T) {
				for range rapid.IntRange(0, min(len(model), maxBlock)).Draw(t, "count") {
					i := random.IntN(len(model))
					l.remove(model[i])
					model = slices.Delete(model, i, i+1)
				}
			},
			"": func(t *rapid.T) {
				offset := rapid.IntRange(0, len(model)+2).Draw(t, "offset")
				want := model[min(offset, len(model)):min(offset+50, len(model))]
				if got := l.page(nil, offset, 50); l.size != len(model) || !slices.Equal(got, want) {
					t.Fatalf("page at %d of %d: got %d records, want %d", offset, l.size, len(got), len(want))
				}
			},
		})
	})
}

func BenchmarkPage(b *testing.B) {
	w, err := New(Options{RequestsPerSecond: -1, KeepRequests: -1})
	if err != nil {
		b.Fatal(err)
	}
	for range 100_000 {
		if _, err := w.Add(Contact{Source: new("crm")}); err != nil {
			b.Fatal(err)
		}
	}
	for i := 0; b.Loop(); i++ {
		w.store.find(nil, []string{"crm"}, i*50%100_000, 50)
	}
}
