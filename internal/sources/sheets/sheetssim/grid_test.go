package sheetssim

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// Whatever is inserted, removed and moved: what is bound to a row or column goes where its cells go, and dies with them.
func TestBoundThingsFollow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom([]dimension{dimRows, dimColumns}).Draw(t, "dimension")
		cell := func(tab *Tab, i int) Cell {
			if d == dimRows {
				return tab.at(i, 0)
			}
			return tab.at(0, i)
		}
		b := New(Options{}).book
		tab := b.AddTab("T")
		tab.resize(12, 12)
		for i := range 12 {
			name := fmt.Sprint("line ", i)
			line := tab.across(d, i, i+1)
			kind := "COLUMN"
			if d == dimRows {
				kind = "ROW"
				tab.put(i, 0, Cell{Value: name})
			} else {
				tab.put(0, i, Cell{Value: name})
			}
			b.metadata = append(b.metadata, &metadata{id: i, key: name, at: place{kind, tab.id, i, i + 1}})
			tab.protections = append(tab.protections, Protection{Description: name, area: line, except: []area{line}})
			tab.merges = append(tab.merges, line)
		}
		for range 8 {
			size := tab.size(d)
			at := rapid.IntRange(0, size-1).Draw(t, "at")
			n := rapid.IntRange(1, min(3, size-at)).Draw(t, "n")
			switch rapid.SampledFrom([]string{"insert", "remove", "move"}).Draw(t, "edit") {
			case "insert":
				tab.insert(d, at, n)
			case "remove":
				if n < size {
					tab.remove(d, at, n)
				}
			case "move":
				if dest := rapid.IntRange(0, size).Draw(t, "dest"); dest < at || dest > at+n {
					tab.move(d, at, n, dest)
				}
			}
		}
		lines := map[string]int{}
		for i := range tab.size(d) {
			if name, ok := cell(tab, i).Value.(string); ok {
				lines[name] = i
			}
		}
		if len(b.metadata) != len(lines) || len(tab.protections) != len(lines) || len(tab.merges) != len(lines) {
			t.Fatalf("%d lines, %d metadata, %d protections, %d merges",
				len(lines), len(b.metadata), len(tab.protections), len(tab.merges))
		}
		for i, m := range b.metadata {
			at, p := lines[m.key], tab.protections[i]
			if m.at.start != at || m.at.end != at+1 {
				t.Errorf("metadata of %s is at %+v, want %d", m.key, m.at, at)
			}
			from, to := p.area.top, p.area.bottom
			if d == dimColumns {
				from, to = p.area.left, p.area.right
			}
			if p.Description != m.key || from != at || to != at+1 || p.except[0] != p.area || tab.merges[i] != p.area {
				t.Errorf("%s is at %d, its protection at %+v, its merge at %+v", m.key, at, p, tab.merges[i])
			}
		}
	})
}

func TestQuotaOfTheProject(t *testing.T) {
	var q quota
	at := Date(2026, 11, 26, "").Value.(float64)
	now := epoch.AddDate(0, 0, int(at))
	for user := range 5 {
		for range 60 {
			if err := q.pass(passage{now, Read, fmt.Sprint(user)}, 60); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := q.pass(passage{now, Read, "sixth"}, 60); err == nil || err.Code != 429 {
		t.Errorf("got %v", err)
	}
	if err := q.pass(passage{now, Write, "sixth"}, 60); err != nil {
		t.Errorf("got %v", err)
	}
	if err := q.pass(passage{now, Read, "0"}, -1); err != nil {
		t.Errorf("got %v", err)
	}
}
