package jsonread

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// value reads any value as encoding/json would, but for numbers, which stay as they are.
func value(r *Reader) any {
	switch r.Kind() {
	case '{':
		object := map[string]any{}
		r.Object(func(name string) { object[name] = value(r) })
		return object
	case '[':
		array := []any{}
		r.Array(func() { array = append(array, value(r)) })
		return array
	case '"':
		return r.Text()
	case 't', 'f':
		return r.Raw() == "true"
	case 'n':
		r.Raw()
		return nil
	}
	return json.Number(r.Raw())
}

// standard is the same of encoding/json.
func standard(text string) (v any, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	err = d.Decode(&v)
	if err == nil && !json.Valid([]byte(text)) { // something follows
		err = errors.New("more than one value")
	}
	return v, err
}

var texts = []string{
	`{}`, `[]`, `""`, `0`, `-0.5e+10`, `true`, `false`, `null`, ` { "a" : [ 1 , 2 ] , "b" : { "c" : null } } `,
	`"caf\u00e9 \ud83d\ude00 \n \" \\"`, `"\ud800"`, "\"caf\xc3\"", "\"\xff\"", `{"a":1,"a":2}`, `"日本"`, "\"\u2028\"",
	``, ` `, `{`, `[`, `"`, `"\`, `"\x"`, "\"\n\"", `01`, `1.`, `.5`, `-`, `1e`, `+1`, `nul`, `nullx`, `tru`, `[1,]`, `[,1]`,
	`{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{1:2}`, `[1 2]`, `{"a":1 "b":2}`, `[1]]`, `{}{}`, `"a""b"`, "\x00", `[}`, `{]`,
}

func TestAsEncodingJSON(t *testing.T) {
	for _, text := range texts {
		compare(t, text)
	}
	for _, deep := range []int{10_000, 10_001} {
		compare(t, strings.Repeat("[", deep)+strings.Repeat("]", deep))
	}
}

func FuzzReader(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(compare)
}

func compare(t *testing.T, text string) {
	want, wantErr := standard(text)
	r := New([]byte(text))
	got := value(r)
	err := r.End()
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%.100q: got %v, encoding/json %v", text, err, wantErr)
	}
	if err == nil && !reflect.DeepEqual(got, want) {
		t.Errorf("%.100q: got %v, encoding/json %v", text, got, want)
	}
	raw := New([]byte(text))
	if s := raw.Raw(); raw.End() == nil && s != strings.Trim(text, " \t\r\n") {
		t.Errorf("%.100q: as it stands there it is %.100q", text, s)
	}
	if (raw.Err() == nil) != (wantErr == nil) {
		t.Errorf("%.100q: passed over with %v, encoding/json %v", text, raw.Err(), wantErr)
	}
}

func TestWhatIsLeftIsPassedOver(t *testing.T) {
	r := New([]byte(`{"a":{"b":[1,{"c":2}]},"d":"e","f":[true]}`))
	var names []string
	r.Object(func(name string) { names = append(names, name) })
	if err := r.End(); err != nil || strings.Join(names, " ") != "a d f" {
		t.Errorf("got %q, %v", names, err)
	}
}

func TestNullAndKinds(t *testing.T) {
	r := New([]byte(`[null,null,null]`))
	r.Array(func() {
		if r.Object(func(string) { t.Error("a member") }) {
			t.Error("a null is an object")
		}
	})
	if err := r.End(); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]KindError{
		`1`: {"number", "a string"}, `[]`: {"array", "a string"}, `{}`: {"object", "a string"}, `true`: {"bool", "a string"},
	} {
		r := New([]byte(text))
		var got *KindError
		if s := r.Text(); s != "" || !errors.As(r.Err(), &got) || *got != want {
			t.Errorf("%s: got %q, %v, want %v", text, s, r.Err(), want)
		}
	}
}

func TestFail(t *testing.T) {
	first := errors.New("first")
	r := New([]byte(`[1,2]`))
	r.Array(func() { r.Fail(first); r.Fail(errors.New("second")) })
	if err := r.End(); !errors.Is(err, first) {
		t.Errorf("got %v, want the first error", err)
	}
	if r.Text() != "" || r.Raw() != "" || r.Kind() != 0 {
		t.Error("something is read after an error")
	}
}
