package csvfile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofrs/flock"
	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

// TestWriteKeepsBytes compares whole files: what need not change does not.
func TestWriteKeepsBytes(t *testing.T) {
	rename := func(key, before, after string) contact.Change { return change(contact.Update, key, before, after) }
	add := func(key, name string) contact.Change { return change(contact.Create, key, "", name) }
	drop := func(key, name string) contact.Change { return change(contact.Delete, key, name, "") }
	latin1 := func(text string) string {
		s, err := charmap.Windows1252.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for name, c := range map[string]struct {
		before  string
		changes []contact.Change
		after   string
		options Options
	}{
		"one cell": {
			before:  "x, id ,\"name\",y\r\n \"\" , 1 ,Ada, z \n\n\"a\nb\",\"2\",Bob,\"\"\r\n",
			changes: []contact.Change{change(contact.Update, "2", "Bob", "Rob")},
			after:   "x, id ,\"name\",y\r\n \"\" , 1 ,Ada, z \n\n\"a\nb\",\"2\",Rob,\"\"\r\n",
		},
		"quotes stay and come": {
			before: "id,name\n1,\"Ada\"\n2,Bob\n3,Eve\n4,Al\n",
			changes: []contact.Change{
				rename("1", "Ada", "Ada K"), rename("2", "Bob", "B, ob"), rename("3", "Eve", "E\nve"), rename("4", "Al", `A"l`),
			},
			after: "id,name\n1,\"Ada K\"\n2,\"B, ob\"\n3,\"E\nve\"\n4,\"A\"\"l\"\n",
		},
		"outer white space": {
			before: "id,name\n1,Ada\n", changes: []contact.Change{rename("1", "Ada", " Ada")},
			after: "id,name\n1,\" Ada\"\n",
		},
		"clear and fill": {
			before: "id,name\n1,Ada\n2,\n3,\"\"\n",
			changes: []contact.Change{
				rename("1", "Ada", ""), rename("2", "", "Bob"), rename("3", "", "Eve"),
			},
			after: "id,name\n1,\n2,Bob\n3,\"Eve\"\n",
		},
		"last cell without line end": {
			before: "id,name\n1,Ada", changes: []contact.Change{rename("1", "Ada", "Eve")}, after: "id,name\n1,Eve",
		},
		"last cell before CRLF": {
			before: "id,name\r\n1,\r\n", changes: []contact.Change{rename("1", "", "Eve")}, after: "id,name\r\n1,Eve\r\n",
		},
		"formulas as they are": {
			before: "id,name\n1,Ada\n", changes: []contact.Change{rename("1", "Ada", "=1+1")}, after: "id,name\n1,=1+1\n",
		},
		"create": {
			before: "id,name\n1,Ada\n", changes: []contact.Change{add("2", "Bob")}, after: "id,name\n1,Ada\n2,Bob\n",
		},
		"create after a missing line end": {
			before: "id;name\r\n1;Ada", changes: []contact.Change{add("2", "Bob"), add("3", "")},
			after: "id;name\r\n1;Ada\r\n2;Bob\r\n3;\r\n",
		},
		"create after half a line end": {
			before: "id,name\r\n1,Ada\r", changes: []contact.Change{add("2", "Bob")}, after: "id,name\r\n1,Ada\r\n2,Bob\r\n",
		},
		"create below a header alone": {
			before: "id\tx\tname", changes: []contact.Change{add("2", "Bob")}, after: "id\tx\tname\n2\t\tBob\n",
		},
		"create with the last row's quotes": {
			before: "id,name,x\n1,Ada,\n\"2\",\"Bob\",\n3,Al\n", changes: []contact.Change{add("4", "Eve")},
			after: "id,name,x\n1,Ada,\n\"2\",\"Bob\",\n3,Al\n\"4\",\"Eve\",\n",
		},
		"create with the last row's line end": {
			before: "id,name\r\n1,Ada\n", changes: []contact.Change{add("2", "B,ob")}, after: "id,name\r\n1,Ada\n2,\"B,ob\"\n",
		},
		"delete": {
			before: "id,name\r\n1,Ada\r\n2,\"Bo\nb\"\r\n3,Eve\r\n", changes: []contact.Change{drop("2", "Bo\nb")},
			after: "id,name\r\n1,Ada\r\n3,Eve\r\n",
		},
		"delete the last row": {
			before: "id,name\n1,Ada\n2,Bob", changes: []contact.Change{drop("2", "Bob")}, after: "id,name\n1,Ada\n",
		},
		"all at once": {
			before: "id,name\n1,Ada\n2,Bob\n3,Eve\n",
			changes: []contact.Change{
				add("4", "Al"), drop("1", "Ada"), rename("3", "Eve", "Eva"), rename("2", "Bob", "Rob"),
			},
			after: "id,name\n2,Rob\n3,Eva\n4,Al\n",
		},
		"byte order mark": {
			before: "\uFEFFid,name\n1,Ada\n", changes: []contact.Change{rename("1", "Ada", "Zoë")},
			after: "\uFEFFid,name\n1,Zoë\n",
		},
		"UTF-16 LE": {
			before:  utf16Text("\xFF\xFE", "id;name;x\r\n1;Ada;") + "\x3D\xD8" + utf16Text("", "\r\n2;😀;"),
			changes: []contact.Change{rename("1", "Ada", "Z😀e"), add("3", "山")},
			after:   utf16Text("\xFF\xFE", "id;name;x\r\n1;Z😀e;") + "\x3D\xD8" + utf16Text("", "\r\n2;😀;\r\n3;山;\r\n"),
		},
		"UTF-16 BE": {
			before:  utf16Text("\xFE\xFF", "id\tname\n1\tAda\n"),
			changes: []contact.Change{rename("1", "Ada", "a\tb")}, after: utf16Text("\xFE\xFF", "id\tname\n1\t\"a\tb\"\n"),
		},
		"Windows-1252 guessed": {
			before: latin1("id,name\n1,Ada\n2,Zoë\n"), changes: []contact.Change{rename("1", "Ada", "Ü €")},
			after: latin1("id,name\n1,Ü €\n2,Zoë\n"),
		},
		"Windows-1252 guessed, for the last time": {
			before: latin1("id,name\n1,Ada\n2,Zoë\n"), changes: []contact.Change{rename("2", "Zoë", "Zoe")},
			after: "id,name\n1,Ada\n2,Zoe\n",
		},
		"another cell is broken": {
			before: "id,name,x\n1,Ada,\xFF\xFE\n2,Bob,\x00\n", changes: []contact.Change{rename("2", "Bob", "Zoë")},
			after: "id,name,x\n1,Ada,\xFF\xFE\n2,Zoë,\x00\n", options: Options{Encoding: "utf-8"},
		},
		"another row is broken": {
			before: "id,name\n1\n\"2\"2,Bob\n3,Eve,x\n4,Al\n", changes: []contact.Change{rename("4", "Al", "Alan")},
			after: "id,name\n1\n\"2\"2,Bob\n3,Eve,x\n4,Alan\n", options: Options{Delimiter: ","},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.options.Path, c.options.Key = save(t, c.before), []string{"id"}
			for i, outcome := range write(t, New(c.options), c.changes...) {
				if outcome.Status != sources.Written {
					t.Errorf("change %d: %+v, want written", i, outcome)
				}
			}
			if got := load(t, c.options.Path); got != c.after {
				t.Errorf("file:\n%q\nwant:\n%q", got, c.after)
			}
		})
	}
}

