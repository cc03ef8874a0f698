package config

import (
	"time"

	"syncd/internal/contact"
)

// Config is the configuration of syncd.
type Config struct {
	// Path is where the file is, absolute.
	Path string `yaml:"-"`
	// Quo is how the Quo workspace is reached; a sync may have its own.
	Quo Quo `yaml:"quo"`
	// State is where syncd remembers: "sqlite:FILE" on one machine, or "postgres://user@host/db".
	State Secret `yaml:"state" default:"sqlite:syncd.db"`
	// Lease is how long after a process died another may take its syncs over: a duration such as "30s", at
	// least "1s".
	Lease time.Duration `yaml:"lease" default:"30s"`
	// Listen is the address, as host:port, of the daemon's health and metrics; "" turns them off.
	Listen string `yaml:"listen" default:"127.0.0.1:9090"`
	// MaxConcurrentRuns is how many syncs the daemon runs at once: 1 to 1000. Those of one API key share its limit.
	MaxConcurrentRuns int `yaml:"max_concurrent_runs" default:"8"`
	// Pprof adds the profiles of Go under /debug/pprof/ of the listen address.
	Pprof bool `yaml:"pprof" default:"false"`
	// Region is the country of phone numbers without a country code, as two ISO 3166 letters such as "US".
	// Without it such a number is a problem of its row.
	Region string `yaml:"region"`
	// Timezone is an IANA name such as "America/New_York", for dates and schedules. It is required when a
	// date is mapped.
	Timezone string `yaml:"timezone"`
	// Retention is how long the journal and the runs are kept: a duration such as "90d", at least "1d".
	Retention time.Duration `yaml:"retention" default:"90d"`
	// Notify is the address that gets a message when something needs a person, and when it is well again: a webhook of
	// Slack, or of what takes the same JSON. Best as "${NOTIFY_URL}", for who knows it may write there.
	Notify Secret `yaml:"notify"`
	// Syncs are the pairings of a source with a Quo workspace; at least one.
	Syncs []Sync `yaml:"syncs"`
}

// Quo is how a Quo workspace is reached.
type Quo struct {
	// APIKey is the key of the workspace, best as "${QUO_API_KEY}" or "${file:/run/secrets/quo}". The sandbox
	// needs none.
	APIKey Secret `yaml:"api_key"`
	// BaseURL is the root of the API without /v1. "sandbox" runs the built-in Quo workspace instead, in
	// memory; "sandbox:FILE" keeps it in a file.
	BaseURL string `yaml:"base_url" default:"https://api.quo.com"`
	// RequestsPerSecond is the limit of the API key, over all syncs that use it: 1 to 100000.
	RequestsPerSecond int `yaml:"requests_per_second" default:"10"`
	// Timeout is how long one request may take: a duration such as "30s".
	Timeout time.Duration `yaml:"timeout" default:"30s"`
	// KeepItemIDs sends the ids of phone numbers and e-mails back in updates; normally they are left out.
	KeepItemIDs bool `yaml:"keep_item_ids" default:"false"`
}

