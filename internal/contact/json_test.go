package contact

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// answer is a contact as Quo answers it, with something everywhere and members that no document names.
const answer = `{
	"id": "65f0c1", "externalId": "C-1042", "source": "syncd-customers", "sourceUrl": "https://crm.example.com/1",
	"defaultFields": {
		"firstName": "Ada", "lastName": "", "company": null, "role": "CTO", "pronouns": {"they":["them"]},
		"phoneNumbers": [{"id": "p1", "name": "mobile", "value": "+14155550100", "primary": true}],
		"emails": [{"id": "e1", "name": "work", "value": null}, {"id": "e2", "name": "", "value": ""}]
	},
	"customFields": [
		{"id": "v1", "name": "Score", "key": "1695829375142", "type": "number", "value": 7.50},
		{"id": "v2", "name": "VIP", "key": "vip", "type": "boolean", "value": null}
	],
	"createdAt": "2026-03-30T17:38:07.841Z", "updatedAt": "2026-11-23T10:00:00.001Z", "createdByUserId": "US1"
}`

// with returns answer with one part of its text replaced.
func with(t *testing.T, old, new string) string {
	t.Helper()
	if !strings.Contains(answer, old) {
		t.Fatalf("the answer has no %s", old)
	}
	return strings.Replace(answer, old, new, 1)
}

func read(t *testing.T, text string) (c Contact) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// checkJSON compares JSON without regard to order and white space.
func checkJSON(t *testing.T, got []byte, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("%v in %s", err, want)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestContactJSONRoundTrip(t *testing.T) {
	created := New("syncd-customers", "C-1042")
	for name, k := range map[string]Contact{"an answer": read(t, answer), "a new contact": created} {
		t.Run(name, func(t *testing.T) {
			data, err := json.Marshal(k)
			if err != nil {
				t.Fatal(err)
			}
			again := read(t, string(data))
			diff := cmp.Diff(k, again, cmp.AllowUnexported(Contact{}), cmp.Transformer("", func(items []Item) []Item {
				return append([]Item{}, items...) // no items are no items
			}))
			if diff != "" || !again.Whole() {
				t.Errorf("(-before +after):\n%s", diff)
			}
		})
	}
}

// TestHashSurvivesTheJournal: encoding/json escapes what Quo does not.
func TestHashSurvivesTheJournal(t *testing.T) {
	k := read(t, with(t, `"them"`, `"R&D <x>"`))
	k.CustomFields[1].Value = json.RawMessage(`"R&D <x>"`)
	data, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	if read(t, string(data)).ContentHash() != k.ContentHash() {
		t.Errorf("the hash of %s differs from that of %+v", data, k)
	}
}

func TestBodyOfUpdate(t *testing.T) {
	const want = `{
		"externalId": "C-1042", "source": "syncd-customers", "sourceUrl": "https://crm.example.com/1",
		"defaultFields": {
			"firstName": "Ada", "lastName": "", "company": null, "role": "CTO", "pronouns": {"they": ["them"]},
			"phoneNumbers": [{ID "name": "mobile", "value": "+14155550100", "primary": true}],
			"emails": [{ID "name": "work", "value": null}, {ID "name": "", "value": ""}]
		},
		"customFields": [{"key": "1695829375142", "value": 7.50}, {"key": "vip", "value": null}]
	}`
	withIDs := want
	for _, id := range []string{"p1", "e1", "e2"} {
		withIDs = strings.Replace(withIDs, "ID", `"id": "`+id+`",`, 1)
	}
	for keep, want := range map[bool]string{false: strings.ReplaceAll(want, "ID", ""), true: withIDs} {
		got, err := read(t, answer).Body(keep)
		if err != nil {
			t.Fatal(err)
		}
		checkJSON(t, got, want)
	}
}

func TestBodySaysWhatIsEmpty(t *testing.T) {
	empty := New("", "")
	empty.ID = "65f0c1"
	got, err := empty.Body(false)
	if err != nil {
		t.Fatal(err)
	}
	checkJSON(t, got, `{"externalId": null, "source": null, "sourceUrl": null, "defaultFields": {"firstName": null,
		"lastName": null, "company": null, "role": null, "phoneNumbers": [], "emails": []}, "customFields": []}`)
}

func TestBodyOfCreate(t *testing.T) {
	k := New("syncd-customers", "C-1042")
	k.FirstName = "Ada"
	got, err := k.Body(false)
	if err != nil {
		t.Fatal(err)
	}
	// sourceUrl may not be null here
	checkJSON(t, got, `{"externalId": "C-1042", "source": "syncd-customers", "defaultFields": {"firstName": "Ada",
		"lastName": null, "company": null, "role": null, "phoneNumbers": [], "emails": []}, "customFields": []}`)
}

func TestBodyLeavesReservedSourceOut(t *testing.T) {
	for source, there := range map[string]bool{
		"OpenPhone": false, "openphone-attio": false, "csv-v2": false, "CSV": false, "Zapier": false, "device": false,
		"google-people": false, "other": false, "public-api": true, "syncd-csv": true, "others": true,
	} {
		k := read(t, with(t, `"syncd-customers"`, `"`+source+`"`))
		data, err := k.Body(false)
		if err != nil {
			t.Fatal(err)
		}
		var body map[string]any
		if err := json.Unmarshal(data, &body); err != nil {
			t.Fatal(err)
		}
		if got, ok := body["source"]; ok != there || there && got != source {
			t.Errorf("source %q: the body has %v", source, got)
		}
	}
}

func TestEditsOfBlankAndNull(t *testing.T) {
	k := read(t, answer)
	k.LastName, k.Company, k.Emails[0].Value, k.Emails[1].Value = "Byron", "Engines", "ada@example.com", "b@example.com"
	data, err := k.Body(false)
	if err != nil {
		t.Fatal(err)
	}
	again := read(t, with(t, `"lastName": "", "company": null`, `"lastName": "Byron", "company": "Engines"`))
	again.Emails = []Item{{Name: "work", Value: "ada@example.com"}, {Value: "b@example.com"}}
	want, err := again.Body(false)
	if err != nil {
		t.Fatal(err)
	}
	checkJSON(t, data, string(want))
}

func TestNullItemID(t *testing.T) {
	for _, keep := range []bool{false, true} {
		data, err := read(t, with(t, `"id": "p1"`, `"id": null`)).Body(keep)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), `"id":null`) {
			t.Errorf("keepItemIDs %v: the body has a null id: %s", keep, data)
		}
	}
}

