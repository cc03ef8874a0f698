package sourcetest

import (
	"slices"
	"testing"

	"syncd/internal/sources"
)

// testCompare edits the table between Read and Write: a change lands on its own row or on none.
func testCompare(t *testing.T, newTable New) {
	for name, c := range map[string]struct {
		edit func(h Harness)
		want sources.Status
	}{
		"nothing": {func(Harness) {}, sources.Written},
		"the cell itself": {func(h Harness) {
			h.SetCell(rowOf(t, h, "C-2"), "Name", "Grace M. Hopper")
		}, sources.Stale},
		"the cell itself, to what it shall be": {func(h Harness) {
			h.SetCell(rowOf(t, h, "C-2"), "Name", "Admiral Hopper")
		}, sources.Stale},
		"the cell cleared": {func(h Harness) {
			h.SetCell(rowOf(t, h, "C-2"), "Name", "")
		}, sources.Stale},
		"another cell of the row": {func(h Harness) {
			h.SetCell(rowOf(t, h, "C-2"), "Phone", "+14155550177")
		}, sources.Written},
		"a cell of another row": {func(h Harness) {
			h.SetCell(rowOf(t, h, "C-1"), "Name", "Grace Hopper")
		}, sources.Written},
		"the key": {func(h Harness) {
			h.SetCell(rowOf(t, h, "C-2"), Key, "C-20")
		}, sources.Stale},
		"keys swapped": {func(h Harness) {
			h.SetCell(rowOf(t, h, "C-1"), Key, "C-0")
			h.SetCell(rowOf(t, h, "C-2"), Key, "C-1")
			h.SetCell(rowOf(t, h, "C-0"), Key, "C-2")
		}, sources.Stale},
		"the row deleted": {func(h Harness) {
			h.DeleteRow(rowOf(t, h, "C-2"))
		}, sources.Stale},
		"the row above deleted": {func(h Harness) {
			h.DeleteRow(rowOf(t, h, "C-1"))
		}, sources.Written},
		"a row inserted above": {func(h Harness) {
			h.InsertRow(0, []string{"C-0", "Grace Hopper", "", ""})
		}, sources.Written},
		"a blank row inserted above": {func(h Harness) {
			h.InsertRow(1, []string{"", "", "", ""})
		}, sources.Written},
		"rows sorted": {func(h Harness) {
			h.Sort("Name")
		}, sources.Written},
		"the row copied": {func(h Harness) {
			i := rowOf(t, h, "C-2")
			h.InsertRow(i, slices.Clone(h.Rows()[i]))
		}, sources.Stale},
		"the key in another row too": {func(h Harness) {
			h.SetCell(rowOf(t, h, "C-3"), Key, "C-2")
		}, sources.Stale},
	} {
		t.Run("update after "+name, func(t *testing.T) {
			h := table(t, newTable, people())
			change := update(recordOf(t, h, "C-2"), map[string]string{"Name": "Admiral Hopper"})
			c.edit(h)
			want := copyRows(h.Rows())
			if c.want == sources.Written {
				want[rowOf(t, h, "C-2")][1] = "Admiral Hopper"
			}
			wantStatuses(t, write(t, h, change), c.want)
			wantRows(t, h, want)
		})
	}
	t.Run("create after a person did", func(t *testing.T) {
		h := table(t, newTable, people())
		h.InsertRow(3, []string{"C-4", "Al", "", ""})
		want := copyRows(h.Rows())
		if status := write(t, h, create("C-4", "Alan Turing", ""))[0]; status == sources.Written {
			t.Error("a second row with one key was written")
		}
		wantRows(t, h, want)
	})
	t.Run("delete after an edit in the row", func(t *testing.T) {
		h := table(t, newTable, people())
		change := remove(recordOf(t, h, "C-2"))
		h.SetCell(rowOf(t, h, "C-2"), "Phone", "+14155550177")
		want := copyRows(h.Rows())
		if status := write(t, h, change)[0]; status == sources.Written {
			t.Error("a row that a person had edited was deleted")
		}
		wantRows(t, h, want)
	})
	t.Run("the good beside the stale", func(t *testing.T) {
		h := table(t, newTable, people())
		one := update(recordOf(t, h, "C-1"), map[string]string{"Name": "Ada King"})
		two := update(recordOf(t, h, "C-2"), map[string]string{"Name": "Admiral Hopper"})
		three := update(recordOf(t, h, "C-3"), map[string]string{"Name": "Dr. Perlman"})
		h.SetCell(rowOf(t, h, "C-2"), "Name", "Grace M. Hopper")
		want := copyRows(h.Rows())
		want[rowOf(t, h, "C-1")][1], want[rowOf(t, h, "C-3")][1] = "Ada King", "Dr. Perlman"
		wantStatuses(t, write(t, h, one, two, three), sources.Written, sources.Stale, sources.Written)
		wantRows(t, h, want)
	})
}

func copyRows(rows [][]string) [][]string {
	copied := make([][]string, len(rows))
	for i, row := range rows {
		copied[i] = slices.Clone(row)
	}
	return copied
}
