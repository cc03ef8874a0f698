package quosim

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestCreateValidation(t *testing.T) {
	long := func(n int) string { return strings.Repeat("é", n) }
	with := func(members string) string { return `{"defaultFields": {"firstName": "Ada"}, ` + members + `}` }
	fields := func(members string) string { return `{"defaultFields": {"firstName": "Ada", ` + members + `}}` }
	custom := func(item string) string { return with(`"customFields": [` + item + `]`) }
	for _, test := range []struct {
		name, body string
		code       string // "" for 201
		message    string
	}{
		{"no JSON", `{`, "0800400", "Malformed"},
		{"something behind", `{"defaultFields": {"firstName": "A"}} {}`, "0800400", "Malformed"},
		{"invalid UTF-8", "{\"defaultFields\": {\"firstName\": \"\xff\"}}", "0800400", "Malformed"},
		{"null", `null`, "0800400", "Expected object"},
		{"array", `[]`, "0800400", "Expected object"},
		{"no defaultFields", `{}`, "0800400", "/body/defaultFields: Required"},
		{"defaultFields null", `{"defaultFields": null}`, "0800400", "Expected object"},
		{"no firstName", `{"defaultFields": {}}`, "0800400", "/body/defaultFields/firstName: Required"},
		{"firstName in other case", `{"defaultFields": {"firstname": "Ada"}}`, "0800400", "firstName: Required"},
		{"firstName null", `{"defaultFields": {"firstName": null}}`, "", ""},
		{"firstName a number", `{"defaultFields": {"firstName": 5}}`, "0800400", "Expected string"},
		{"role a boolean", fields(`"role": false`), "0800400", "/body/defaultFields/role: Expected string"},
		{"unknown member", with(`"id": "1"`), "0800400", "/body/id: Unexpected"},
		{"unknown default field", fields(`"nickname": "A"`), "", ""},

		{"externalId null", with(`"externalId": null`), "", ""},
		{"externalId empty", with(`"externalId": ""`), "0800400", "length between 1 and 75"},
		{"externalId of 75", with(`"externalId": "` + long(75) + `"`), "", ""},
		{"externalId of 76", with(`"externalId": "` + long(76) + `"`), "0800400", "length between 1 and 75"},
		{"externalId a number", with(`"externalId": 7`), "0800400", "Expected string"},
		{"source null", with(`"source": null`), "0800400", "/body/source: Expected string"},
		{"source empty", with(`"source": ""`), "0800400", "length"},
		{"source of 72", with(`"source": "` + long(72) + `"`), "", ""},
		{"source of 73", with(`"source": "` + long(73) + `"`), "0800400", "length between 1 and 72"},
		{"source reserved", with(`"source": "other"`), "0800400", "reserved"},
		{"source reserved in capitals", with(`"source": "DEVICE"`), "0800400", "reserved"},
		{"source reserved prefix", with(`"source": "CSV-import"`), "0800400", "reserved"},
		{"source with a reserved word inside", with(`"source": "my-csv"`), "", ""},
		{"sourceUrl null", with(`"sourceUrl": null`), "0800400", "Expected string"},
		{"sourceUrl relative", with(`"sourceUrl": "/contacts/1"`), "0800400", "expected a URI"},
		{"sourceUrl empty", with(`"sourceUrl": ""`), "0800400", "length"},
		{"sourceUrl of 201", with(`"sourceUrl": "https://` + strings.Repeat("a", 193) + `"`), "0800400", "length between 1 and 200"},
		{"createdByUserId", with(`"createdByUserId": "US1"`), "", ""},
		{"createdByUserId of no user", with(`"createdByUserId": "1"`), "0800400", "user id"},

		{"phone in E.164", fields(`"phoneNumbers": [{"name": "m", "value": "+4930901820"}]`), "", ""},
		{"phone national", fields(`"phoneNumbers": [{"name": "m", "value": "2025550123"}]`), "0800400", "E.164"},
		{"phone with spaces", fields(`"phoneNumbers": [{"name": "m", "value": "+1 202 555 0123"}]`), "0800400", "E.164"},
		{"phone empty", fields(`"phoneNumbers": [{"name": "m", "value": ""}]`), "0800400", "E.164"},
		{"phone null", fields(`"phoneNumbers": [{"name": "m", "value": null}]`), "", ""},
		{"phone without value", fields(`"phoneNumbers": [{"name": "m"}]`), "0800400", "/body/defaultFields/phoneNumbers/0/value: Required"},
		{"phone without label", fields(`"phoneNumbers": [{"value": "+4930901820"}]`), "0800400", "/name: Required"},
		{"phone label null", fields(`"phoneNumbers": [{"name": null, "value": "+4930901820"}]`), "0800400", "/name: Expected string"},
		{"phone with id", fields(`"phoneNumbers": [{"id": "1", "name": "m", "value": "+4930901820"}]`), "0800400", "Unexpected"},
		{"phones null", fields(`"phoneNumbers": null`), "0800400", "Expected array"},
		{"phones a string", fields(`"phoneNumbers": "+4930901820"`), "0800400", "Expected array"},
		{"phone a string", fields(`"phoneNumbers": ["+4930901820"]`), "0800400", "Expected object"},
		{"email any text", fields(`"emails": [{"name": "", "value": "x"}]`), "", ""},
		{"email a number", fields(`"emails": [{"name": "", "value": 1}]`), "0800400", "Expected string"},

		{"custom fields an object", with(`"customFields": {}`), "0800400", "Expected array"},
		{"custom field unknown", custom(`{"key": "nope", "value": "x"}`), "0801400", "No custom field"},
		{"custom field without key", custom(`{"value": "x"}`), "0801400", "/key: Required"},
		{"custom field without value", custom(`{"key": "1695829375142"}`), "0801400", "/value: Required"},
		{"custom field with name", custom(`{"key": "1695829375142", "value": 1, "name": "Score"}`), "0801400", "Unexpected"},
		{"custom field twice", custom(`{"key": "1695829375142", "value": 1}, {"key": "1695829375142", "value": 2}`), "0801400", "twice"},
		{"number as string", custom(`{"key": "1695829375142", "value": "5"}`), "0801400", "expected number"},
		{"number too large", custom(`{"key": "1695829375142", "value": 1e999}`), "0801400", "expected number"},
		{"boolean as string", custom(`{"key": "66d0d87d534de8fd1c433c02", "value": "false"}`), "0801400", "expected boolean"},
		{"string as number", custom(`{"key": "66d0d87d534de8fd1c433c01", "value": 5}`), "0801400", "expected string"},
		{"date without time", custom(`{"key": "66d0d87d534de8fd1c433c03", "value": "2024-09-11"}`), "0801400", "date-time"},
		{"date that is none", custom(`{"key": "66d0d87d534de8fd1c433c03", "value": "2024-02-30T00:00:00Z"}`), "0801400", "date-time"},
		{"date", custom(`{"key": "66d0d87d534de8fd1c433c03", "value": "2024-09-11T04:00:00.000Z"}`), "", ""},
		{"multi-select as string", custom(`{"key": "66d0d87d534de8fd1c433c04", "value": "a"}`), "0801400", "array of string"},
		{"multi-select with null", custom(`{"key": "66d0d87d534de8fd1c433c04", "value": [null]}`), "0801400", "array of string"},
		{"multi-select empty", custom(`{"key": "66d0d87d534de8fd1c433c04", "value": []}`), "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, c := newWorkspace(t, Options{})
			c = &client{t, c.base, c.key}
			r := c.do("POST", "/v1/contacts", test.body)
			if test.code == "" {
				c.must(http.StatusCreated, r)
				return
			}
			c.wantError(r, http.StatusBadRequest, test.code, test.message)
			if len(w.Contacts()) > 0 {
				t.Error("the refused contact was made")
			}
		})
	}
}