// Sync is one named pairing of a source with a Quo workspace.
type Sync struct {
	// Name is what commands, logs and reports call the sync: up to 60 letters, digits, "-", "_" or ".". It
	// must not change.
	Name string `yaml:"name"`
	// Label is what syncd writes as the source of the contacts that it keeps, "syncd-NAME" when left out: up
	// to 72 characters. It must not change.
	Label string `yaml:"label"`
	// Quo replaces parts of the quo above for this sync.
	Quo Quo `yaml:"quo"`
	// Region replaces the region above for this sync.
	Region string `yaml:"region"`
	// Timezone replaces the time zone above for this sync.
	Timezone string `yaml:"timezone"`
	// Location is the time zone, nil when there is none.
	Location *time.Location `yaml:"-"`
	// Schedule is when the daemon runs the sync: "@every 15m", "@hourly" or five cron fields such as
	// "0 7 * * 1-5", in the time zone, or in UTC when there is none.
	Schedule string `yaml:"schedule" default:"@every 15m"`
	// Direction is which way values flow. "to-quo" never writes the source and puts its values back over edits
	// made in Quo; "from-quo" writes nothing to Quo and needs contact_id.
	Direction contact.Direction `yaml:"direction" default:"two-way" enum:"two-way to-quo from-quo"`
	// Conflicts says who wins when both sides changed one value: "ask" leaves both as they are until a person
	// settles it; "newest" needs updated_at.
	Conflicts contact.ConflictPolicy `yaml:"conflicts" default:"ask" enum:"ask source quo newest"`
	// Source is where the rows live: exactly one of csv, google_sheet and postgres.
	Source Source `yaml:"source"`
	// Fields says which column of the source holds which field of the contact, in the order of the file.
	Fields []Field `yaml:"fields"`
	// Only names the rows to sync, as {Column: [values]}; a row that leaves the filter is unlinked, never
	// deleted.
	Only map[string][]string `yaml:"only"`
	// Match says what to do when a person already has a contact with the phone number or e-mail of a new row:
	// "ask" reports the row, [phone] or [phone, email] adopts that contact, "none" creates another.
	Match Match `yaml:"match" default:"ask"`
	// CreateInSource says which contacts without a row get one: "off" none, "ours" those that syncd keeps,
	// "all" every contact that people made.
	CreateInSource string `yaml:"create_in_source" default:"off" enum:"off ours all"`
	// Deletes says what follows when one side goes.
	Deletes Deletes `yaml:"deletes"`
	// Brake is how much may change without a person's word.
	Brake Brake `yaml:"brake"`
	// RefreshAfter is how old the listing of contacts may be when one is updated; an older one is read again
	// first. A duration such as "10s".
	RefreshAfter time.Duration `yaml:"refresh_after" default:"10s"`
	// StaleAfter is how long the sync may go without a run that succeeds before the daemon is not ready: a duration such
	// as "24h", at least "1s". A run that is not due for longer than that does not count as missing.
	StaleAfter time.Duration `yaml:"stale_after" default:"24h"`
	// Notify replaces the address above for this sync; "" sends nothing.
	Notify Secret `yaml:"notify"`
	// Paused keeps the daemon from running the sync.
	Paused bool `yaml:"paused" default:"false"`
}

// Deletes says what follows when one side of a link goes.
type Deletes struct {
	// RowGone is what happens to the contact of a row that went: "delete" it, or "keep" it unlinked.
	RowGone string `yaml:"row_gone" default:"delete" enum:"delete keep"`
	// ContactGone is what happens to the row of a contact that went: "keep" it unlinked, "delete" it, or
	// "recreate" the contact.
	ContactGone string `yaml:"contact_gone" default:"keep" enum:"keep delete recreate"`
	// Adopted lets row_gone delete contacts that syncd did not create.
	Adopted bool `yaml:"adopted" default:"false"`
	// Grace is how long a delete waits after the first run that missed the row: a duration such as "10m". "0"
	// sends it in the same run.
	Grace time.Duration `yaml:"grace" default:"10m"`
}

// Brake is how many operations of each kind, on each side, pass without a person's word, over this run and the
// last 24 hours.
type Brake struct {
	// Deletes is a share of the linked rows such as "10%", or a count; 0 holds all.
	Deletes Limit `yaml:"deletes" default:"10%"`
	// Updates is a share of the linked rows such as "50%", or a count; 0 holds all.
	Updates Limit `yaml:"updates" default:"50%"`
	// Creates is a share of the linked rows such as "50%", or a count; 0 holds all.
	Creates Limit `yaml:"creates" default:"50%"`
}

