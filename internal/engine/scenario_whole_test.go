package engine_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // for a machine without time zones

	"syncd/internal/contact"
	"syncd/internal/mapping"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
)

// everything is a contact that holds whatever a contact can hold, most of which no test maps.
func everything() quosim.Contact {
	return quosim.Contact{
		SourceURL: new("https://crm.example.com/p/7?a=b&c=<d>"), FirstName: new(" Ann\u00a0"), LastName: new("O'Neil"),
		Company: new("Über & Söhne"), Role: new("CTO"),
		PhoneNumbers: []quosim.Item{{Name: "mobile", Value: "+14155551001"}, {Name: "Mobile", Value: "+14155559999"},
			{Name: "home", Value: "+442079460000"}, {Name: "", Value: "+4930123456"}},
		Emails: []quosim.Item{{Name: "work", Value: "Ann@Example.COM"}, {Name: "work", Value: "ann@example.com"}, {Name: "privat", Value: "a@b"}},
		CustomFields: []quosim.CustomField{
			{Key: "66d0d87d534de8fd1c433c01", Value: "Fair <b>&</b>\n2026"}, {Key: "66d0d87d534de8fd1c433c02", Value: false},
			{Key: "66d0d87d534de8fd1c433c03", Value: "2026-05-01T16:00:00.000Z"}, {Key: "66d0d87d534de8fd1c433c04", Value: []string{"b", "a"}},
			{Key: "1695829375142", Value: 12.5}, {Key: "66d0d87d534de8fd1c433c06", Value: "example.com/x"},
			{Key: "66d0d87d534de8fd1c433c07", Value: "1 Main St\nOslo"},
		},
		Extra: map[string]json.RawMessage{"location": json.RawMessage(`{"city":"Oslo","n":1.0,"html":"<b>"}`), "nickname": json.RawMessage(`null`)},
	}
}

// contentOf is a contact without what Quo assigns, as JSON.
func contentOf(t testing.TB, c quosim.Contact) string {
	t.Helper()
	c.ID, c.CreatedAt, c.UpdatedAt, c.CreatedByUserID = "", time.Time{}, time.Time{}, ""
	c.PhoneNumbers, c.Emails, c.CustomFields = slices.Clone(c.PhoneNumbers), slices.Clone(c.Emails), slices.Clone(c.CustomFields)
	for _, items := range [][]quosim.Item{c.PhoneNumbers, c.Emails} {
		for i := range items {
			items[i].ID = ""
		}
	}
	for i := range c.CustomFields {
		c.CustomFields[i].ID = ""
	}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestUpdateKeepsAllThatTheMappingDoesNotName(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"", "csv-v2", "zapier", "public-api", "other-system"} {
		t.Run("source "+source, func(t *testing.T) {
			s := newScene(t)
			s.fields(contact.ToQuo, contact.Company, "Company", "phoneNumbers.mobile", "Phone")
			s.sync.Policy.Match = reconcile.Match{Phone: true}
			c := everything()
			if source != "" {
				c.Source = &source
			}
			c = s.add(c)
			s.people(1) // with the same phone number
			s.edit(key(1), sceneCompany, "Umbrella")
			s.done()
			s.later(day)
			s.edit(key(1), sceneCompany, "Acme")
			s.done()

			want := everything()
			want.ExternalID, want.Source, want.Company = new(key(1)), new(label), new("Acme")
			got, _ := s.quo.Get(c.ID)
			wantEqual(t, "content", contentOf(t, got), contentOf(t, want))
			s.wantQuiet()
		})
	}
}

func TestLabelThatAPersonChangedStaysAndItsSlotFollows(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(2)
	s.done()
	s.inQuo(key(1), func(c *quosim.Contact) {
		c.PhoneNumbers[0].Name = "Handy"
		c.PhoneNumbers = append(c.PhoneNumbers, quosim.Item{Name: "home", Value: "+14155550777"})
	})
	s.wantQuiet()
	s.edit(key(1), scenePhone, "+14155550888")
	s.done()
	wantEqual(t, "phone numbers", phones(s.contact(key(1))), []string{"Handy +14155550888", "home +14155550777"})
	s.wantQuiet()
	s.edit(key(1), scenePhone, "")
	s.done()
	wantEqual(t, "phone numbers", phones(s.contact(key(1))), []string{"home +14155550777"})
	s.wantQuiet()
	s.edit(key(1), scenePhone, "+14155550999")
	s.done()
	wantEqual(t, "phone numbers", phones(s.contact(key(1))), []string{"home +14155550777", "mobile +14155550999"})
	s.wantQuiet()
}

func phones(c quosim.Contact) (all []string) {
	for _, i := range c.PhoneNumbers {
		all = append(all, i.Name+" "+i.Value)
	}
	return all
}

func TestOfSeveralItemsWithOneLabelTheSyncedOneIsTheSlots(t *testing.T) {
	t.Parallel()
	s := newScene(t, func(o *quosim.Options) { o.ShuffleItems = true })
	s.twoWay()
	s.people(2)
	s.done()
	s.inQuo(key(1), func(c *quosim.Contact) { // one of them is smaller than the synced one
		c.PhoneNumbers = append(c.PhoneNumbers, quosim.Item{Name: "Mobile", Value: "+14155550001"}, quosim.Item{Name: "mobile", Value: "+19995550001"})
	})
	for range 3 {
		s.wantQuiet()
	}
	s.edit(key(1), scenePhone, "+14155550888")
	s.done()
	got := phones(s.contact(key(1)))
	slices.Sort(got)
	wantEqual(t, "phone numbers", got, []string{"Mobile +14155550001", "mobile +14155550888", "mobile +19995550001"})
	s.wantQuiet()
}

