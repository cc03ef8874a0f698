package sheets

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"syncd/internal/contact"
	"syncd/internal/sources"
	"syncd/internal/sources/sheets/sheetssim"
)

// online serves the keyed tab over HTTP to those who have a token, as a service account that w.options have the key of.
func online(t *testing.T) *world {
	w := newWorldWith(t, Options{Key: []string{"id"}}, sheetssim.Options{RequireToken: true, ReadsPerMinute: -1, WritesPerMinute: -1})
	w.edit(func(tab *sheetssim.Tab) {
		tab.Fill(1, "id", "Name", "Phone")
		tab.Fill(2, "C-2", "Ada", "+14155550102")
	})
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	key, err := w.ServiceAccount(server.URL, "syncd@example.iam.gserviceaccount.com")
	if err != nil {
		t.Fatal(err)
	}
	w.options.HTTPClient, w.options.Endpoint = nil, server.URL
	w.options.CredentialsFile = save(t, string(key))
	return w
}

func save(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "credentials.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestServiceAccount(t *testing.T) {
	for readOnly, scope := range map[bool]string{
		false: "https://www.googleapis.com/auth/spreadsheets", true: "https://www.googleapis.com/auth/spreadsheets.readonly",
	} {
		w := online(t)
		w.options.ReadOnly = readOnly
		s := w.sheet()
		if n := len(readAll(t, s, "id")); n != 1 {
			t.Errorf("%d records, want 1", n)
		}
		if !readOnly {
			change := contact.Change{Action: contact.Create, Key: "C-3", After: []contact.Cell{{Text: "C-3"}}}
			if outcomes, err := s.Write(t.Context(), []string{"id"}, []contact.Change{change}); err != nil || outcomes[0].Status != sources.Written {
				t.Errorf("outcomes %+v, error %v", outcomes, err)
			}
		}
		grants := w.Grants()
		if len(grants) != 1 || len(grants[0].Scopes) != 1 || grants[0].Scopes[0] != scope {
			t.Errorf("tokens %+v, want one for %s", grants, scope)
		}
	}
}

func TestEnvironmentCredentials(t *testing.T) {
	w := online(t)
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", w.options.CredentialsFile)
	w.options.CredentialsFile = ""
	endpoint := w.options.Endpoint
	w.options.Endpoint = ""
	c := &client{}
	if _, err := c.options(w.options); err != nil || c.account != "syncd@example.iam.gserviceaccount.com" {
		t.Errorf("account %q, error %v", c.account, err)
	}
	w.options.Endpoint = endpoint // another server, and no credentials for it: none are sent
	if err := readError(t.Context(), w.sheet(), "id"); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("error %v, want a 401", err)
	}
}

// Each error says what mends it, and holds no secret.
func TestErrors(t *testing.T) {
	const account = "syncd@example.iam.gserviceaccount.com"
	for name, c := range map[string]struct {
		spoil func(w *world)
		write bool
		want  []string
	}{
		"not shared":            {func(w *world) { w.Share(account, sheetssim.NoAccess) }, false, []string{"403", "share the spreadsheet with " + account + " as Editor"}},
		"not shared, read only": {func(w *world) { w.Share(account, sheetssim.NoAccess); w.options.ReadOnly = true }, false, []string{"as Viewer"}},
		"shared to view":        {func(w *world) { w.Share(account, sheetssim.Viewer) }, true, []string{"403", "share the spreadsheet with " + account + " as Editor"}},
		"scope": {func(w *world) {
			w.Inject(sheetssim.Fault{Match: sheetssim.On(sheetssim.RouteGet), Status: 403, Reason: sheetssim.ReasonScope})
		}, false, []string{"403", "scope https://www.googleapis.com/auth/spreadsheets"}},
		"API disabled": {func(w *world) {
			w.Inject(sheetssim.Fault{Match: sheetssim.On(sheetssim.RouteGet), Status: 403, Reason: sheetssim.ReasonDisabled})
		}, false, []string{"403", "enable the Google Sheets API"}},
		"another spreadsheet": {func(w *world) { w.options.Spreadsheet = "1another" }, false, []string{"404", "check the spreadsheet's address"}},
		"an Excel file":       {func(w *world) { w.Edit(func(b *sheetssim.Book) { b.Office = true }) }, false, []string{"400", "save it as Google Sheets"}},
		"401":                 {func(w *world) { w.Inject(sheetssim.Fault{Match: sheetssim.On(sheetssim.RouteGet), Status: 401}) }, false, []string{"401", "make a new key"}},
		"refused token": {func(w *world) {
			w.Inject(sheetssim.Fault{Match: sheetssim.On(sheetssim.RouteToken), Status: 400, Times: -1})
		}, false, []string{"401", "Google does not accept the credentials", "make a new key"}},
		"no such file": {func(w *world) { w.options.CredentialsFile = "/nowhere/sa.json" }, false, []string{"/nowhere/sa.json", "no such file"}},
		"no JSON":      {func(w *world) { w.options.CredentialsFile = save(w.t.(*testing.T), "secret: hunter2") }, false, []string{"is not the JSON file that Google Cloud made"}},
		"of another type": {func(w *world) {
			w.options.CredentialsFile = save(w.t.(*testing.T), `{"type":"gdc_service_account","private_key":"hunter2"}`)
		}, false, []string{`of type "gdc_service_account"`}},
		"no type": {func(w *world) {
			w.options.CredentialsFile = save(w.t.(*testing.T), `{"installed":{"client_secret":"hunter2"}}`)
		}, false, []string{`of type ""`}},
		"incomplete": {func(w *world) {
			w.options.CredentialsFile = save(w.t.(*testing.T), `{"type":"service_account","private_key_id":"hunter2"}`)
		}, false, []string{"credentials.json is incomplete: download it again"}},
		"a thief's file": {func(w *world) {
			w.options.CredentialsFile = save(w.t.(*testing.T), `{"type":"external_account","token_url":"https://sts.googleapis.com.example.com/v1/token"}`)
		}, false, []string{"an address that is not Google's"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := online(t)
			w.t = t
			c.spoil(w)
			s := w.sheet()
			var err error
			if c.write {
				change := updateOf(readAll(t, s, "id", "Name")[0], "C-2", 1, "Ada King")
				var outcomes []sources.Outcome
				outcomes, err = s.Write(t.Context(), []string{"id", "Name"}, []contact.Change{change})
				wantOutcome(t, outcomes[0], sources.Refused, "nothing was written")
			} else {
				err = readError(t.Context(), s, "id")
			}
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range append(c.want, `sheet "Jon's Data": `) {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
			for _, secret := range []string{"hunter2", "PRIVATE", "Bearer", "assertion"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("error %q tells a secret", err)
				}
			}
		})
	}
}