func TestNotWhole(t *testing.T) {
	for name, text := range map[string]string{
		"null":                  `null`,
		"nothing":               `{}`,
		"no externalId":         with(t, `"externalId"`, `"x"`),
		"no source":             with(t, `"source"`, `"x"`),
		"no sourceUrl":          with(t, `"sourceUrl"`, `"x"`),
		"no defaultFields":      with(t, `"defaultFields"`, `"x"`),
		"no firstName":          with(t, `"firstName"`, `"x"`),
		"no lastName":           with(t, `"lastName"`, `"x"`),
		"no company":            with(t, `"company"`, `"x"`),
		"no role":               with(t, `"role"`, `"x"`),
		"no phoneNumbers":       with(t, `"phoneNumbers"`, `"x"`),
		"no emails":             with(t, `"emails"`, `"x"`),
		"null as emails":        with(t, `"emails": [`, `"emails": null, "x": [`),
		"no customFields":       with(t, `"customFields"`, `"x"`),
		"null as customFields":  with(t, `"customFields": [`, `"customFields": null, "x": [`),
		"no key":                with(t, `"key"`, `"x"`),
		"no custom field value": with(t, `"value": 7.50`, `"x": 7.50`),
	} {
		t.Run(name, func(t *testing.T) {
			var k Contact
			if err := json.Unmarshal([]byte(text), &k); !errors.Is(err, ErrNotWhole) {
				t.Errorf("got %v, want ErrNotWhole", err)
			}
			if _, err := k.Body(false); !errors.Is(err, ErrNotWhole) {
				t.Errorf("body: got %v, want ErrNotWhole", err)
			}
		})
	}
	if _, err := json.Marshal(Contact{ID: "65f0c1"}); !errors.Is(err, ErrNotWhole) {
		t.Errorf("marshal of a made-up contact: got %v, want ErrNotWhole", err)
	}
}

func TestContentHash(t *testing.T) {
	whole := read(t, answer).ContentHash()
	for name, test := range map[string]struct {
		text string
		same bool
	}{
		"ids and times":  {with(t, `"65f0c1"`, `"65f0c2"`), true},
		"an item's id":   {with(t, `"p1"`, `"p2"`), true},
		"updatedAt":      {with(t, `10:00:00.001Z`, `11:00:00Z`), true},
		"null for blank": {with(t, `"lastName": ""`, `"lastName": null`), true},
		"order of items": {with(t, `[{"id": "e1", "name": "work", "value": null}, {"id": "e2", "name": "", "value": ""}]`,
			`[{"id": "e2", "name": "", "value": ""}, {"id": "e1", "name": "work", "value": null}]`), true},
		"another spelling of numbers":    {with(t, `7.50`, `7.5`), true},
		"another spelling of text":       {with(t, `"they":["them"]`, `"they": [ "\u0074hem" ]`), true},
		"a custom field without a value": {with(t, `"vip", "type": "boolean", "value": null`, `"other", "value": ""`), true},
		"a name":                         {with(t, `"Ada"`, `"Grace"`), false},
		"a value under another name":     {with(t, `"lastName": "", "company": null, "role": "CTO"`, `"lastName": "CTO", "company": null, "role": ""`), false},
		"a label":                        {with(t, `"mobile"`, `"work"`), false},
		"a number":                       {with(t, `+14155550100`, `+14155550101`), false},
		"a custom value":                 {with(t, `7.50`, `8`), false},
		"an unknown member":              {with(t, `"them"`, `"us"`), false},
		"an unknown member of an item":   {with(t, `"primary": true`, `"primary": false`), false},
		"a digit that a float64 loses":   {with(t, `7.50`, `7.500000000000000001`), false},
		"the source":                     {with(t, `"syncd-customers"`, `"public-api"`), false},
	} {
		if same := read(t, test.text).ContentHash() == whole; same != test.same {
			t.Errorf("%s: the hash is the same: %v, want %v", name, same, test.same)
		}
	}
}

func FuzzContactJSON(f *testing.F) {
	f.Add(answer)
	f.Add(`{}`)
	f.Fuzz(func(t *testing.T, text string) {
		var k, again Contact
		if json.Unmarshal([]byte(text), &k) != nil {
			return
		}
		if _, err := k.Body(false); err != nil {
			t.Fatalf("body: %v", err)
		}
		data, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &again); err != nil {
			t.Fatalf("%v in %s", err, data)
		}
		if k.ContentHash() != again.ContentHash() {
			t.Errorf("the content changed on the way:\n%s\n%s", text, data)
		}
	})
}