// customScene maps a custom field of each type, both ways.
func customScene(t testing.TB) *scene {
	s := newScene(t)
	s.rows = [][]string{{"id", "First", "Source", "VIP", "Born", "Segment", "Score", "Web", "Address"}}
	s.fields(contact.TwoWay, contact.FirstName, "First", "customFields.Lead Source", "Source", "customFields.VIP", "VIP",
		"customFields.Birthday", "Born", "customFields.Segment", "Segment", "customFields.Score", "Score",
		"customFields.Website", "Web", "customFields.Mailing Address", "Address")
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	s.sync.Mapping.Location = newYork
	return s
}

func customValues(c quosim.Contact) map[string]any {
	values := map[string]any{}
	for _, f := range c.CustomFields {
		values[f.Key[len(f.Key)-2:]] = f.Value
	}
	return values
}

func TestCustomFieldsOfAllTypesRoundTrip(t *testing.T) {
	t.Parallel()
	s := customScene(t)
	s.rows = append(s.rows,
		[]string{key(1), "Ann", " Fair & Co ", "Yes", "May 1, 2026", "b, a", "012.50", "https://example.com/?a=b", "1 Main St\nOslo"},
		[]string{key(2), "Bob", "", "no", "", "", "", "", ""},
		[]string{key(3), "Cy", "x", "", "1999-12-31", "a", "-7", "", "y"})
	s.save()
	wantEqual(t, "problems", reasons(s.done()), map[string]string{})
	wantEqual(t, "values in Quo", customValues(s.contact(key(1))), map[string]any{"01": "Fair & Co", "02": true,
		"03": "2026-05-01T04:00:00.000Z", "04": []string{"b", "a"}, "42": 12.5, "06": "https://example.com/?a=b", "07": "1 Main St\nOslo"})
	s.wantQuiet()

	before := slices.Clone(s.row(key(1)))
	s.inQuo(key(1), func(c *quosim.Contact) { // the same, said in another way
		for i, f := range c.CustomFields {
			switch f.Key[len(f.Key)-2:] {
			case "03":
				c.CustomFields[i].Value = "2026-05-01T16:30:00.000Z"
			case "04":
				c.CustomFields[i].Value = []string{"a", "b"}
			}
		}
	})
	s.wantQuiet()

	s.inQuo(key(1), func(c *quosim.Contact) {
		for i, f := range c.CustomFields {
			c.CustomFields[i].Value = map[string]any{"01": "Web", "02": false, "03": "2026-06-02T16:30:00.000Z", "04": []string{"c"},
				"42": 0.5, "06": "https://example.org", "07": "2 High St"}[f.Key[len(f.Key)-2:]]
		}
	})
	s.done()
	wantEqual(t, "the row", s.readRow(key(1)),
		[]string{key(1), "Ann", "Web", "No", "Jun 2, 2026", "c", "0.5", "https://example.org", "2 High St"})
	s.wantQuiet()

	s.edit(key(1), sceneFirst, "Zoë") // the date keeps its time of day
	s.done()
	wantEqual(t, "date", customValues(s.contact(key(1)))["03"], any("2026-06-02T16:30:00.000Z"))
	s.wantQuiet()

	s.inQuo(key(1), func(c *quosim.Contact) { c.CustomFields = nil })
	s.done()
	wantEqual(t, "the row of a contact whose values were cleared", s.readRow(key(1)), []string{key(1), "Zoë", "", "No", "", "", "", "", ""})
	s.wantQuiet()

	copy(s.row(key(1)), before)
	s.save()
	s.done()
	wantEqual(t, "values in Quo", customValues(s.contact(key(1))), map[string]any{"01": "Fair & Co", "02": true,
		"03": "2026-05-01T04:00:00.000Z", "04": []string{"b", "a"}, "42": 12.5, "06": "https://example.com/?a=b", "07": "1 Main St\nOslo"})
	s.wantQuiet()

	for i := range s.row(key(1))[2:] {
		s.row(key(1))[2+i] = ""
	}
	s.save()
	s.done()
	wantEqual(t, "values of a row that was cleared", customValues(s.contact(key(1))), map[string]any{})
	s.wantQuiet()
}

func TestNumberThatQuoSpellsInItsOwnWayIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := newScene(t, func(o *quosim.Options) { o.NormalizePhones = true })
	s.twoWay()
	s.sync.Mapping.Fields = append(s.sync.Mapping.Fields,
		mapping.Field{Name: "customFields.Score", Column: "Notes", Direction: contact.TwoWay, Conflicts: contact.Ask})
	s.rows = append(s.rows, []string{key(1), "Ann", "415-555-1001", "", "1e3"}, []string{key(2), "Bob", "", "", "007.10"},
		[]string{key(3), "Cy", "", "", "12345678901234567"}) // more digits than Quo's number holds
	s.save()
	s.run()
	for range 2 {
		s.run()
		wantEqual(t, "writes", s.seen().writes(), 0)
	}
}