// What PATCH takes and a create does not, and the other way round.
func TestUpdateValidation(t *testing.T) {
	for _, test := range []struct {
		name, body string
		status     int
	}{
		{"nothing", `{}`, 200},
		{"no firstName", `{"defaultFields": {}}`, 200},
		{"source null", `{"source": null}`, 200},
		{"source of 75", `{"source": "` + strings.Repeat("s", 75) + `"}`, 200},
		{"source of 76", `{"source": "` + strings.Repeat("s", 76) + `"}`, 400},
		{"sourceUrl null", `{"sourceUrl": null}`, 200},
		{"sourceUrl empty", `{"sourceUrl": ""}`, 400},
		{"defaultFields null", `{"defaultFields": null}`, 400},
		{"createdByUserId", `{"createdByUserId": "US1"}`, 400},
		{"answer echoed", `{"id": "1", "createdAt": "2026-11-23T09:00:00.007Z", "defaultFields": {}}`, 400},
		{"national phone", `{"defaultFields": {"phoneNumbers": [{"name": "m", "value": "2025550123"}]}}`, 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, c := newWorkspace(t, Options{})
			c = &client{t, c.base, c.key}
			c.must(test.status, c.do("PATCH", "/v1/contacts/"+c.create(named("Ada", "")), test.body))
		})
	}
}

