package quo

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/contact"
	"syncd/internal/quo/quosim"
)

func TestWritesAndReads(t *testing.T) {
	w, _ := newWorkspace(t)
	c := strict(t, w, Options{})
	ctx := t.Context()

	created, err := c.Create(ctx, ada(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if created.ID == "" || !created.Whole() || created.ContentHash() != ada().ContentHash() {
		t.Errorf("created %+v, want the content of %+v", created, ada())
	}

	changed := created.Clone()
	changed.Role, changed.Company, changed.Emails = "CEO", "", nil
	changed.PhoneNumbers[0].Value = "+14155550199"
	updated, err := c.Update(ctx, changed, nil)
	if err != nil {
		t.Fatal(err)
	}
	if updated.ContentHash() != changed.ContentHash() {
		t.Errorf("updated to %+v, want %+v", updated, changed)
	}
	got, err := c.Get(ctx, created.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(updated, got, cmp.AllowUnexported(contact.Contact{})); diff != "" {
		t.Errorf("get differs from the answer to the update (-update +get):\n%s", diff)
	}

	for range 2 { // the second finds it gone
		if err := c.Delete(ctx, created.ID, nil); err != nil {
			t.Fatal(err)
		}
	}
	_, err = c.Get(ctx, created.ID)
	checkError(t, err, ErrNotFound)
	_, err = c.Update(ctx, updated, nil)
	checkError(t, err, ErrNotFound)
	want := Calls{Get: 2, Create: 1, Update: 2, Delete: 2}
	if c.Calls() != want {
		t.Errorf("counted %+v, want %+v", c.Calls(), want)
	}
	if got := w.Requests()[0]; got.Key != key || got.Path != "/some/path/v1/contacts" {
		t.Errorf("got the key %q at %s", got.Key, got.Path)
	}
}

func TestUpdateHarmsNothing(t *testing.T) {
	before := quosim.Contact{
		Source: new("csv-v2"), SourceURL: new("https://example.com/1"), FirstName: new("Grace"), LastName: new(""),
		PhoneNumbers: []quosim.Item{{Name: "Home", Value: "+14155550102"}},
		Emails:       []quosim.Item{{Name: "x", Value: ""}},
		CustomFields: []quosim.CustomField{{Key: "66d0d87d534de8fd1c433c02", Value: false}},
		Extra:        map[string]json.RawMessage{"pronouns": json.RawMessage(`{"they":["them"]}`)},
	}
	for _, test := range []struct {
		name    string
		keepIDs bool
	}{{"without item ids", false}, {"with item ids", true}} {
		t.Run(test.name, func(t *testing.T) {
			w, c := newWorkspace(t, func(at *quosim.Options, o *Options) {
				at.AcceptItemIDs, o.KeepItemIDs = test.keepIDs, test.keepIDs
			})
			was := add(t, w, before)
			k, err := c.Get(t.Context(), was.ID)
			if err != nil {
				t.Fatal(err)
			}
			k.Role = "Admiral"
			if _, err := c.Update(t.Context(), k, nil); err != nil {
				t.Fatal(err)
			}
			is, _ := w.Get(was.ID)
			if kept := is.PhoneNumbers[0].ID == was.PhoneNumbers[0].ID; kept != test.keepIDs {
				t.Errorf("item ids kept: %v, want %v", kept, test.keepIDs)
			}
			was.Role = new("Admiral")
			for _, k := range []*quosim.Contact{&was, &is} {
				k.UpdatedAt, k.PhoneNumbers[0].ID, k.Emails[0].ID, k.CustomFields[0].ID = k.CreatedAt, "", "", ""
			}
			if diff := cmp.Diff(was, is); diff != "" {
				t.Errorf("the update changed more than the role (-was +is):\n%s", diff)
			}
		})
	}
}

func TestPartialContactIsNeverSent(t *testing.T) {
	w, c := newWorkspace(t)
	_, err := c.Update(t.Context(), contact.Contact{ID: "65f0c1", Role: "CTO"}, nil)
	checkError(t, err, contact.ErrNotWhole)
	_, err = c.Create(t.Context(), contact.Contact{ExternalID: "1"}, nil)
	checkError(t, err, contact.ErrNotWhole)
	count(t, w, 0)
}

func TestCreateIgnoresAnOldID(t *testing.T) {
	w, _ := newWorkspace(t)
	c := strict(t, w, Options{})
	k := contact.New(label, "1")
	k.ID, k.FirstName = "65f0c1", "Ada"
	created, err := c.Create(t.Context(), k, nil)
	if err != nil || created.ID == "65f0c1" || created.Source != label {
		t.Errorf("created %+v, %v", created, err)
	}
}

func TestIDsThatLeadElsewhere(t *testing.T) {
	w, c := newWorkspace(t)
	for _, id := range []string{"", ".", ".."} {
		_, err := c.Get(t.Context(), id)
		checkError(t, err, ErrInvalid)
		k := contact.New("", "")
		k.ID = id
		_, err = c.Update(t.Context(), k, nil)
		checkError(t, err, ErrInvalid)
		checkError(t, c.Delete(t.Context(), id, nil), ErrInvalid)
	}
	count(t, w, 0)
	_, err := c.Get(t.Context(), "../contact-custom-fields?x=1#y")
	checkError(t, err, ErrNotFound)
	if got := w.Requests()[0].Route; got != quosim.RouteGet {
		t.Errorf("the id led to %q", got)
	}
}

func TestCustomFields(t *testing.T) {
	w, _ := newWorkspace(t)
	c := strict(t, w, Options{})
	got, err := c.CustomFields(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var want []contact.Definition
	for _, d := range w.CustomFields() {
		want = append(want, contact.Definition{Key: d.Key, Name: d.Name, Type: contact.Kind(d.Type)})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCustomFieldsAnswers(t *testing.T) {
	for _, body := range []string{``, `{}`, `{"data":null}`, `{"data":{}}`, `{"data":[{"name":"VIP"}]}`, `[]`, `{"data":[`} {
		t.Run(body, func(t *testing.T) {
			c := serve(t, answering(http.StatusOK, "application/json", body), Options{MaxAttempts: 2})
			_, err := c.CustomFields(t.Context())
			checkError(t, err)
			if got := c.Calls(); got.CustomFields != 2 || got.Retries != 1 {
				t.Errorf("counted %+v, want one repeat", got)
			}
		})
	}
}

func TestGetOfAnotherContact(t *testing.T) {
	w, c := newWorkspace(t)
	other := add(t, w, quosim.Contact{FirstName: new("Ada")})
	swap := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/v1/contacts/" + other.ID
		w.ServeHTTP(rw, r)
	}), Options{MaxAttempts: 1})
	if _, err := c.Get(t.Context(), other.ID); err != nil {
		t.Fatal(err)
	}
	_, err := swap.Get(t.Context(), "65f0c1")
	checkError(t, err, contact.ErrNotWhole)
}
