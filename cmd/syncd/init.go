package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/daemon"
	"syncd/internal/guess"
	"syncd/internal/sources"
)

// initOptions are the flags of init, and what it found.
type initOptions struct {
	csv, sheet, tab, credentials, postgres, table string
	name, baseURL                                 string
	yes, force                                    bool

	sync    config.Sync
	columns []string
	others  []string // columns without a name, or there twice
	rows    int
	more    bool // there are more rows than were read
	guess   guess.Guess
	samples map[string]string // by column
	notes   []string
}

func (c *cli) initCommand() *cobra.Command {
	o := &initOptions{}
	cmd := &cobra.Command{
		Use: "init --csv FILE", Short: "Make a syncd.yaml from what your rows look like", Args: arguments(0, 0),
		Long: `Make a syncd.yaml from what your rows look like: which column is the phone number, which one tells the rows apart. The
guess is shown for you to change before it is written. When QUO_API_KEY is set, the custom fields of the workspace are
mapped too; the key itself is never written.`,
		Example: `  syncd init --csv customers.csv
  syncd init --csv customers.csv --yes                       # takes the guess as it is
  syncd init --csv customers.csv --base-url sandbox:quo.json # to rehearse without an account
  syncd init --sheet https://docs.google.com/spreadsheets/d/ID --credentials sa.json
  syncd init --postgres postgres://user@host/db --table crm.contacts`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.init(cmd.Context(), o, &asker{in: cmd.InOrStdin(), out: c.out})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.csv, "csv", "", "the rows are in this CSV `FILE`")
	flags.StringVar(&o.sheet, "sheet", "", "the rows are in the Google Sheet with this `ID` or address")
	flags.StringVar(&o.tab, "tab", "Sheet1", "the `TITLE` of the tab of the Google Sheet")
	flags.StringVar(&o.credentials, "credentials", "", "the key `FILE` of the service account that may read the Google Sheet")
	flags.StringVar(&o.postgres, "postgres", "", "the rows are in the Postgres database at this `URL`")
	flags.StringVar(&o.table, "table", "", "the `TABLE` of the Postgres database")
	flags.StringVar(&o.name, "name", "", "the `NAME` of the sync; made from the source's unless given")
	flags.StringVar(&o.baseURL, "base-url", config.DefaultBaseURL, "another `ADDRESS` of Quo's API; sandbox:FILE rehearses without an account")
	flags.BoolVarP(&o.yes, "yes", "y", false, "write the guess without asking")
	flags.BoolVar(&o.force, "force", false, "replace the file when there is one")
	return cmd
}

func (c *cli) init(ctx context.Context, o *initOptions, a *asker) error {
	o.sync = o.described(c.getenv)
	if err := c.initUsage(o); err != nil {
		return err
	}
	if err := c.initFlags(*o); err != nil {
		return err
	}
	if err := c.look(ctx, o); err != nil {
		return inFlags(err)
	}
	if !o.yes {
		c.showGuess(o)
		if err := c.askGuess(ctx, o, a); err != nil {
			return err
		}
	}
	if err := o.complete(); err != nil {
		return err
	}
	if err := c.writeConfig(o); err != nil {
		return err
	}
	return c.initDone(o)
}

