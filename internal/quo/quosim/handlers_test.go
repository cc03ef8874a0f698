package quosim

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAuthorization(t *testing.T) {
	_, c := newWorkspace(t, Options{Keys: []string{"key-one", "key-two"}})
	for _, test := range []struct {
		name, key string
		status    int
		message   string
	}{
		{"first key", "key-one", 200, ""},
		{"second key", "key-two", 200, ""},
		{"no key", "", 401, "Missing authorization header"},
		{"Bearer", "Bearer key-one", 401, "Invalid API key"},
		{"unknown key", "sandbox", 401, "Invalid API key"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &client{t, c.base, test.key}
			got := c.must(test.status, c.do("GET", "/v1/contacts?maxResults=1", ""))
			if test.status == 200 {
				return
			}
			wrapped, _ := got["error"].(map[string]any)
			if wrapped["message"] != test.message || wrapped["key"] != "Unauthorized" || wrapped["trace"] == "" {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestUnknownRoutes(t *testing.T) {
	_, c := newWorkspace(t, Options{})
	for _, route := range []string{
		"GET /v1/contact", "PUT /v1/contacts/1", "POST /v1/contacts/bulk", "GET /v1/contacts/", "GET /v1/contacts/1/notes",
		"POST /v1/contact-custom-fields", "GET /contacts", "GET /v1/", "HEAD /v1/contacts",
	} {
		method, path, _ := strings.Cut(route, " ")
		got := c.do(method, path, "")
		if got.status != http.StatusNotFound || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: got %d %s, want an HTML 404", route, got.status, got.header.Get("Content-Type"))
		}
	}
}

func TestErrorShapes(t *testing.T) {
	w, flat := newWorkspace(t, Options{})
	flat.wantError(flat.do("GET", "/v1/contacts/nobody", ""), 404, "0800404", "not found")
	flat.wantError(flat.do("GET", "/v1/contacts", ""), 400, "0800400", "maxResults")
	w.Inject(Fault{Match: On(RouteCustomFields), Times: 1}, Fault{Match: On(RouteCustomFields), Status: 403})
	flat.wantError(flat.do("GET", "/v1/contact-custom-fields", ""), 500, "0701500", "Unknown")
	flat.wantError(flat.do("GET", "/v1/contact-custom-fields", ""), 403, "0700403", "")

	_, wrapping := newWorkspace(t, Options{WrappedErrors: true})
	for status, r := range map[int]reply{
		404: wrapping.do("GET", "/v1/contacts/nobody", ""),
		400: wrapping.do("GET", "/v1/contacts", ""),
	} {
		got := wrapping.must(status, r)
		wrapped, _ := got["error"].(map[string]any)
		if wrapped["message"] == nil || wrapped["key"] == nil || wrapped["trace"] == nil {
			t.Errorf("got %s, want the wrapped shape", r.body)
		}
	}
}

func TestCreateAnswersTheWholeContact(t *testing.T) {
	clock := time.Date(2026, 11, 23, 10, 0, 0, 7_900_000, time.FixedZone("", 3600))
	_, c := newWorkspace(t, Options{Seed: 1, Now: func() time.Time { return clock }})
	r := c.do("POST", "/v1/contacts", `{
		"externalId": "C-1", "source": "crm", "sourceUrl": "https://crm.example/C-1", "createdByUserId": "US7",
		"defaultFields": {
			"firstName": "Ada", "lastName": null, "role": "", "pronouns": ["she"],
			"phoneNumbers": [{"name": "mobile", "value": "+14155550100"}, {"name": "work", "value": null}],
			"emails": [{"name": "", "value": "not an address"}]
		},
		"customFields": [
			{"key": "66d0d87d534de8fd1c433c01", "value": "fair"}, {"key": "66d0d87d534de8fd1c433c02", "value": false},
			{"key": "66d0d87d534de8fd1c433c03", "value": "1990-01-02T04:00:00+02:00"},
			{"key": "66d0d87d534de8fd1c433c04", "value": ["b", "a"]}, {"key": "1695829375142", "value": 5.0},
			{"key": "66d0d87d534de8fd1c433c06", "value": null}, {"key": "66d0d87d534de8fd1c433c07", "value": ""}
		]}`)
	c.must(http.StatusCreated, r)
	want := `{
  "data": {
    "id": "9c9a8eb2bf1e6c4ed35a9a3e",
    "externalId": "C-1",
    "source": "crm",
    "sourceUrl": "https://crm.example/C-1",
    "defaultFields": {
      "company": null,
      "emails": [
        {
          "name": "",
          "value": "not an address",
          "id": "ID"
        }
      ],
      "firstName": "Ada",
      "lastName": null,
      "phoneNumbers": [
        {
          "name": "mobile",
          "value": "+14155550100",
          "id": "ID"
        }
      ],
      "pronouns": [
        "she"
      ],
      "role": ""
    },
    "customFields": [
      {
        "name": "Lead Source",
        "key": "66d0d87d534de8fd1c433c01",
        "id": "ID",
        "type": "string",
        "value": "fair"
      },
      {
        "name": "VIP",
        "key": "66d0d87d534de8fd1c433c02",
        "id": "ID",
        "type": "boolean",
        "value": false
      },
      {
        "name": "Birthday",
        "key": "66d0d87d534de8fd1c433c03",
        "id": "ID",
        "type": "date",
        "value": "1990-01-02T04:00:00+02:00"
      },
      {
        "name": "Segment",
        "key": "66d0d87d534de8fd1c433c04",
        "id": "ID",
        "type": "multi-select",
        "value": [
          "b",
          "a"
        ]
      },
      {
        "name": "Score",
        "key": "1695829375142",
        "id": "ID",
        "type": "number",
        "value": 5
      },
      {
        "name": "Mailing Address",
        "key": "66d0d87d534de8fd1c433c07",
        "id": "ID",
        "type": "address",
        "value": ""
      }
    ],
    "createdAt": "2026-11-23T09:00:00.007Z",
    "updatedAt": "2026-11-23T09:00:00.007Z",
    "createdByUserId": "US7"
  }
}`
	if diff := cmp.Diff(maskIDs(want), maskIDs(pretty(t, r.body))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// maskIDs hides the ids, which are random.
func maskIDs(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if before, _, ok := strings.Cut(line, `"id": `); ok {
			lines[i] = before + `"id": ...`
		}
	}
	return strings.Join(lines, "\n")
}

func TestCreateDefaults(t *testing.T) {
	w, c := newWorkspace(t, Options{})
	id := c.create(`{"defaultFields": {"firstName": null}}`)
	got, _ := w.Get(id)
	if text(got.Source) != "public-api" || got.ExternalID != nil || got.FirstName != nil || got.CreatedByUserID == "" {
		t.Errorf("got %+v", got)
	}
	if len(id) != 24 || strings.Trim(id, "0123456789abcdef") != "" {
		t.Errorf("id %q is not 24 hex digits", id)
	}
}

func TestPairIsUnique(t *testing.T) {
	w, c := newWorkspace(t, Options{})
	id := c.create(named("Ada", "C-1"))
	c.wantError(c.do("POST", "/v1/contacts", named("Bob", "C-1")), 409, "0800409", "Conflict")
	c.create(strings.Replace(named("Bob", "C-1"), "crm", "shop", 1)) // another source
	c.create(named("Eve", ""))
	c.create(named("Eve", ""))

	other := c.create(named("Bob", "C-2"))
	before, _ := w.Get(other)
	c.wantError(c.do("PATCH", "/v1/contacts/"+other, named("Bob", "C-1")), 409, "0800409", "Conflict")
	if after, _ := w.Get(other); !cmp.Equal(before, after) {
		t.Errorf("the refused PATCH changed the contact: %s", cmp.Diff(before, after))
	}
	c.must(200, c.do("PATCH", "/v1/contacts/"+id, named("Ada", "C-1"))) // its own
	c.must(204, c.do("DELETE", "/v1/contacts/"+id, ""))
	c.must(200, c.do("PATCH", "/v1/contacts/"+other, named("Bob", "C-1")))
	c.create(named("Bob", "C-2")) // which the PATCH set free
}

func TestPatchReplaces(t *testing.T) {
	w, c := newWorkspace(t, Options{})
	added, err := w.Add(Contact{
		ExternalID: new("C-1"), Source: new("crm"), SourceURL: new("https://crm.example/1"),
		FirstName: new("Ada"), LastName: new("Byron"), Company: new("Analytics"), Role: new("Founder"),
		PhoneNumbers: []Item{{Name: "mobile", Value: "+14155550100"}}, Emails: []Item{{Name: "work", Value: "a@example.com"}},
		CustomFields: []CustomField{{Key: "1695829375142", Value: 5}},
		Extra:        map[string]json.RawMessage{"pronouns": json.RawMessage(`"she"`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	c.must(200, c.do("PATCH", "/v1/contacts/"+added.ID, `{"defaultFields": {"role": "CEO"}}`))
	got, _ := w.Get(added.ID)
	want := Contact{ID: added.ID, Role: new("CEO"), CreatedAt: added.CreatedAt, UpdatedAt: got.UpdatedAt, CreatedByUserID: added.CreatedByUserID}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if !got.UpdatedAt.After(added.UpdatedAt) {
		t.Errorf("updatedAt did not move: %v, was %v", got.UpdatedAt, added.UpdatedAt)
	}
	c.must(200, c.do("PATCH", "/v1/contacts/"+added.ID, `{}`))
	if again, _ := w.Get(added.ID); again.Role != nil || !again.UpdatedAt.After(got.UpdatedAt) {
		t.Errorf("after an empty PATCH: %+v", again)
	}
}

func TestPatchAndReservedSources(t *testing.T) {
	for _, test := range []struct {
		name, source, body string
		status             int
		want               string // the source afterwards; "" is null
	}{
		{"left out, it survives", "csv-v2", `{}`, 200, "csv-v2"},
		{"echoed", "csv-v2", `{"source": "csv-v2"}`, 400, "csv-v2"},
		{"taken over", "csv-v2", `{"source": "syncd-a"}`, 200, "syncd-a"},
		{"cleared", "Zapier", `{"source": null}`, 200, ""},
		{"own, left out", "syncd-a", `{}`, 200, ""},
		{"own, echoed", "syncd-a", `{"source": "syncd-a"}`, 200, "syncd-a"},
		{"made in the app", "", `{"source": "syncd-a"}`, 200, "syncd-a"},
		{"reserved in capitals", "", `{"source": "OpenPhone-Attio"}`, 400, ""},
		{"integration", "openphone-attio", `{}`, 403, "openphone-attio"},
		{"OpenPhone", "OpenPhone", `{}`, 403, "OpenPhone"},
		{"google-people", "google-people", `{"source": "syncd-a"}`, 403, "google-people"},
		{"device", "device", `{}`, 403, "device"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, c := newWorkspace(t, Options{})
			added, err := w.Add(Contact{Source: &test.source})
			if err != nil {
				t.Fatal(err)
			}
			r := c.do("PATCH", "/v1/contacts/"+added.ID, test.body)
			c.must(test.status, r)
			if got, _ := w.Get(added.ID); text(got.Source) != test.want {
				t.Errorf("source is %q, want %q", text(got.Source), test.want)
			}
			if test.status != 403 {
				return
			}
			c.wantError(r, 403, "0801403", "read-only")
			c.wantError(c.do("DELETE", "/v1/contacts/"+added.ID, ""), 403, "0801403", "read-only")
			if len(w.Contacts()) != 1 {
				t.Error("the contact is gone")
			}
		})
	}
}

func TestItemIDs(t *testing.T) {
	phone := func(id string) string {
		return `{"defaultFields": {"phoneNumbers": [{"name": "m", "value": "+14155550100"` + id + `}]}}`
	}
	for _, accept := range []bool{false, true} {
		w, c := newWorkspace(t, Options{AcceptItemIDs: accept})
		id := c.create(`{"defaultFields": {"firstName": "Ada", "phoneNumbers": [{"name": "m", "value": "+14155550100"}]}}`)
		first, _ := w.Get(id)
		itemID := first.PhoneNumbers[0].ID

		echo := c.do("PATCH", "/v1/contacts/"+id, phone(`, "id": "`+itemID+`"`))
		after, _ := w.Get(id)
		if accept {
			c.must(200, echo)
			if after.PhoneNumbers[0].ID != itemID {
				t.Errorf("an echoed id was not kept: %v", after.PhoneNumbers)
			}
		} else {
			c.wantError(echo, 400, "0800400", "does not match")
		}
		c.wantError(c.do("PATCH", "/v1/contacts/"+id, phone(`, "id": "0"`)), 400, "0800400", "does not match")

		c.must(200, c.do("PATCH", "/v1/contacts/"+id, phone("")))
		if after, _ := w.Get(id); after.PhoneNumbers[0].ID == itemID {
			t.Error("an item without an id kept the old one")
		}
	}
}

func TestPatchAnswerHasNoCustomFieldIDs(t *testing.T) {
	_, c := newWorkspace(t, Options{})
	const body = `{"defaultFields": {"firstName": "Ada"}, "customFields": [{"key": "1695829375142", "value": 1}]}`
	id := c.create(body)
	for method, want := range map[string]bool{"PATCH": false, "GET": true} {
		send := body
		if method == "GET" {
			send = ""
		}
		got := c.must(200, c.do(method, "/v1/contacts/"+id, send))
		field := got["customFields"].([]any)[0].(map[string]any)
		if _, has := field["id"]; has != want {
			t.Errorf("%s: custom field %v, want an id: %v", method, field, want)
		}
	}
}

func TestGetAndDelete(t *testing.T) {
	_, c := newWorkspace(t, Options{})
	id := c.create(named("Ada", "C-1"))
	if got := c.must(200, c.do("GET", "/v1/contacts/"+id, "")); got["externalId"] != "C-1" {
		t.Errorf("got %v", got)
	}
	gone := c.do("DELETE", "/v1/contacts/"+id, "")
	c.must(204, gone)
	if len(gone.body) > 0 || gone.header.Get("Content-Type") != "" {
		t.Errorf("204 with %q %q", gone.header.Get("Content-Type"), gone.body)
	}
	for _, method := range []string{"GET", "DELETE", "PATCH"} {
		body := ""
		if method == "PATCH" {
			body = "{}"
		}
		c.wantError(c.do(method, "/v1/contacts/"+id, body), 404, "0800404", "not found")
	}
	c.create(named("Ada", "C-1"))
}

func TestCustomFieldDefinitions(t *testing.T) {
	w, c := newWorkspace(t, Options{})
	got := c.must(200, c.do("GET", "/v1/contact-custom-fields", ""))
	types := map[string]bool{}
	for _, d := range got["data"].([]any) {
		types[d.(map[string]any)["type"].(string)] = true
	}
	if len(types) != 7 {
		t.Errorf("got the types %v, want all seven", types)
	}

	id := c.create(`{"defaultFields": {"firstName": "Ada"}, "customFields": [
		{"key": "1695829375142", "value": 1}, {"key": "66d0d87d534de8fd1c433c02", "value": true}]}`)
	err := w.SetCustomFields(Definition{Name: "Points", Key: "1695829375142", Type: "number"},
		Definition{Name: "Colour", Key: "c", Type: "multi-select", Options: []string{"red"}})
	if err != nil {
		t.Fatal(err)
	}
	r := c.do("GET", "/v1/contact-custom-fields", "")
	if want := `{"data":[{"name":"Points","key":"1695829375142","type":"number"},{"name":"Colour","key":"c","type":"multi-select"}]}`; string(r.body) != want {
		t.Errorf("got %s, want %s", r.body, want)
	}
	contact := c.must(200, c.do("GET", "/v1/contacts/"+id, ""))
	fields := contact["customFields"].([]any)
	if len(fields) != 1 || fields[0].(map[string]any)["name"] != "Points" {
		t.Errorf("got %v, want the renamed field only", fields)
	}
	if err := w.Edit(id, func(c *Contact) { c.Role = new("CEO") }); err != nil {
		t.Errorf("edit of a contact with a value whose field is gone: %v", err)
	}
	if got, _ := w.Get(id); len(got.CustomFields) != 1 {
		t.Errorf("got %v, want the one field that is left", got.CustomFields)
	}
	for name, defs := range map[string][]Definition{
		"no key":       {{Name: "x", Type: "string"}},
		"unknown type": {{Name: "x", Key: "x", Type: "text"}},
		"key twice":    {{Name: "x", Key: "x", Type: "string"}, {Name: "y", Key: "x", Type: "string"}},
	} {
		if w.SetCustomFields(defs...) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if got := w.CustomFields(); len(got) != 2 {
		t.Errorf("refused definitions were kept: %v", got)
	}
}

func TestShuffleItems(t *testing.T) {
	_, c := newWorkspace(t, Options{ShuffleItems: true, Seed: 1})
	id := c.create(`{"defaultFields": {"firstName": "Ada", "emails": [{"name": "1", "value": "a"}, {"name": "2", "value": "b"}, {"name": "3", "value": "c"}]}}`)
	orders := map[string]bool{}
	for range 50 {
		r := c.do("GET", "/v1/contacts/"+id, "")
		if n := strings.Count(string(r.body), `"value"`); n != 3 {
			t.Fatalf("got %d items: %s", n, r.body)
		}
		orders[string(r.body)] = true
	}
	if len(orders) != 6 {
		t.Errorf("got %d orders, want all 6", len(orders))
	}
}