// Field is one field of the contact and the column that holds it. In the file it is the name of the column, or a
// mapping of these options.
type Field struct {
	// Name is the field as configured: "firstName", "phoneNumbers.mobile", "customFields.Lead Source", "name".
	Name contact.Field `yaml:"-"`
	// Column is the source's column.
	Column string `yaml:"column"`
	// Direction replaces the direction of the sync for this field.
	Direction contact.Direction `yaml:"direction" enum:"two-way to-quo from-quo"`
	// Conflicts replaces the conflict policy of the sync for this field.
	Conflicts contact.ConflictPolicy `yaml:"conflicts" enum:"ask source quo newest"`
	// KeepEmpty, "empty: keep" in the file, means that an empty cell never clears the value in Quo, and is
	// filled only when that value changes.
	KeepEmpty bool `yaml:"empty" enum:"keep"`
	// Default is the value of a cell that is empty.
	Default string `yaml:"default"`
	// Separator stands between the values of a multi-select in one cell.
	Separator string `yaml:"separator" default:","`
	// Formats are the forms of dates to read, each written as 2 January 2006 would be: "02/01/2006".
	Formats []string `yaml:"formats"`
	// Line and Col are where the field stands in the file, from 1.
	Line int `yaml:"-"`
	Col  int `yaml:"-"`
}

// FullName is the field that stands for first and last name in one column: it is split at the last space and
// goes to Quo only.
const FullName contact.Field = "name"

// Source is where the rows live: exactly one of these.
type Source struct {
	// CSV is a CSV file.
	CSV *CSVSource `yaml:"csv"`
	// GoogleSheet is one tab of a Google Sheet.
	GoogleSheet *GoogleSheetSource `yaml:"google_sheet"`
	// Postgres is a table of a Postgres database.
	Postgres *PostgresSource `yaml:"postgres"`
}

// Columns are the columns of a source that are no fields.
type Columns struct {
	// Key is the column that identifies a row for ever; people do not change it. In Postgres it may be a list
	// of columns. Without it contact_id is required, and syncd chooses the keys itself.
	Key Key `yaml:"key"`
	// UpdatedAt is the column that says when the row was last changed; "conflicts: newest" needs it.
	UpdatedAt string `yaml:"updated_at"`
	// ContactID is the column that holds the id of the contact in Quo; syncd fills it.
	ContactID string `yaml:"contact_id"`
	// Status is the column in which syncd says how the row fares.
	Status string `yaml:"status"`
}

// Key names the key columns: one, several in Postgres, or none.
type Key []string

// CSVSource is a CSV file.
type CSVSource struct {
	// Path is the file; a relative path starts at the directory of the configuration.
	Path string `yaml:"path"`
	Columns
	// Delimiter is what separates cells; left out, it is found out.
	Delimiter string `yaml:"delimiter" enum:", ; tab |"`
	// Encoding is a name such as "utf-8" or "windows-1252"; left out, it is found out.
	Encoding string `yaml:"encoding"`
}

// GoogleSheetSource is one tab of a Google Sheet.
type GoogleSheetSource struct {
	// Spreadsheet is the id of the spreadsheet, or its address in the browser.
	Spreadsheet string `yaml:"spreadsheet"`
	// Tab is the title of the tab.
	Tab string `yaml:"tab" default:"Sheet1"`
	Columns
	// CredentialsFile is the key of a service account, as Google gives it; left out, Google's application
	// default credentials are used.
	CredentialsFile string `yaml:"credentials_file"`
	// Endpoint is the root of another server that speaks the Sheets API, for tests.
	Endpoint string `yaml:"endpoint"`
}

// PostgresSource is a table of a Postgres database.
type PostgresSource struct {
	// URL is the database: "postgres://user:password@host/db", best as "${CRM_URL}".
	URL Secret `yaml:"url"`
	// Table is the table or view as in SQL: crm.contacts, or "Crm Schema"."Contacts".
	Table string `yaml:"table"`
	Columns
	// Where is a condition in SQL that rows to sync fulfil.
	Where string `yaml:"where"`
}