func TestWorkloadIdentity(t *testing.T) {
	c := &client{}
	path := save(t, `{"type":"external_account","audience":"//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
		"token_url":"https://sts.googleapis.com/v1/token","credential_source":{"file":"/var/run/token"},
		"service_account_impersonation_url":"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/syncd@example.iam.gserviceaccount.com:generateAccessToken"}`)
	if kind, err := c.inspectFile(path); err != nil || kind != "external_account" || c.who() != "syncd@example.iam.gserviceaccount.com" {
		t.Errorf("type %q of %s, error %v", kind, c.who(), err)
	}
}

// A spreadsheet that can hold no more rows takes none of the new ones, and nothing more is tried.
func TestFullSpreadsheet(t *testing.T) {
	w := newWorldWith(t, Options{Key: []string{"id"}}, sheetssim.Options{MaxCells: 26_000, ReadsPerMinute: -1, WritesPerMinute: -1})
	w.edit(func(tab *sheetssim.Tab) {
		tab.Fill(1, "id", "Name")
		tab.Fill(999, "C-2", "Ada")
	})
	columns := []string{"id", "Name"}
	s := w.sheet()
	record := readAll(t, s, columns...)[0]
	changes := []contact.Change{updateOf(record, "C-2", 1, "Ada King")}
	for i := range 2 * maxRows {
		key := "N-" + number(i)
		changes = append(changes, contact.Change{Action: contact.Create, Key: key, After: []contact.Cell{{Text: key}, {Text: "New"}}})
	}
	w.ResetRequests()
	outcomes, err := s.Write(t.Context(), columns, changes)
	if err == nil || !strings.Contains(err.Error(), "the spreadsheet is full: delete rows") {
		t.Errorf("error %v", err)
	}
	wantOutcome(t, outcomes[0], sources.Written, "")
	for _, outcome := range outcomes[1:] {
		wantOutcome(t, outcome, sources.Refused, "the spreadsheet is full")
	}
	if n := len(w.Requests()); n > 5 {
		t.Errorf("%d requests, want no more than for one round", n)
	}
}

// A protected tab takes no new rows, however many there are in one request.
func TestProtectedTab(t *testing.T) {
	w := keyed(t)
	w.edit(func(tab *sheetssim.Tab) { tab.Protect("A1:E1000", sheetssim.Protection{}) })
	w.ResetRequests()
	outcomes, err := w.sheet().Write(t.Context(), keyedColumns, creates(100))
	if err != nil {
		t.Fatal(err)
	}
	for _, outcome := range outcomes {
		wantOutcome(t, outcome, sources.Refused, "protected range")
	}
	if n := len(w.Requests()); n > 3 {
		t.Errorf("%d requests, want no more than for one round", n)
	}
}

// A protection that nobody told of keeps its cells, and no others.
func TestUnknownProtection(t *testing.T) {
	w := keyed(t)
	columns := keyedColumns
	records := readAll(t, w.sheet(), columns...)
	var changes []contact.Change
	for i, key := range []string{"C-2", "C-3", "C-4", "C-5", "C-6"} {
		changes = append(changes, updateOf(records[i], key, 0, "New "+key))
	}
	w.Before(sheetssim.On(sheetssim.RouteValuesBatchUpdate), 1, func(b *sheetssim.Book, _ sheetssim.Request) {
		w.do(b, func(tab *sheetssim.Tab) { tab.Protect("C4", sheetssim.Protection{}) })
	})
	for i, outcome := range w.write(columns, changes...) {
		if i == 2 {
			wantOutcome(t, outcome, sources.Refused, "protected range")
		} else {
			wantOutcome(t, outcome, sources.Written, "")
		}
	}
}
