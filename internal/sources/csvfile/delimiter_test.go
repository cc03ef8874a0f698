package csvfile

import (
	"io"
	"strings"
	"testing"
)

func TestFindDelimiter(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want byte // 0 when it cannot be told
	}{
		"only one splits the header":         {"id;name\n1;a,b\n2;c,d\n", ';'},
		"header alone":                       {"id\tname\n", '\t'},
		"one column":                         {"id\n1\n2,3\n", noDelimiter},
		"a long row among others":            {"id,name\n1,a\n2,b,c\n3,d\n", ','},
		"a short row among others":           {"id,name\n1\n2,b\n3,d\n", ','},
		"an empty line among others":         {"id,name\n1,a\n\n", ','},
		"one always, one sometimes":          {"id;last, first\n1;b, c\n2;d\n", ';'},
		"one always, one in the header":      {"id;last, first\n1;b\n2;d\n", ';'},
		"quotes hide the other":              {"id;\"last, first\"\n1;\"b, c\"\n", ';'},
		"quotes stand as only one has them":  {"\"a,b\";\"c,d\"\n\"1,2\";\"3,4\"\n", ';'},
		"both always":                        {"id;last, first\n1;b, c\n", 0},
		"both in a header alone":             {"id;last, first\n", 0},
		"an open quote in the header":        {"\"id,name\n1,2\n", noDelimiter},
		"more than the sample, cut in a row": {"id,name\n" + strings.Repeat("1,"+strings.Repeat("x", 300_000)+"\n", 5), ','},
		"header longer than the sample":      {strings.Repeat("a,", 600_000) + "b\n", ','},
	} {
		t.Run(name, func(t *testing.T) {
			d := dialect{charset: utf8Charset}
			got, err := d.findDelimiter(func() io.Reader { return strings.NewReader(c.text) })
			if c.want == 0 && err != errDelimiter || c.want != 0 && (err != nil || got != c.want) {
				t.Errorf("delimiter %q and error %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestFindDelimiterInNone(t *testing.T) {
	for name, text := range map[string]string{
		"most rows disagree":         "last, first\na\nb\nc, d\n",
		"a title above the header":   "Customers,,\nid,first,last,phone\n1,Ada,King,\n2,Bob,Ray,\n",
		"what Excel takes as a hint": "sep=,\nid,first,last\n1,Ada,King\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := dialect{charset: utf8Charset}.findDelimiter(func() io.Reader { return strings.NewReader(text) })
			if err != errUneven {
				t.Errorf("error %v, want %v", err, errUneven)
			}
		})
	}
}
