package csvfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// scanAll returns the texts of all cells, the stray quotes by row, and all bytes that the scanner saw.
func scanAll(r io.Reader, delimiter byte) (rows [][]string, stray []int, raw []byte, err error) {
	s := newScanner(r, delimiter)
	for {
		rec, err := s.next()
		if err == io.EOF {
			return rows, stray, raw, nil
		}
		if err != nil {
			return rows, stray, raw, err
		}
		var row []string
		for _, cell := range rec.cells {
			row = append(row, string(rec.appendText(nil, cell)))
		}
		rows, stray, raw = append(rows, row), append(stray, rec.stray), append(raw, rec.raw...)
	}
}

func TestScan(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		want  [][]string
		stray []int // by row; nil for none
	}{
		"empty":                     {"", nil, nil},
		"one line":                  {"a,b\n", [][]string{{"a", "b"}}, nil},
		"no final line end":         {"a,b\nc,d", [][]string{{"a", "b"}, {"c", "d"}}, nil},
		"CRLF":                      {"a,b\r\nc,d\r\n", [][]string{{"a", "b"}, {"c", "d"}}, nil},
		"CR at the end of the file": {"a,b\r", [][]string{{"a", "b"}}, nil},
		"CR inside":                 {"a\rb,c\n", [][]string{{"a\rb", "c"}}, nil},
		"empty lines":               {"a\n\n\r\nb\n", [][]string{{"a"}, {""}, {""}, {"b"}}, nil},
		"empty cells":               {",,\n", [][]string{{"", "", ""}}, nil},
		"empty last cell":           {"a,", [][]string{{"a", ""}}, nil},
		"quotes":                    {`"a","b,""c"""`, [][]string{{"a", `b,"c"`}}, nil},
		"empty quotes":              {`"",""`, [][]string{{"", ""}}, nil},
		"quoted line ends":          {"\"a\r\nb\n\"\r\nc\n", [][]string{{"a\r\nb\n"}, {"c"}}, nil},
		"literal quotes":            {"5\" disk,say \"hi\"\n", [][]string{{`5" disk`, `say "hi"`}}, nil},
		"text after a quote":        {"x,\"a\"b,c\nd\n", [][]string{{"x", "ab", "c"}, {"d"}}, []int{1, -1}},
		"space after a quote":       {"\"a\" ,b\n", [][]string{{"a ", "b"}}, []int{0}},
		"space before a quote":      {"a, \"b\"\n", [][]string{{"a", ` "b"`}}, []int{1}},
		"space":                     {" a , b \n", [][]string{{" a ", " b "}}, nil},
		"CR after a quote":          {"\"a\"\rb\n", [][]string{{"a\rb"}}, []int{0}},
	} {
		for reader, wrap := range map[string]func(io.Reader) io.Reader{
			"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader,
		} {
			t.Run(name+", "+reader, func(t *testing.T) {
				rows, stray, raw, err := scanAll(wrap(strings.NewReader(c.text)), ',')
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(c.want, rows); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
				if c.stray == nil {
					c.stray = slices.Repeat([]int{-1}, len(rows))
				}
				if !slices.Equal(stray, c.stray) {
					t.Errorf("stray quotes in %v, want %v", stray, c.stray)
				}
				if string(raw) != c.text {
					t.Errorf("bytes %q, want %q", raw, c.text)
				}
			})
		}
	}
}

func TestScanRefuses(t *testing.T) {
	broken := errors.New("disk on fire")
	for name, c := range map[string]struct {
		from io.Reader
		want string
	}{
		"a quote that is never closed": {strings.NewReader("a,b\n\"x\ny\",z\n1,\"2\n3,4\n"), "row 3, line 4: a quote is opened"},
		"a quote that hides rows":      {strings.NewReader("a,b\n1,\"2\n3,4\n5,\"6\"\n"), "row 2, line 2: a quote that runs over"},
		"a row without end": {
			io.MultiReader(strings.NewReader("a,b\n\""), io.LimitReader(endless{}, maxRecord)), "row 2, line 2: the row takes more",
		},
		"an error":                     {io.MultiReader(strings.NewReader("a,b\n1,"), iotest.ErrReader(broken)), "disk on fire"},
		"an error inside quotes":       {io.MultiReader(strings.NewReader("a\n\"1"), iotest.ErrReader(broken)), "disk on fire"},
		"an error between two records": {io.MultiReader(strings.NewReader("a\n"), iotest.ErrReader(broken)), "disk on fire"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, _, err := scanAll(c.from, ',')
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

// FuzzScan checks that nothing is lost on the way, and that what encoding/csv finds valid is read as it reads it.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{
		"", "a,b\r\n", "\"a\"\"b\",\"\n\"\n", "a\"b,c\n", " \"a\"\n", "\"a\"b\n", "\"a", "a\r\rb\r", "\n\n,\n", "é,\xff\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rows, stray, raw, err := scanAll(strings.NewReader(text), ',')
		if !strings.HasPrefix(text, string(raw)) || err == nil && string(raw) != text {
			t.Fatalf("bytes %q of %q", raw, text)
		}
		reader := csv.NewReader(strings.NewReader(text))
		reader.FieldsPerRecord = -1
		want, wrong := reader.ReadAll()
		if wrong != nil {
			return
		}
		if err != nil {
			t.Fatalf("error %v for what encoding/csv reads", err)
		}
		if i := slices.IndexFunc(stray, func(i int) bool { return i >= 0 }); i >= 0 {
			t.Fatalf("stray quote in row %d of what encoding/csv reads", i)
		}
		if diff := cmp.Diff(want, asEncodingCSV(rows, raw)); diff != "" {
			t.Errorf("rows (-encoding/csv +ours):\n%s", diff)
		}
	})
}

// asEncodingCSV drops empty lines and makes CRLF inside quotes LF, as encoding/csv does.
func asEncodingCSV(rows [][]string, raw []byte) (kept [][]string) {
	s := newScanner(bytes.NewReader(raw), ',')
	for _, row := range rows {
		rec, err := s.next()
		if err != nil {
			panic(err)
		}
		if len(rec.cells) == 1 && rec.cells[0].from == rec.cells[0].to {
			continue
		}
		for i := range row {
			row[i] = strings.ReplaceAll(row[i], "\r\n", "\n")
		}
		kept = append(kept, row)
	}
	return kept
}

// FuzzAppendCell checks that a cell is read as it was written, between any neighbours.
func FuzzAppendCell(f *testing.F) {
	for _, seed := range []string{"", "a", `"`, "a,b", "\r", " x", "\n", ";", "\t\""} {
		f.Add(seed, byte(','), false)
		f.Add(seed, byte(';'), true)
	}
	f.Fuzz(func(t *testing.T, text string, delimiter byte, quoted bool) {
		if _, err := parseDelimiter(string(rune(delimiter))); err != nil {
			return
		}
		line := append(appendCell([]byte{'x', delimiter}, []byte(text), delimiter, quoted), delimiter)
		line = append(appendCell(line, []byte(text), delimiter, quoted), "\r\nnext\n"...)
		rows, stray, _, err := scanAll(bytes.NewReader(line), delimiter)
		want := [][]string{{"x", text, text}, {"next"}}
		if diff := cmp.Diff(want, rows); err != nil || diff != "" || !slices.Equal(stray, []int{-1, -1}) {
			t.Errorf("error %v, stray quotes %v, rows (-want +got):\n%s", err, stray, diff)
		}
	})
}
