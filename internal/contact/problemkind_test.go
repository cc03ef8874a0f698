package contact

import "testing"

func TestKind(t *testing.T) {
	const id = "66d0d87d534de8fd1c433cec"
	for reason, want := range map[string]string{
		"this is not a phone number":                          "this is not a phone number",
		"row 313 has the same key: give one another":          "another row has the same key: give one another",
		"another row says the same: nothing tells them apart": "another row says the same: nothing tells them apart",
		"the contact Ann Lee " + id + " in Quo already has this phone: `syncd match s C-1 " + id + "` links them, --new makes another contact":             "a contact in Quo already has this phone",
		"2 contacts in Quo have this phone: merge them there, or `syncd match s C-1 ID` links one of them, --new makes another: Ann " + id + ", Bob " + id: "2 contacts in Quo have this phone: merge them there",
		"several rows have the phone of the contact Ann " + id + " in Quo: only one of them can be its row; `syncd match s C-1 " + id + "` says it":        "several rows have the phone of a contact in Quo: only one of them can be its row",
		"the contact Ann " + id + " in Quo has this phone: was it renamed? Put it back; if not, `syncd match s C-1 --new` makes another":                   "a contact in Quo has this phone: was it renamed? Put it back",
		"quo: create contact: 400 no (trace 9c1e)": "quo: create contact: 400 no",
	} {
		if got := (Problem{Reason: reason}).Kind(); got != want {
			t.Errorf("%q: got %q, want %q", reason, got, want)
		}
	}
}
