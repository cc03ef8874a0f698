package quosim

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAppIsLessStrict(t *testing.T) {
	w, c := newWorkspace(t, Options{})
	added, err := w.Add(Contact{
		ID: "chosen", Source: new("openphone-attio"), ExternalID: new(""), SourceURL: new(""),
		PhoneNumbers: []Item{{Name: "mobile", Value: "ask Ada"}},
		CustomFields: []CustomField{
			{Key: "1695829375142", Value: 5}, {Key: "66d0d87d534de8fd1c433c04", Value: []string{"a"}},
			{Key: "66d0d87d534de8fd1c433c01", Value: nil},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if added.ID != "chosen" || added.ExternalID != nil || added.SourceURL != nil || len(added.CustomFields) != 2 || added.CustomFields[0].Value != 5.0 {
		t.Errorf("got %+v", added)
	}
	got := c.must(200, c.do("GET", "/v1/contacts/chosen", ""))
	phone := got["defaultFields"].(map[string]any)["phoneNumbers"].([]any)[0].(map[string]any)
	if phone["value"] != "ask Ada" || phone["id"] == "" {
		t.Errorf("got %v", phone)
	}
}

func TestAppRefuses(t *testing.T) {
	w, _ := newWorkspace(t, Options{})
	if _, err := w.Add(Contact{ID: "1", Source: new("crm"), ExternalID: new("C-1")}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]Contact{
		"id taken":             {ID: "1"},
		"pair taken":           {Source: new("crm"), ExternalID: new("C-1")},
		"unknown custom field": {CustomFields: []CustomField{{Key: "nope", Value: "x"}}},
		"custom value":         {CustomFields: []CustomField{{Key: "1695829375142", Value: "five"}}},
		"no JSON":              {CustomFields: []CustomField{{Key: "1695829375142", Value: math.NaN()}}},
		"extra is no JSON":     {Extra: map[string]json.RawMessage{"x": json.RawMessage("{")}},
	} {
		if _, err := w.Add(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, err := range map[string]error{
		"edit":   w.Edit("2", func(*Contact) { t.Error("called") }),
		"delete": w.Delete("2"),
	} {
		if !errors.Is(err, errNotFound) {
			t.Errorf("%s of an unknown contact: %v", name, err)
		}
	}
	if n := len(w.Contacts()); n != 1 {
		t.Errorf("got %d contacts, want 1", n)
	}
}

func TestEdit(t *testing.T) {
	w, c := newWorkspace(t, Options{})
	added, err := w.Add(Contact{FirstName: new("Ada"), Emails: []Item{{Name: "work", Value: "a@example.com"}, {Name: "home", Value: "h@example.com"}}})
	if err != nil {
		t.Fatal(err)
	}
	err = w.Edit(added.ID, func(c *Contact) {
		*c.FirstName = "Augusta"
		c.ID = "other"
		c.Emails = append(c.Emails[1:], Item{Name: "new", Value: "n@example.com"})
		c.Emails[0].Value = "H@example.com"
	})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := w.Get(added.ID)
	if text(got.FirstName) != "Augusta" || len(got.Emails) != 2 || got.Emails[0].ID != added.Emails[1].ID || got.Emails[0].Value != "H@example.com" {
		t.Errorf("got %+v", got)
	}
	if id := got.Emails[1].ID; id == "" || id == added.Emails[0].ID {
		t.Errorf("the new item has the id %q", id)
	}
	if !got.UpdatedAt.After(added.UpdatedAt) || !got.CreatedAt.Equal(added.CreatedAt) {
		t.Errorf("times: %v %v, were %v", got.CreatedAt, got.UpdatedAt, added.UpdatedAt)
	}
	c.must(404, c.do("GET", "/v1/contacts/other", ""))
}

func TestContactsAreCopies(t *testing.T) {
	w, _ := newWorkspace(t, Options{})
	c := Contact{
		FirstName: new("Ada"), Emails: []Item{{Name: "work", Value: "a"}}, Extra: map[string]json.RawMessage{"x": json.RawMessage("1")},
		CustomFields: []CustomField{{Key: "66d0d87d534de8fd1c433c04", Value: []string{"a"}}},
	}
	added, err := w.Add(c)
	if err != nil {
		t.Fatal(err)
	}
	spoil := func(c Contact) {
		*c.FirstName, c.Emails[0].Value, c.Extra["x"][0] = "spoilt", "spoilt", '2'
		if list, ok := c.CustomFields[0].Value.([]string); ok {
			list[0] = "spoilt"
		}
	}
	want, _ := w.Get(added.ID)
	spoil(c)
	spoil(added)
	spoil(w.Contacts()[0])
	if got, _ := w.Get(added.ID); !cmp.Equal(want, got) {
		t.Error(cmp.Diff(want, got))
	}
}
