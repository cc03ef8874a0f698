package csvfile

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

func TestReadDialects(t *testing.T) {
	want := [][]string{{"1", "Zoë"}, {"2", "a;b,c|d"}}
	for name, c := range map[string]struct {
		text    string
		options Options
	}{
		"comma":                  {text: "id,name\n1,Zoë\n2,\"a;b,c|d\"\n"},
		"semicolon":              {text: "id;name\n1;Zoë\n2;\"a;b,c|d\"\n"},
		"tab":                    {text: "id\tname\n1\tZoë\n2\ta;b,c|d\n"},
		"pipe":                   {text: "id|name\n1|Zoë\n2|\"a;b,c|d\"\n"},
		"configured":             {text: "id:name\n1:Zoë\n2:a;b,c|d\n", options: Options{Delimiter: ":"}},
		"configured tab":         {text: "id\tname\n1\tZoë\n2\ta;b,c|d\n", options: Options{Delimiter: "tab"}},
		"CRLF":                   {text: "id;name\r\n1;Zoë\r\n2;\"a;b,c|d\"\r\n"},
		"no final line end":      {text: "id;name\n1;Zoë\n2;\"a;b,c|d\""},
		"all quoted":             {text: "\"id\",\"name\"\n\"1\",\"Zoë\"\n\"2\",\"a;b,c|d\"\n"},
		"other columns":          {text: "x,name,id,y\n,Zoë,1,\n,\"a;b,c|d\",2,\n"},
		"header with outer room": {text: "\u00a0id , NAME,name\t\n1,x,Zoë\n2,x,\"a;b,c|d\"\n"},
		"byte order mark":        {text: "\uFEFFid,name\n1,Zoë\n2,\"a;b,c|d\"\n"},
		"mark over option":       {text: "\uFEFFid,name\n1,Zoë\n2,\"a;b,c|d\"\n", options: Options{Encoding: "latin1"}},
		"UTF-16 LE":              {text: utf16Text("\xFF\xFE", "id\tname\r\n1\tZoë\r\n2\ta;b,c|d\r\n")},
		"UTF-16 BE":              {text: utf16Text("\xFE\xFF", "id\tname\r\n1\tZoë\r\n2\ta;b,c|d\r\n")},
		"UTF-16 without mark": {
			text: utf16Text("\xFF\xFE", "id,name\n1,Zoë\n2,\"a;b,c|d\"\n")[2:], options: Options{Encoding: "utf-16"},
		},
		"Windows-1252 guessed":    {text: "id,name\n1,Zo\xEB\n2,\"a;b,c|d\"\n"},
		"Windows-1252 configured": {text: "id,name\n1,Zo\xEB\n2,\"a;b,c|d\"\n", options: Options{Encoding: "cp1252"}},
		"Mac":                     {text: "id,name\n1,Zo\x91\n2,\"a;b,c|d\"\n", options: Options{Encoding: "macintosh"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.options.Path = save(t, c.text)
			records, err := readAll(t, New(c.options), "id", "name")
			if diff := gocmp.Diff(want, texts(records)); err != nil || diff != "" {
				t.Errorf("error %v, cells (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestReadOneColumn(t *testing.T) {
	f := New(Options{Path: save(t, "e-mail\na@example.com, b@example.com\n\"c\"\n")})
	records, err := readAll(t, f, "e-mail")
	want := [][]string{{"a@example.com, b@example.com"}, {"c"}}
	if diff := gocmp.Diff(want, texts(records)); err != nil || diff != "" {
		t.Errorf("error %v, cells (-want +got):\n%s", err, diff)
	}
}

func TestReadShiftJIS(t *testing.T) {
	// The second bytes of 表 and ポ are a backslash and a pipe.
	f := New(Options{Path: save(t, "id,\x83\x7C\n1,\x95\x5C\x83\x7C\n"), Encoding: "shift_jis"})
	records, err := readAll(t, f, "id", "ポ")
	if diff := gocmp.Diff([][]string{{"1", "表ポ"}}, texts(records)); err != nil || diff != "" {
		t.Errorf("error %v, cells (-want +got):\n%s", err, diff)
	}
}

func TestReadRows(t *testing.T) {
	large := strings.Repeat("x", maxCell+1)
	for name, c := range map[string]struct {
		text     string
		encoding string
		want     contact.Record
	}{
		"row numbers count records, empty lines too": {
			text: "id,name\n\"a\nb\",x\n\n , \n1,Ada\n", want: contact.Record{Row: 5, Cells: cells("1", "Ada")},
		},
		"too many cells": {
			text: "id,name\n1,Ada,King\n", want: contact.Record{Row: 2, Cells: cells("1", "Ada"),
				Problem: "3 cells, the header has 2: quote the cell that holds the delimiter"},
		},
		"too few cells": {
			text: "id,name,x\n1\n", want: contact.Record{Row: 2, Cells: cells("1", ""),
				Problem: "only 1 of the header's 3 cells"},
		},
		"a stray quote": {
			text: "id,name\n1,\"Ada\" King\n", want: contact.Record{Row: 2, Cells: cells("1", "Ada King"),
				Problem: "there is a quote inside cell 2: double it and quote the whole cell"},
		},
		"literal quotes": {
			text: "id,name\n1,Ada \"the\" King\n", want: contact.Record{Row: 2, Cells: cells("1", `Ada "the" King`)},
		},
		"a header again": {
			text: "id,name\nid,name\n", want: contact.Record{Row: 2, Cells: cells("id", "name")},
		},
		"control characters": {
			text: "id,name\n1,\x01\x1b\x7f\n", want: contact.Record{Row: 2, Cells: cells("1", "\x01\x1b\x7f")},
		},
		"NUL": {
			text: "id,name\n1,A\x00\n", want: contact.Record{Row: 2, Cells: cells("1", "A\x00"),
				Problem: `column "name" holds a NUL character: delete it`},
		},
		"a cell that is too large": {
			text: "id,name\n1," + large + "\n", want: contact.Record{Row: 2, Cells: cells("1", ""),
				Problem: `column "name" holds 1048577 bytes, more than 1048576: shorten it`},
		},
		"a large cell in a column of others": {
			text: "id,name,x\n1,Ada," + large + "\n", want: contact.Record{Row: 2, Cells: cells("1", "Ada")},
		},
		"a cell in another encoding, configured": {
			text: "id,name\n1,Zo\xEB\n", encoding: "utf-8", want: contact.Record{Row: 2, Cells: cells("1", "Zo\uFFFD"),
				Problem: `column "name" is not valid utf-8: type it again, or set encoding:`},
		},
		"a cell in another encoding than most": {
			text: "id,name\n1,Zoë\n2,Jörg\n3,Zo\xEB\n", want: contact.Record{Row: 4, Cells: cells("3", "Zo\uFFFD"),
				Problem: `column "name" is not valid utf-8: type it again, or set encoding:`},
		},
		"a cell in another encoding, marked": {
			text: "\uFEFFid,name\n1,Zo\xEB\n", want: contact.Record{Row: 2, Cells: cells("1", "Zo\uFFFD"),
				Problem: `column "name" is not valid utf-8: type it again, or set encoding:`},
		},
		"half a surrogate pair": {
			text: utf16Text("\xFF\xFE", "id,name\n1,") + "\x3D\xD8", want: contact.Record{Row: 2,
				Cells:   cells("1", "\uFFFD"),
				Problem: `column "name" is not valid utf-16le: type it again, or set encoding:`},
		},
		"a byte that the encoding does not have": {
			text: "id,name\n1,\xAA\n", encoding: "windows-1253", want: contact.Record{Row: 2, Cells: cells("1", "\uFFFD"),
				Problem: `column "name" is not valid windows-1253: type it again, or set encoding:`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := New(Options{Path: save(t, c.text), Encoding: c.encoding, Delimiter: ","})
			records, err := readAll(t, f, "id", "name")
			if err != nil || len(records) == 0 {
				t.Fatalf("%d records, error %v", len(records), err)
			}
			if diff := gocmp.Diff(c.want, records[len(records)-1]); diff != "" {
				t.Errorf("last record (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadHugeCellAmongOthers(t *testing.T) {
	f := New(Options{Path: save(t, "id,name\n1,"+strings.Repeat("x", 10<<20)+"\n2,Bob\n")})
	records, err := readAll(t, f, "id", "name")
	if err != nil || len(records) != 2 || records[0].Problem == "" || records[1].Problem != "" {
		t.Errorf("%d records, error %v, want a problem and a row", len(records), err)
	}
}

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		options Options
		want    string
	}{
		"an empty file":       {"", Options{}, "the file is empty"},
		"a mark alone":        {"\uFEFF", Options{}, "the file is empty"},
		"an empty first line": {"\nid,name\n", Options{}, "the first line is empty"},
		"a workbook":          {"PK\x03\x04\x14\x00\x06\x00", Options{}, "a workbook such as .xlsx, not a CSV file: open it"},
		"an old workbook":     {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", Options{Encoding: "windows-1252"}, "a workbook such as .xlsx, not a CSV file: open it"},
		"UTF-16 in disguise":  {"i\x00d\x00,\x00", Options{}, "not a text file"},
		"UTF-16 cut off":      {utf16Text("\xFF\xFE", "id,name\n1,x") + "y", Options{}, "the file is UTF-16, but has an odd number"},
		"CR alone":            {"id,name\r1,Ada\r", Options{}, "the lines end in CR alone"},
		"a quote in the header": {
			"id,\"na\"me\n1,Ada\n", Options{Delimiter: ","}, "there is a quote inside column name 2",
		},
		"two encodings":      {"id,name\n1,Zoë\n2,Zo\xEB\n", Options{}, "more than one encoding: line 2 is UTF-8, line 3 is not"},
		"no encoding":        {"id,name\n1,é\xE9\n", Options{}, "more than one encoding: line 2 is UTF-8 in part only"},
		"a program":          {"\x7FELF\xC3\xA9\xE9\x00\n", Options{}, "not a text file"},
		"an open quote":      {"id,name\n1,\"Ada\n2,Bob\n", Options{}, "row 2, line 2: a quote is opened"},
		"rows inside quotes": {"id,name\n1,\"Ada\n2,\"Bob\"\n", Options{}, "row 2, line 2: a quote that runs over"},
		"rows inside a short row": {
			"id,name,x\n0,Eve,y\n1,\"Ada,y\n2,Bob,\"\n", Options{Delimiter: ","}, "row 3, line 3: 2 of the header's 3 cells, and what looks",
		},
		"two delimiters":         {"id,x;name\n1,x;Ada\n", Options{}, "cannot tell which character"},
		"a delimiter of letters": {"id,name\n", Options{Delimiter: "x"}, `delimiter "x": take`},
		"a long delimiter":       {"id,name\n", Options{Delimiter: "::"}, `delimiter "::": take`},
		"a quote as delimiter":   {"id,name\n", Options{Delimiter: `"`}, `delimiter "\"": take`},
		"an unknown encoding":    {"id,name\n", Options{Encoding: "utf-9"}, `encoding "utf-9" is not known`},
		"an encoding with modes": {"id,name\n", Options{Encoding: "iso-2022-jp"}, `encoding "iso-2022-jp" cannot be`},
		"a delimiter in characters": {
			"id|name\n", Options{Encoding: "gbk", Delimiter: "|"}, `'|' is a part of other characters in gbk`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.options.Path = save(t, c.text)
			_, err := readAll(t, New(c.options), "id", "name")
			if want := c.options.Path + ": " + c.want; err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("error %v, want %s", err, want)
			}
		})
	}
}

func TestReadPaths(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir:                           ": a directory, not a CSV file",
		pipe:                          ": not a regular file",
		filepath.Join(dir, "no such"): ": no such file or directory: check the path",
	} {
		_, err := readAll(t, New(Options{Path: path}), "id")
		if err == nil || !strings.HasPrefix(err.Error(), path+want) {
			t.Errorf("error %v, want %s%s", err, path, want)
		}
	}
	if _, err := readAll(t, New(Options{Path: filepath.Join(dir, "no such")}), "id"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v is not fs.ErrNotExist", err)
	}
}

func TestReadLeavesTheDirectoryAlone(t *testing.T) {
	path := save(t, "id,name\n1,Ada\n")
	if _, err := readAll(t, New(Options{Path: path}), "id"); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("%v, error %v, want one file", entries, err)
	}
}

func TestReadWarnsOfAGuessedEncoding(t *testing.T) {
	for text, want := range map[string]string{
		"id,name\n1,Ada\n2,Zo\xEB\n": ": line 3 is not valid UTF-8: the file is read as windows-1252; set encoding: if that is wrong",
		"id,name\n1,Zoë\n":           "",
		"id,name\n1,Zoë\n2,Jörg\n3,Zo\xEB\n": ": line 4 is not valid UTF-8, unlike line 2: the file is read as UTF-8; " +
			"set encoding: if that is wrong",
	} {
		path, heard := save(t, text), ""
		f := New(Options{Path: path, Warn: func(s string) { heard += s }})
		for range 2 { // it is told once
			if _, err := readAll(t, f, "id"); err != nil {
				t.Fatal(err)
			}
		}
		if want != "" {
			want = path + want
		}
		if heard != want {
			t.Errorf("warned %q, want %q", heard, want)
		}
	}
}

// What was told is not told again by the next run, until it changes.
func TestReadRemembersWhatItWarnedOf(t *testing.T) {
	const latin, plain, mixed = "id,name\n1,Zo\xEB\n", "id,name\n1,Zoe\n", "id,name\n1,Zoë\n2,Jörg\n3,Zo\xEB\n"
	path, memory := save(t, latin), json.RawMessage(nil)
	for i, run := range []struct {
		text  string
		warns bool
	}{{latin, true}, {latin, false}, {mixed, true}, {mixed, false}, {plain, false}, {latin, true}} {
		if err := os.WriteFile(path, []byte(run.text), 0o600); err != nil {
			t.Fatal(err)
		}
		warned := false
		f := New(Options{Path: path, Warn: func(string) { warned = true }})
		f.Recall(memory)
		if _, err := readAll(t, f, "id"); err != nil {
			t.Fatal(err)
		}
		if warned != run.warns {
			t.Errorf("run %d: warned %t", i, warned)
		}
		memory = f.Memory()
	}
	New(Options{Path: path}).Recall(json.RawMessage("not JSON"))
}

func TestReadNoticesAChangedFile(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"appended": func(path string) error {
			file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = file.WriteString("9,Eve\n")
			return errors.Join(err, file.Close())
		},
		"cut off": func(path string) error { return os.Truncate(path, 12) },
		"replaced by its equal": func(path string) error {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return errors.Join(os.WriteFile(path+".new", data, 0o600), os.Rename(path+".new", path))
		},
		"replaced by its equal of the same time": func(path string) error {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return errors.Join(os.WriteFile(path+".new", data, 0o600),
				os.Chtimes(path+".new", info.ModTime(), info.ModTime()), os.Rename(path+".new", path))
		},
		"saved again": func(path string) error { return os.Chtimes(path, time.Unix(1, 0), time.Unix(1, 0)) },
		"deleted":     os.Remove,
		"same size and time": func(path string) error {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			return saveInPlace(path, strings.Repeat("x", int(info.Size()-1))+"\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := save(t, "id,name\n"+strings.Repeat("1,Ada\n", 50_000))
			var last error
			first := true
			for _, err := range New(Options{Path: path}).Read(t.Context(), []string{"id"}) {
				last = err
				if first {
					first = false
					if err := change(path); err != nil {
						t.Fatal(err)
					}
				}
			}
			if last == nil || !strings.HasPrefix(last.Error(), path) {
				t.Errorf("error %v, want one that names the file", last)
			}
		})
	}
}

func TestReadManyColumns(t *testing.T) {
	names := make([]string, 100_000)
	for i := range names {
		names[i] = "c" + strings.Repeat("x", i%7) + string(rune('a'+i%26))
	}
	names[99_999] = "id"
	var text strings.Builder
	if err := csv.NewWriter(&text).WriteAll([][]string{names, names}); err != nil {
		t.Fatal(err)
	}
	f := New(Options{Path: save(t, text.String())})
	records, err := readAll(t, f, "id")
	if diff := gocmp.Diff([][]string{{"id"}}, texts(records)); err != nil || diff != "" {
		t.Errorf("error %v, cells (-want +got):\n%s", err, diff)
	}
	_, err = readAll(t, f, "name")
	if column := (*sources.ColumnError)(nil); !errors.As(err, &column) || len(err.Error()) > 1000 {
		t.Errorf("error %.100v, want a short one about the column", err)
	}
}

func TestReadFindsColumnsInNormalForm(t *testing.T) {
	f := New(Options{Path: save(t, "id,Stra\u00dfe,Cafe\u0301\n1,a,b\n")})
	records, err := readAll(t, f, " Caf\u00e9 ", "Stra\u00dfe")
	if diff := gocmp.Diff([][]string{{"b", "a"}}, texts(records)); err != nil || diff != "" {
		t.Errorf("error %v, cells (-want +got):\n%s", err, diff)
	}
}

func TestReadTakesNoColumnWithoutName(t *testing.T) {
	_, err := readAll(t, New(Options{Path: save(t, "id,\n1,x\n")}), "id", " ")
	if column := (*sources.ColumnError)(nil); !errors.As(err, &column) || column.Doubled {
		t.Errorf("error %v, want a missing column", err)
	}
}

// FuzzRead checks that no content makes Read panic, and that all rows it yields have the cells that were asked for.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"id,name\n1,Ada\n", "\uFEFFid;name\r\n", "\xFF\xFEi\x00d\x00\n\x00", "id\tname\n\"1\n", "id|name|id\n", "\xFF\xFE", "id,\xEB\n",
	} {
		f.Add(seed, "")
		f.Add(seed, "shift_jis")
	}
	f.Fuzz(func(t *testing.T, text, encoding string) {
		file := New(Options{Path: save(t, text), Encoding: encoding})
		records, _ := readAll(t, file, "id", "id")
		for _, record := range records {
			if len(record.Cells) != 2 || record.Cells[0] != record.Cells[1] || record.Row < 2 {
				t.Errorf("record %v, want the cell twice", record)
			}
		}
	})
}

// Columns tells all names, those that no configuration could use too.
func TestColumns(t *testing.T) {
	got, err := New(Options{Path: save(t, " id ;Name;;Name\n1;Ann;;\n")}).Columns(t.Context())
	if diff := gocmp.Diff([]string{"id", "Name", "", "Name"}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if _, err := New(Options{Path: save(t, "\n")}).Columns(t.Context()); err == nil || !strings.Contains(err.Error(), "contacts.csv: the first line is empty") {
		t.Errorf("of a file without a header: %v", err)
	}
}
