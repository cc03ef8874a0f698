package mapping

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/contact"
)

// ada is a contact as Quo answers it, with members that syncd does not know and values that nobody mapped.
const ada = `{"id":"65f0c1","externalId":"7","source":"syncd-customers","sourceUrl":null,
"defaultFields":{"firstName":"Ada","lastName":"Okafor","company":"","role":null,"pronouns":"she",
"phoneNumbers":[{"id":"p1","name":"Mobile ","value":"+14155550100","verified":true},{"id":"p2","name":"boat","value":"front desk"}],
"emails":[{"id":"e1","name":"work","value":"Ada@Example.com"},{"id":"e2","name":"home","value":null}]},
"customFields":[{"key":"k-vip","value":true},{"key":"k-other","value":{"a":[1,2]}},{"key":"k-since","value":"2026-03-05T04:30:00.000Z"},
{"key":"k-score","value":1.50},{"key":"k-tags","value":["b","a"]},{"key":"k-source","value":null}],
"createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-03-01T00:00:00Z"}`

func decode(t testing.TB, data string) contact.Contact {
	t.Helper()
	var c contact.Contact
	if err := json.Unmarshal([]byte(data), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// near is a Near of the normal forms in values.
func near(values map[contact.Field]string) Near {
	return func(f contact.Field) contact.Value { return plain(values[f]) }
}

func TestContactValues(t *testing.T) {
	want := contact.Values{
		contact.FirstName: plain("Ada"), contact.LastName: plain("Okafor"), mobile: plain("+14155550100"),
		email: {Norm: "ada@example.com", Text: "Ada@Example.com"}, vip: plain("true"), score: plain("1.5"),
		since: {Norm: "2026-03-04", Text: "2026-03-05T04:30:00.000Z"}, tags: {Norm: `["a","b"]`, Text: `["b","a"]`},
	}
	if diff := cmp.Diff(want, newMapping(t).ContactValues(decode(t, ada), nil)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func TestSlots(t *testing.T) {
	const a, b, c = "+14155550100", "+14155550101", "+14155550102"
	m := newMapping(t)
	item := func(name, value string) contact.Item { return contact.Item{Name: name, Value: value} }
	for _, tt := range []struct {
		name         string
		items        []contact.Item
		near         map[contact.Field]string
		mobile, work string
	}{
		{"by label", []contact.Item{item("work", b), item("mobile", a)}, nil, a, b},
		{"by label without case", []contact.Item{item(" MOBILE", a)}, nil, a, ""},
		{"renamed", []contact.Item{item("cell", a), item("boat", c)}, map[contact.Field]string{mobile: a}, a, ""},
		{"renamed, spelled otherwise", []contact.Item{item("cell", "(415) 555-0100")}, map[contact.Field]string{mobile: a}, a, ""},
		{"renamed, but nobody knows its value", []contact.Item{item("cell", a)}, nil, "", ""},
		{"the value stands in another slot", []contact.Item{item("work", a)}, map[contact.Field]string{mobile: a}, "", a},
		{"a label wins over the value", []contact.Item{item("cell", a), item("mobile", b)}, map[contact.Field]string{mobile: a}, b, ""},
		{"one renamed item for two slots", []contact.Item{item("cell", a)}, map[contact.Field]string{mobile: a, work: a}, a, ""},
		{"two renamed", []contact.Item{item("x", b), item("y", a)}, map[contact.Field]string{mobile: a, work: b}, a, b},
		{"two of one label", []contact.Item{item("mobile", c), item("Mobile", b)}, nil, b, ""},
		{"two of one label, one known", []contact.Item{item("mobile", b), item("mobile", c)}, map[contact.Field]string{mobile: c}, c, ""},
		{"two of one label, one empty", []contact.Item{item("mobile", ""), item("mobile", b)}, nil, b, ""},
		{"no item", nil, map[contact.Field]string{mobile: a}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 { // Quo promises no order
				got := m.ContactValues(contact.Contact{PhoneNumbers: tt.items}, near(tt.near))
				if got[mobile].Norm != tt.mobile || got[work].Norm != tt.work {
					t.Errorf("%+v: got %q and %q, want %q and %q", tt.items, got[mobile].Norm, got[work].Norm, tt.mobile, tt.work)
				}
				for i, j := 0, len(tt.items)-1; i < j; i, j = i+1, j-1 {
					tt.items[i], tt.items[j] = tt.items[j], tt.items[i]
				}
			}
		})
	}
}

func TestCustomValues(t *testing.T) {
	m := newMapping(t)
	for _, tt := range []struct {
		field contact.Field
		json  string
		want  contact.Value
	}{
		{leadSource, `" Fair\u00A0"`, plain("Fair")},
		{leadSource, `""`, contact.Value{}},
		{leadSource, `42`, plain("42")},
		{leadSource, `true`, plain("true")},
		{leadSource, `{"a": [1]}`, plain(`{"a":[1]}`)},
		{score, `5.0`, plain("5")},
		{score, `1e3`, plain("1000")},
		{score, `"5.50"`, plain("5.5")},
		{score, `123456789012345678901234567890`, plain("123456789012345678901234567890")},
		{score, `"many"`, plain("many")},
		{score, `[1]`, plain("[1]")},
		{vip, `false`, contact.Value{Text: "false"}},
		{vip, `"false"`, contact.Value{Text: "false"}},
		{vip, `null`, contact.Value{}},
		{vip, `"maybe"`, plain("maybe")},
		{since, `"2026-03-04"`, plain("2026-03-04")},
		{since, `"2026-03-04T04:00:00.000Z"`, contact.Value{Norm: "2026-03-03", Text: "2026-03-04T04:00:00.000Z"}},
		{since, `"someday"`, plain("someday")},
		{since, `20260304`, plain("20260304")},
		{tags, `[]`, contact.Value{}},
		{tags, `"a"`, plain(`["a"]`)},
		{tags, `[" a","a",""]`, plain(`["a"]`)},
		{tags, `[1]`, plain(`["[1]"]`)},
		{site, `"example.com/a b"`, plain("example.com/a b")},
	} {
		t.Run(fmt.Sprintf("%s %s", m.Title(tt.field), tt.json), func(t *testing.T) {
			_, key := tt.field.Split()
			c := contact.Contact{CustomFields: []contact.CustomField{{Key: key, Value: json.RawMessage(tt.json)}}}
			if got := m.ContactValues(c, nil)[tt.field]; got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestTheFilledOneOfDoubledCustomFieldsCounts(t *testing.T) {
	c := contact.Contact{CustomFields: []contact.CustomField{
		{Key: "k-source", Value: json.RawMessage(`null`)}, {Key: "k-source", Value: json.RawMessage(`"Fair"`)},
		{Key: "k-source", Value: json.RawMessage(`"Web"`)},
	}}
	if got := newMapping(t).ContactValues(c, nil)[leadSource]; got != plain("Fair") {
		t.Errorf("got %+v, want Fair", got)
	}
}

func TestIdentities(t *testing.T) {
	m := newMapping(t)
	values, _ := m.Values(row(t, m, map[string]string{"work": "415 555 0101", "mobile": "415 555 0100", "email": "Ada@Example.com"}))
	want := []string{"phone:+14155550100", "phone:+14155550101", "e-mail:ada@example.com"}
	if diff := cmp.Diff(want, m.Identities(values)); diff != "" {
		t.Errorf("of values (-want +got):\n%s", diff)
	}
	want = []string{"phone:+14155550100", "phone:front desk", "e-mail:ada@example.com"}
	if diff := cmp.Diff(want, m.ContactIdentities(decode(t, ada))); diff != "" {
		t.Errorf("of a contact (-want +got):\n%s", diff)
	}
}

// Whatever Quo holds, reading it never panics, and what was read can be written and means the same then.
func FuzzCustomValue(f *testing.F) {
	for _, s := range []string{`null`, `"2026-03-04T04:00:00.000Z"`, `1e400`, `-0.0`, `["b","a"]`, `{"a":1}`, `"x"`, `true`, `[[`, ``} {
		f.Add(s)
	}
	m := newMapping(f)
	f.Fuzz(func(t *testing.T, raw string) {
		for kind := range kinds {
			v := m.customValue(kind, contact.CustomField{Value: json.RawMessage(raw)})
			written := m.customJSON(kind, v)
			if !json.Valid(written) {
				t.Fatalf("%s: %q is written as %q", kind, raw, written)
			}
			if again := m.customValue(kind, contact.CustomField{Value: written}); !again.Same(v) {
				t.Errorf("%s: %q is %+v, and written as %s %+v", kind, raw, v, written, again)
			}
		}
	})
}