func TestMultiSelectOptions(t *testing.T) {
	w, c := newWorkspace(t, Options{})
	if err := w.SetCustomFields(Definition{Name: "Colour", Key: "c", Type: "multi-select", Options: []string{"red", "blue"}}); err != nil {
		t.Fatal(err)
	}
	const body = `{"defaultFields": {"firstName": "Ada"}, "customFields": [{"key": "c", "value": ["blue", "OPTION"]}]}`
	c.create(strings.Replace(body, "OPTION", "red", 1))
	c.wantError(c.do("POST", "/v1/contacts", strings.Replace(body, "OPTION", "green", 1)), 400, "0801400", `unknown option "green"`)
}

func TestErrorsNameEachField(t *testing.T) {
	_, c := newWorkspace(t, Options{})
	r := c.do("POST", "/v1/contacts", `{"defaultFields": {"firstName": 5, "lastName": true}}`)
	var got struct {
		Errors []struct {
			Path, Message string
			Value         any
			Schema        struct{ Type string }
		}
	}
	if err := json.Unmarshal(r.body, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Errors) != 2 || got.Errors[0].Path != "/body/defaultFields/firstName" || got.Errors[0].Value != 5.0 || got.Errors[0].Schema.Type != "string" {
		t.Errorf("got %s", r.body)
	}
}

func TestContentType(t *testing.T) {
	_, c := newWorkspace(t, Options{})
	for contentType, status := range map[string]int{
		"": 400, "text/plain": 400, "application/json": 201, "Application/JSON; charset=utf-8": 201,
	} {
		r, err := http.NewRequest("POST", c.base+"/v1/contacts", strings.NewReader(named("Ada", "")))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", c.key)
		r.Header.Set("Content-Type", contentType)
		c.must(status, c.send(r))
	}
}

func TestOversizedBody(t *testing.T) {
	_, c := newWorkspace(t, Options{})
	c.wantError(c.do("POST", "/v1/contacts", named(strings.Repeat("a", maxBody), "")), 400, "0800400", "Malformed")
}

func TestNormalizePhones(t *testing.T) {
	w, c := newWorkspace(t, Options{NormalizePhones: true})
	for sent, want := range map[string]string{
		"(202) 555-0123": "+12025550123", "1.202.555.0123": "+12025550123", "+49 30 901820": "+4930901820", "555-0123": "", "": "",
	} {
		r := c.do("POST", "/v1/contacts", `{"defaultFields": {"firstName": "Ada", "phoneNumbers": [{"name": "m", "value": "`+sent+`"}]}}`)
		if want == "" {
			c.wantError(r, 400, "0800400", "E.164")
			continue
		}
		got, _ := w.Get(c.must(201, r)["id"].(string))
		if got.PhoneNumbers[0].Value != want {
			t.Errorf("%q became %q, want %q", sent, got.PhoneNumbers[0].Value, want)
		}
	}
}

// Whatever is accepted can be answered, and sent again as it was answered.
func FuzzBody(f *testing.F) {
	f.Add([]byte(named("Ada", "C-1")), true)
	f.Add([]byte(`{"defaultFields": {"firstName": null, "x": [1], "emails": [{"name": "", "value": "e"}]}, "sourceUrl": "a:b"}`), true)
	f.Add([]byte(`{"customFields": [{"key": "1695829375142", "value": 1e3}, {"key": "66d0d87d534de8fd1c433c04", "value": ["a"]}]}`), false)
	f.Add([]byte(`{"source": null, "defaultFields": {"phoneNumbers": [{"name": "m", "value": "+4930901820", "id": "1"}]}}`), false)
	defs := definitions(DefaultCustomFields())
	f.Fuzz(func(t *testing.T, raw []byte, create bool) {
		parser := bodyParser{create: create, defs: defs}
		b, p := parser.parse(raw)
		if p != nil {
			if p.Status != http.StatusBadRequest || len(p.Errors) == 0 {
				t.Errorf("problem without reason: %+v", p)
			}
			return
		}
		echo, err := json.Marshal(b.wire(defs).DefaultFields)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(echo, &fields); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"emails", "phoneNumbers"} {
			for _, item := range fields[name].([]any) {
				delete(item.(map[string]any), "id")
			}
		}
		again, err := json.Marshal(map[string]any{"defaultFields": fields})
		if err != nil {
			t.Fatal(err)
		}
		parser = bodyParser{create: create, defs: defs}
		if _, p := parser.parse(again); p != nil {
			t.Errorf("%s refused: %s", again, p.Message)
		}
	})
}