func TestWriteOutcomes(t *testing.T) {
	const file = "id,name,x\n1,Ada,a\n\n2,Bob,b\n3,Eve,c\n3,Eve,c\n4,\"Al\" x,d\n"
	update := func(key, before, after string) contact.Change { return change(contact.Update, key, before, after) }
	for name, c := range map[string]struct {
		changes []contact.Change
		want    []sources.Outcome
	}{
		"no row": {
			[]contact.Change{update("9", "Ada", "Eve")},
			[]sources.Outcome{{Status: sources.Stale, Reason: "no row has this key any more"}},
		},
		"two rows": {
			[]contact.Change{update("3", "Eve", "Eva")},
			[]sources.Outcome{{Status: sources.Stale, Reason: "2 rows are the same to syncd, the first of them row 5"}},
		},
		"another value": {
			[]contact.Change{update("2", "Rob", "Bobby")},
			[]sources.Outcome{{Status: sources.Stale, Reason: `row 4, column "name": no longer holds what it did`}},
		},
		"a broken row": {
			[]contact.Change{update("4", "Al x", "Al")},
			[]sources.Outcome{{Status: sources.Stale,
				Reason: "row 7: there is a quote inside cell 2: double it and quote the whole cell"}},
		},
		"a key that is taken": {
			[]contact.Change{change(contact.Create, "2", "", "New")},
			[]sources.Outcome{{Status: sources.Stale, Reason: "the row is there already, as row 4"}},
		},
		"two changes of one row": {
			[]contact.Change{update("1", "Ada", "Eve"), change(contact.Delete, "1", "Ada", "")},
			[]sources.Outcome{
				{Status: sources.Written, Row: 2},
				{Status: sources.Stale, Reason: "another change of the same batch is about this row"},
			},
		},
		"two rows with one new key": {
			[]contact.Change{change(contact.Create, "7", "", "x"), change(contact.Create, "7", "", "y")},
			[]sources.Outcome{
				{Status: sources.Written, Row: 8},
				{Status: sources.Stale, Reason: "another change of the same batch is about this row"},
			},
		},
		"rows after a delete": {
			[]contact.Change{
				change(contact.Create, "7", "", "x"), update("2", "Bob", "Rob"), change(contact.Delete, "1", "Ada", ""),
			},
			[]sources.Outcome{
				{Status: sources.Written, Row: 7}, {Status: sources.Written, Row: 3}, {Status: sources.Written},
			},
		},
		"nothing to change": {
			[]contact.Change{update("2", "Bob", "Bob")}, []sources.Outcome{{Status: sources.Written, Row: 4}},
		},
		"another key": {
			[]contact.Change{{Action: contact.Create, Key: "8", After: cells("7", "x")}},
			[]sources.Outcome{{Status: sources.Refused, Reason: `the row would have the key "7" instead of "8"`}},
		},
		"a change of key": {
			[]contact.Change{{Action: contact.Update, Key: "2", Before: cells("2", "Bob"), After: cells("3", "Bob")}},
			[]sources.Outcome{{Status: sources.Refused, Reason: `the row would have the key "3" instead of "2"`}},
		},
		"NUL": {
			[]contact.Change{update("2", "Bob", "a\x00")},
			[]sources.Outcome{{Status: sources.Refused, Reason: `column "name": the text holds a NUL character`}},
		},
		"no Unicode": {
			[]contact.Change{update("2", "Bob", "a\xFF")},
			[]sources.Outcome{{Status: sources.Refused, Reason: `column "name": the text is not valid Unicode`}},
		},
		"too long": {
			[]contact.Change{update("2", "Bob", strings.Repeat("x", maxCell+1))},
			[]sources.Outcome{{Status: sources.Refused,
				Reason: `column "name": the text takes 1048577 bytes, more than 1048576`}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := New(Options{Path: save(t, file), Key: []string{"id"}})
			if diff := gocmp.Diff(c.want, write(t, f, c.changes...)); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWriteRefusesWhatTheEncodingLacks(t *testing.T) {
	for encoding, want := range map[string]string{
		"windows-1252": `column "name": the file's encoding, windows-1252, has no U+0142: save the file as UTF-8`,
		"shift_jis":    `column "name": the file's encoding, shift_jis, has no U+0142: save the file as UTF-8`,
	} {
		f := New(Options{Path: save(t, "id,name\n1,Ada\n"), Key: []string{"id"}, Encoding: encoding})
		got := write(t, f, change(contact.Update, "1", "Ada", "Stanis\u0142aw"))
		if diff := gocmp.Diff([]sources.Outcome{{Status: sources.Refused, Reason: want}}, got); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
	}
}

func TestWriteWithoutKey(t *testing.T) {
	const file = "name,x,contactId\nAda,a,\nBob,b,\nBob,b,\nEve,c,\n"
	columns := []string{"name", "contactId"}
	fill := func(name, id string) contact.Change {
		return contact.Change{Action: contact.Update, Row: 2, Before: cells(name, ""), After: cells(name, id)}
	}
	path := save(t, file)
	outcomes, err := New(Options{Path: path}).Write(t.Context(), columns, []contact.Change{
		fill("Eve", "id-1"), fill("Bob", "id-2"), fill("Al", "id-3"),
		{Action: contact.Create, After: cells("New", "id-4")},
		{Action: contact.Create, After: cells("Ada", "")},
		{Action: contact.Create, After: cells(" ", "")},
	})
	want := []sources.Outcome{
		{Status: sources.Written, Row: 5},
		{Status: sources.Stale, Reason: "2 rows are the same to syncd, the first of them row 3"},
		{Status: sources.Stale, Reason: "no row holds what it did any more"},
		{Status: sources.Written, Row: 6},
		{Status: sources.Stale, Reason: "the row is there already, as row 2"},
		{Status: sources.Refused, Reason: "the row would be empty"},
	}
	if diff := gocmp.Diff(want, outcomes); err != nil || diff != "" {
		t.Errorf("error %v, outcomes (-want +got):\n%s", err, diff)
	}
	if got := load(t, path); got != "name,x,contactId\nAda,a,\nBob,b,\nBob,b,\nEve,c,id-1\nNew,,id-4\n" {
		t.Errorf("file:\n%s", got)
	}
}

func TestWriteFindsKeysInNormalForm(t *testing.T) {
	path := save(t, "a,b,name\n Cafe\u0301 ,1/2,Ada\n")
	f := New(Options{Path: path, Key: []string{"a", "b"}})
	outcomes, err := f.Write(t.Context(), []string{"name"}, []contact.Change{
		{Action: contact.Update, Key: "Caf\u00e9/1\\/2", Before: cells("Ada"), After: cells("Eve")},
	})
	if err != nil || outcomes[0].Status != sources.Written {
		t.Fatalf("outcomes %v, error %v", outcomes, err)
	}
	if got := load(t, path); got != "a,b,name\n Cafe\u0301 ,1/2,Eve\n" {
		t.Errorf("file: %q", got)
	}
}

func TestWriteTouchesNothingWhenNothingChanges(t *testing.T) {
	path := save(t, "id,name\n1,Ada\n")
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	f := New(Options{Path: path, Key: []string{"id"}})
	write(t, f, change(contact.Update, "1", "Ada", "Ada"), change(contact.Update, "1", "Bob", "Eve"))
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		t.Errorf("the file was replaced, error %v", err)
	}
}

func TestWriteKeepsTheFileItself(t *testing.T) {
	path := save(t, "id,name\n1,Ada\n")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		if err := os.Chown(path, 1234, 2345); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link.csv")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	write(t, New(Options{Path: link, Key: []string{"id"}}), change(contact.Update, "1", "Ada", "Eve"))
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != os.ModeSymlink {
		t.Errorf("the link became %v, error %v", info, err)
	}
	after, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	was, is := before.Sys().(*syscall.Stat_t), after.Sys().(*syscall.Stat_t)
	if after.Mode() != 0o640 || was.Uid != is.Uid || was.Gid != is.Gid {
		t.Errorf("mode %v, owner %d:%d, want -rw-r-----, %d:%d", after.Mode(), is.Uid, is.Gid, was.Uid, was.Gid)
	}
	if got := load(t, path); got != "id,name\n1,Eve\n" {
		t.Errorf("file: %q", got)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 2 || entries[1].Name() != "contacts.csv.lock" {
		t.Errorf("%v, error %v, want the file and its lock", entries, err)
	}
}

func TestWriteSweepsWhatADeadRunLeft(t *testing.T) {
	path := save(t, "id,name\n1,Ada\n")
	left := filepath.Join(filepath.Dir(path), ".contacts.csv.syncd-new")
	if err := os.WriteFile(left, []byte("id,na"), 0o400); err != nil {
		t.Fatal(err)
	}
	write(t, New(Options{Path: path, Key: []string{"id"}}), change(contact.Update, "1", "Ada", "Eve"))
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("the temporary file is still there, error %v", err)
	}
	if got := load(t, path); got != "id,name\n1,Eve\n" {
		t.Errorf("file: %q", got)
	}
}

func TestWriteWaitsForTheLock(t *testing.T) {
	path := save(t, "id,name\n1,Ada\n")
	other := flock.New(path + ".lock")
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*lockRetry)
	defer cancel()
	changes := []contact.Change{change(contact.Update, "1", "Ada", "Eve")}
	f := New(Options{Path: path, Key: []string{"id"}})
	outcomes, err := f.Write(ctx, []string{"id", "name"}, changes)
	if !errors.Is(err, context.DeadlineExceeded) || outcomes[0].Status != sources.Refused {
		t.Errorf("outcomes %v, error %v, want refused and a deadline", outcomes, err)
	}
	time.AfterFunc(lockRetry, func() { other.Close() })
	if got := write(t, f, changes...)[0]; got.Status != sources.Written {
		t.Errorf("after the lock went: %+v, want written", got)
	}
}

func TestWriteGivesUpOnALockThatStays(t *testing.T) {
	path := save(t, "id,name\n1,Ada\n")
	other := flock.New(path + ".lock")
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	synctest.Test(t, func(t *testing.T) {
		f := New(Options{Path: path, Key: []string{"id"}})
		_, err := f.Write(t.Context(), []string{"id", "name"}, []contact.Change{change(contact.Update, "1", "Ada", "Eve")})
		if want := "contacts.csv.lock: another process has kept it locked for 30s"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	})
	if got := load(t, path); got != "id,name\n1,Ada\n" {
		t.Errorf("file: %q", got)
	}
}

func TestFullDiskIsNamedWithItsRemedy(t *testing.T) {
	err := New(Options{Path: "contacts.csv"}).named(&fs.PathError{Op: "write", Path: ".contacts.csv.syncd-new", Err: syscall.ENOSPC})
	if want := "contacts.csv: no space left on device: free some space; the file is unchanged"; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}

func TestWriteErrors(t *testing.T) {
	update := change(contact.Update, "1", "Ada", "Eve")
	for name, c := range map[string]struct {
		text    string
		change  contact.Change
		options Options
		want    string
	}{
		"a broken file":         {"id,name\n1,\"Ada\n", update, Options{}, "row 2, line 2: a quote is opened"},
		"an unknown action":     {"id,name\n1,Ada\n", contact.Change{Action: contact.Unlink}, Options{}, "cannot unlink a row"},
		"cells that do not fit": {"id,name\n1,Ada\n", contact.Change{Action: contact.Update}, Options{}, "update of row 0: 0 cells"},
		"another encoding tomorrow": {
			"id,name\n1,\xEB\n", change(contact.Update, "1", "ë", "Ã©"), Options{}, "after the changes the file would be read as utf-8",
		},
		"an unknown delimiter tomorrow": {
			"id;last, name;name\n1;x;Ada\n", change(contact.Update, "1", "Ada", "A, B"), Options{}, "cannot tell which character",
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := save(t, c.text)
			c.options.Path, c.options.Key = path, []string{"id"}
			outcomes, err := New(c.options).Write(t.Context(), []string{"id", "name"}, []contact.Change{c.change})
			if want := path + ": " + c.want; err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("error %v, want %s", err, want)
			}
			if len(outcomes) != 1 || outcomes[0].Status != sources.Refused || outcomes[0].Reason == "" {
				t.Errorf("outcomes %+v, want one refused with a reason", outcomes)
			}
			if got := load(t, path); got != c.text {
				t.Errorf("the file became %q", got)
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), ".contacts.csv.syncd-new")); !os.IsNotExist(err) {
				t.Errorf("the temporary file is still there, error %v", err)
			}
		})
	}
	t.Run("no file", func(t *testing.T) {
		f := New(Options{Path: filepath.Join(t.TempDir(), "no such"), Key: []string{"id"}})
		if _, err := f.Write(t.Context(), []string{"id", "name"}, []contact.Change{update}); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("error %v, want os.ErrNotExist", err)
		}
	})
}