// initUsage checks the flags, and that no file would be overwritten.
func (c *cli) initUsage(o *initOptions) error {
	given := 0
	for _, flag := range []string{o.csv, o.sheet, o.postgres} {
		if flag != "" {
			given++
		}
	}
	switch {
	case given == 0:
		return usage(errors.New("init: where are your rows?"), "add --csv FILE"+csvFilesHere()+", --sheet ID, or --postgres URL --table TABLE")
	case given > 1:
		return usage(errors.New("init: more than one source"), "keep one of --csv, --sheet and --postgres; others may be added to the file later")
	case (o.postgres == "") != (o.table == ""):
		return usage(errors.New("init: --postgres and --table go together"), "")
	case c.json() && !o.yes:
		return usage(errors.New("init: -o json cannot ask"), "add --yes")
	}
	if dir := filepath.Dir(c.configPath); !isDirectory(dir) {
		return usage(fmt.Errorf("there is no directory %s for the file", dir), "make it first, or give --config another path")
	}
	if _, err := os.Stat(c.configPath); !o.force && !errors.Is(err, fs.ErrNotExist) {
		return usage(fmt.Errorf("%s is there already", c.configPath), "--force replaces it; --config FILE writes another one")
	}
	return nil
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// initFlags checks what the flags alone would write, before anybody answers questions: with a guess that is fine.
func (c *cli) initFlags(o initOptions) error {
	o.guess = guess.Guess{Key: "id", Fields: []guess.Field{{Name: contact.Company, Column: "company"}}}
	if _, err := c.configText(&o); err != nil {
		return usage(inFlags(err), "")
	}
	return nil
}

var (
	optionWord  = regexp.MustCompile(`(^|\n)(base_url|name|spreadsheet|tab|url|table) |\b(credentials_file|tab|url|table):`)
	optionFlags = map[string]string{"base_url": "--base-url", "name": "--name", "spreadsheet": "--sheet", "tab": "--tab", "url": "--postgres",
		"table": "--table", "credentials_file": "--credentials"}
)

// inFlags is an error that names the flags of init instead of the options of a file that nobody has written.
func inFlags(err error) error {
	text := optionWord.ReplaceAllStringFunc(err.Error(), func(word string) string {
		option := strings.Trim(word, "\n :")
		return strings.ReplaceAll(strings.TrimSuffix(word, ":"), option, optionFlags[option])
	})
	return &renamed{error: err, text: text}
}

// renamed is an error in other words.
type renamed struct {
	error
	text string
}

func (e *renamed) Error() string { return e.text }
func (e *renamed) Unwrap() error { return e.error }

// csvFilesHere names the CSV files of the directory.
func csvFilesHere() string {
	files, err := filepath.Glob("*.csv")
	if err != nil || len(files) == 0 {
		return ""
	}
	return " (" + printable(strings.Join(files[:min(len(files), 3)], ", ")) + ")"
}

// sampled is how many rows are read.
const sampled = 1000

// look reads the source and the workspace and guesses.
func (c *cli) look(ctx context.Context, o *initOptions) error {
	app := daemon.Probe(daemon.Options{Config: &config.Config{Syncs: []config.Sync{o.sync}}, Log: c.logger(c.err), Version: version(),
		Warn: func(_, text string) { o.note("%s.", text) }})
	defer app.Close() //nolint:errcheck // it was only read
	source, err := app.Source(&o.sync)
	if err != nil {
		return usage(err, "")
	}
	sample, err := o.read(ctx, source)
	if err != nil {
		return err
	}
	if sample.Definitions, err = o.definitions(ctx, app); err != nil {
		hint := hintFor(err)
		o.note("The custom fields of the workspace are not mapped: %s", strings.TrimSuffix(c.redact(err.Error())+". "+hint, ". "))
	}
	sample.Region, sample.Timezone = localRegion(c.getenv), localTimezone(c.getenv)
	o.guess = guess.Make(sample)
	o.guess.Warnings = append(o.guess.Warnings, o.notes...)
	return nil
}

func (o *initOptions) note(format string, args ...any) {
	o.notes = append(o.notes, fmt.Sprintf(format, args...))
}

// described is the sync as far as the flags describe it.
func (o *initOptions) described(getenv func(string) (string, bool)) config.Sync {
	key, _ := getenv("QUO_API_KEY")
	s := config.Sync{CreateInSource: "off", Fields: []config.Field{{Direction: contact.TwoWay}}, // a sheet is to be shared for that
		Quo: config.Quo{APIKey: config.Secret(key), BaseURL: o.baseURL, RequestsPerSecond: 10, Timeout: 30 * time.Second}}
	switch {
	case o.csv != "":
		s.Source.CSV = &config.CSVSource{Path: o.csv}
		s.Name = strings.TrimSuffix(filepath.Base(o.csv), filepath.Ext(o.csv))
	case o.sheet != "":
		s.Source.GoogleSheet = &config.GoogleSheetSource{Spreadsheet: config.SpreadsheetID(o.sheet), Tab: o.tab, CredentialsFile: o.credentials}
		s.Name = o.tab
	default:
		s.Source.Postgres = &config.PostgresSource{URL: config.Secret(o.postgres), Table: o.table}
		s.Name = o.table[strings.LastIndex(o.table, ".")+1:]
	}
	s.Name = cmp.Or(o.name, syncName(s.Name))
	return s
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// syncName makes a name for a sync of what its source is called.
func syncName(text string) string {
	name := strings.Trim(notInNames.ReplaceAllString(text, "-"), "-._")
	return cmp.Or(strings.ToLower(name[:min(len(name), 60)]), "customers")
}

// read reads the columns and the first rows.
func (o *initOptions) read(ctx context.Context, source sources.Source) (guess.Sample, error) {
	describer, ok := source.(sources.Describer)
	if !ok {
		return guess.Sample{}, fmt.Errorf("this version cannot tell the columns of a %s", o.sync.Source.Kind())
	}
	all, err := describer.Columns(ctx)
	if err != nil {
		return guess.Sample{}, err
	}
	var s guess.Sample
	s.Columns, o.others = guess.Usable(all)
	o.columns, o.samples = s.Columns, map[string]string{}
	unreadable := 0
	for record, err := range source.Read(ctx, s.Columns) {
		switch {
		case err != nil:
			return guess.Sample{}, err
		case record.Problem != "":
			unreadable++
			continue
		case len(s.Rows) == sampled:
			o.more = true
		default:
			s.Rows = append(s.Rows, record)
			continue
		}
		break
	}
	o.rows = len(s.Rows)
	for i, column := range s.Columns {
		o.samples[column] = examples(s.Rows, i)
	}
	if unreadable > 0 {
		o.note("%s cannot be read; `syncd plan` says why.", count(unreadable, "row"))
	}
	for _, column := range o.others {
		o.note("There is more than one column %q: rename all but one to use it.", column)
	}
	return s, nil
}

// examples are a few values of a column.
func examples(rows []contact.Record, column int) string {
	var found []string
	seen := map[string]bool{}
	for _, row := range rows {
		text := contact.NormalizeText(row.Cells[column].Text)
		if text == "" || seen[text] {
			continue
		}
		seen[text] = true
		if found = append(found, value(short(text))); len(found) == 3 {
			break
		}
	}
	return strings.Join(found, ", ")
}

// short is the start of a text.
func short(text string) string {
	const most = 22
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// definitions reads the custom fields of the workspace, if its key is known.
func (o *initOptions) definitions(ctx context.Context, app *daemon.App) ([]contact.Definition, error) {
	if _, sandboxed := o.sync.Quo.Sandbox(); !sandboxed && o.sync.Quo.APIKey == "" {
		o.note("Custom fields are not mapped: set QUO_API_KEY to have them found, or add them to the file yourself.")
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 4*patience)
	defer cancel()
	return app.CustomFields(ctx, &o.sync)
}

// complete reports what the configuration cannot do without.
func (o *initOptions) complete() error {
	columns := "its columns are " + printable(strings.Join(o.columns, ", "))
	name := "name it: "
	if o.yes {
		name = "run without --yes and " + name
	}
	switch keyless := o.guess.Key == "" && o.guess.ContactID == ""; {
	case o.guess.Headless && (keyless || !o.guess.Named()):
		return hinted(errors.New("the first line looks like a row, and must name the columns"),
			"put a line above it, such as id,First Name,Phone: "+columns)
	case keyless && o.guess.NearKey != "":
		return hinted(fmt.Errorf("no column tells the rows apart: column %q %s", o.guess.NearKey, o.guess.KeyFlaw),
			"give each row a value of its own there; or, to leave such rows alone, "+name+"key="+o.guess.NearKey)
	case keyless:
		return hinted(errors.New("no column tells the rows apart for ever, filled in every row and different in each"),
			"add a column such as id with a number for each row that never changes, or an empty column contactId, which syncd fills; "+
				"if there is one, "+name+"key=COLUMN; "+columns)
	case !o.guess.Named():
		return hinted(errors.New("no column looks like a first name, a last name, a name or a company, and a contact needs one"),
			name+"firstName=COLUMN; "+columns)
	}
	return nil
}

// localRegion is the country that the environment names, as in LANG=fr_FR.UTF-8; "" when it names none but the usual
// en_US, which says nothing.
func localRegion(getenv func(string) (string, bool)) string {
	for _, name := range []string{"LC_ALL", "LC_TELEPHONE", "LANG"} {
		locale, _ := getenv(name)
		_, region, ok := strings.Cut(locale, "_")
		if ok && len(region) >= 2 && !strings.HasPrefix(locale, "en_US") {
			return strings.ToUpper(region[:2])
		}
	}
	return ""
}

// localTimezone is the time zone of this machine; "" for UTC, which is that of servers.
func localTimezone(getenv func(string) (string, bool)) string {
	zone, set := getenv("TZ")
	if !set {
		if target, err := os.Readlink("/etc/localtime"); err == nil {
			_, zone, _ = strings.Cut(target, "zoneinfo/")
		}
	}
	if _, err := time.LoadLocation(zone); err != nil || !strings.Contains(zone, "/") || strings.HasPrefix(zone, "Etc/") {
		return ""
	}
	return zone
}
