package mapping

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"syncd/internal/contact"
)

func TestApplyChangesNothingElse(t *testing.T) {
	m, c := newMapping(t), decode(t, ada)
	changes := contact.Values{
		contact.FirstName: plain("Adaeze"), mobile: plain("+14155550102"), work: plain("+14155550103"), email: {},
		vip: {Text: "false"}, leadSource: plain("Fair & Co"), since: plain("2026-07-01"),
		score: plain("12345678901234567890.5"), tags: {Norm: `["a","c"]`, Text: `["c","a"]`},
	}
	const want = `{"createdAt":"2026-01-01T00:00:00Z","customFields":[{"key":"k-vip","value":false},{"key":"k-other","value":{"a":[1,2]}},` +
		`{"key":"k-since","value":"2026-07-01T04:00:00.000Z"},{"key":"k-score","value":12345678901234567890.5},` +
		`{"key":"k-tags","value":["c","a"]},{"key":"k-source","value":"Fair \u0026 Co"}],` +
		`"defaultFields":{"company":"","emails":[{"id":"e2","name":"home","value":null}],"firstName":"Adaeze","lastName":"Okafor",` +
		`"phoneNumbers":[{"id":"p1","name":"Mobile ","value":"+14155550102","verified":true},` +
		`{"id":"p2","name":"boat","value":"front desk"},{"name":"work","value":"+14155550103"}],"pronouns":"she","role":null},` +
		`"externalId":"7","id":"65f0c1","source":"syncd-customers","sourceUrl":null,"updatedAt":"2026-03-01T00:00:00Z"}`
	before := encode(t, c)
	if diff := cmp.Diff(want, encode(t, m.Apply(c, changes, nil))); diff != "" {
		t.Errorf("contact (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, encode(t, c)); diff != "" {
		t.Errorf("the contact itself changed (-before +after):\n%s", diff)
	}
}

// What means the same stays as Quo has it: the time of day, the spelling, the order.
func TestApplyLeavesWhatMeansTheSame(t *testing.T) {
	c := decode(t, ada)
	got := newMapping(t).Apply(c, contact.Values{
		since: plain("2026-03-04"), email: {Norm: "ada@example.com", Text: "ada@EXAMPLE.com"}, score: plain("1.5"),
		tags: {Norm: `["a","b"]`, Text: `["a","b"]`}, leadSource: {}, contact.Company: {}, work: {}, site: {},
	}, nil)
	if diff := cmp.Diff(encode(t, c), encode(t, got)); diff != "" {
		t.Errorf("contact (-want +got):\n%s", diff)
	}
}

func TestApplyClears(t *testing.T) {
	c := decode(t, ada)
	got := newMapping(t).Apply(c, contact.Values{contact.LastName: {}, mobile: {}, vip: {}, since: {}, tags: {}, score: {}}, nil)
	if got.LastName != "" || len(got.PhoneNumbers) != 1 || got.PhoneNumbers[0].Name != "boat" {
		t.Errorf("got last name %q and phone numbers %+v", got.LastName, got.PhoneNumbers)
	}
	for _, f := range got.CustomFields {
		if want := f.Key != "k-other"; f.Null() != want {
			t.Errorf("%s: got %s, cleared should be %v", f.Key, f.Value, want)
		}
	}
}

// A create sends what is filled, and no nulls.
func TestApplyToANewContact(t *testing.T) {
	got := newMapping(t).Apply(contact.New("syncd-customers", "7"), contact.Values{
		contact.FirstName: plain("Ada"), mobile: plain("+14155550100"), work: {}, vip: {Text: "false"}, score: plain("5"), site: {},
	}, nil)
	body, err := got.Body(false)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"customFields":[{"key":"k-score","value":5}],"defaultFields":{"company":null,"emails":[],"firstName":"Ada",` +
		`"lastName":null,"phoneNumbers":[{"name":"mobile","value":"+14155550100"}],"role":null},"externalId":"7","source":"syncd-customers"}`
	if diff := cmp.Diff(want, string(body)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func TestApplyFollowsARenamedSlot(t *testing.T) {
	c := contact.Contact{PhoneNumbers: []contact.Item{{ID: "p1", Name: "cell", Value: "+14155550100"}}}
	m := newMapping(t)
	got := m.Apply(c, contact.Values{mobile: plain("+14155550101")}, near(map[contact.Field]string{mobile: "+14155550100"}))
	want := []contact.Item{{ID: "p1", Name: "cell", Value: "+14155550101"}}
	if diff := cmp.Diff(want, got.PhoneNumbers); diff != "" {
		t.Errorf("phone numbers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(contact.Values{mobile: plain("+14155550101")},
		m.ContactValues(got, near(map[contact.Field]string{mobile: "+14155550101"}))); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

// On some days a zone has no midnight, and the day begins later; Go may give 23:00 of the day before.
func TestDatesBeginWithTheirDay(t *testing.T) {
	for zone, want := range map[string]string{
		"America/New_York": `"2018-11-04T04:00:00.000Z"`, "America/Sao_Paulo": `"2018-11-04T03:00:00.000Z"`,
		"Asia/Tokyo": `"2018-11-03T15:00:00.000Z"`, "UTC": `"2018-11-04T00:00:00.000Z"`,
	} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		m := newMapping(t, func(o *Options) { o.Location = loc })
		if got := m.customJSON(contact.Date, plain("2018-11-04")); string(got) != want {
			t.Errorf("%s: got %s, want %s", zone, got, want)
		}
	}
}

func encode(t testing.TB, c contact.Contact) string {
	t.Helper()
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// someContact draws a contact with slots under all sorts of labels.
func someContact(t *rapid.T) contact.Contact {
	c := contact.New("syncd-customers", "7")
	c.ID, c.FirstName, c.Company = "65f0c1", rapid.SampledFrom([]string{"", "Ada", " Ada "}).Draw(t, "first"), "Acme"
	label := rapid.SampledFrom([]string{"mobile", "Mobile", "work", "cell", "boat", ""})
	number := rapid.SampledFrom([]string{"+14155550100", "+14155550101", "(415) 555-0102", "front desk", ""})
	for i := range rapid.IntRange(0, 4).Draw(t, "phone numbers") {
		c.PhoneNumbers = append(c.PhoneNumbers, contact.Item{ID: string(rune('a' + i)), Name: label.Draw(t, "label"), Value: number.Draw(t, "number")})
	}
	raw := rapid.SampledFrom([]string{`null`, `""`, `"x"`, `5.50`, `true`, `["b","a"]`, `{"a":1}`, `"2026-03-05T04:30:00.000Z"`})
	for _, d := range definitions {
		if rapid.Bool().Draw(t, d.Key) {
			c.CustomFields = append(c.CustomFields, contact.CustomField{Key: d.Key, Value: json.RawMessage(raw.Draw(t, "value"))})
		}
	}
	return c
}

// someCells draws a row by its texts, and with it values as people write them.
func someCells(t *rapid.T) map[string]string {
	cells := map[string]string{"id": "7", "company": "Acme"}
	for column, texts := range map[string][]string{
		"first": {"", "Ada", "Zoe\u0308"}, "role": {"", "CTO"}, "mobile": {"", "+14155550103", "415 555 0104"}, "work": {"", "415-555-0105"},
		"email": {"", "Ada@Example.com"}, "source": {"", "R&D", "<b>"}, "vip": {"", "yes", "no", "X"}, "score": {"", "-0.50", "1,234.5"},
		"since": {"", "2026-03-04", "Mar 8, 2026"}, "tags": {"", "b,a", "a"}, "site": {"", "https://example.com"},
	} {
		cells[column] = rapid.SampledFrom(texts).Draw(t, column)
	}
	return cells
}

func TestApplyThenContactValues(t *testing.T) {
	m := newMapping(t)
	rapid.Check(t, func(rt *rapid.T) {
		c, all := someContact(rt), contact.Values{}
		values, problems := m.Values(row(t, m, someCells(rt)))
		if len(problems) > 0 {
			rt.Fatal(problems)
		}
		held := m.ContactValues(c, nil)
		hint := func(f contact.Field) contact.Value { return held[f] }
		for _, f := range m.Fields() {
			all[f.Name] = values[f.Name]
		}
		after := m.Apply(c, all, hint)
		got := m.ContactValues(after, func(f contact.Field) contact.Value { return values[f] })
		for _, f := range m.Fields() {
			if doubledLabel(c, f.Name) && values[f.Name].Empty() {
				continue // another item with the label takes the place of the one that was removed
			}
			if !got[f.Name].Same(values[f.Name]) {
				rt.Fatalf("%s: applied %+v, got %+v", f.Title, values[f.Name], got[f.Name])
			}
		}
		if again := m.Apply(after, all, func(f contact.Field) contact.Value { return values[f] }); !hasDoubledLabels(c) && encode(t, again) != encode(t, after) {
			rt.Fatalf("applying twice changes the contact:\n%s\n%s", encode(t, after), encode(t, again))
		}
	})
}

func TestApplyWithoutChanges(t *testing.T) {
	m := newMapping(t)
	rapid.Check(t, func(rt *rapid.T) {
		c := someContact(rt)
		held := m.ContactValues(c, nil)
		for name, changes := range map[string]contact.Values{"no changes": nil, "what it holds": held} {
			if before, after := encode(t, c), encode(t, m.Apply(c, changes, nil)); before != after {
				rt.Fatalf("%s:\n%s\n%s", name, before, after)
			}
		}
	})
}

func doubledLabel(c contact.Contact, f contact.Field) bool {
	_, label := f.Split()
	n := 0
	for _, item := range c.PhoneNumbers {
		if contact.Fold(item.Name) == label {
			n++
		}
	}
	return n > 1
}

func hasDoubledLabels(c contact.Contact) bool {
	return doubledLabel(c, mobile) || doubledLabel(c, work)
}
