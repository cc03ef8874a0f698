package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/google/renameio/v2"
	"go.yaml.in/yaml/v4"

	"syncd/internal/config"
	"syncd/internal/contact"
	"syncd/internal/guess"
)

// yamlLines are the lines of a configuration, comments in one column.
type yamlLines struct{ strings.Builder }

const commentColumn = 36

// add adds a line and a comment.
func (y *yamlLines) add(line, comment string) {
	if comment != "" {
		line = fmt.Sprintf("%-*s # %s", commentColumn, line, comment)
	}
	y.WriteString(line + "\n")
}

// scalar is a text as YAML and the configuration read it.
func scalar(text string) string {
	text = strings.ReplaceAll(text, "${", "$${")
	data, err := yaml.Marshal(text)
	if err != nil || strings.ContainsFunc(text, unicode.IsControl) {
		return strconv.Quote(text)
	}
	return strings.TrimSpace(string(data))
}

// text is the configuration that init writes into a directory.
func (o *initOptions) text(dir string) string {
	y := &yamlLines{}
	y.add("# Made by `syncd init`: look through it, then see with `syncd plan` what a run would do.", "")
	y.add("# config.example.yaml of syncd shows every option.", "")
	y.add("", "")
	y.add("quo:", "")
	y.add("  api_key: ${QUO_API_KEY}", "from the environment; a key is made in Quo: Settings, API")
	if o.baseURL != config.DefaultBaseURL {
		y.add("  base_url: "+scalar(o.relativeBase(dir)), "https://api.quo.com is the real one")
	}
	if _, sandboxed := o.sync.Quo.Sandbox(); sandboxed {
		y.add("  requests_per_second: 100", "Quo itself allows 10")
	}
	y.add("state: sqlite:syncd.db", "where syncd remembers what both sides held; keep it")
	o.place(y)
	y.add("", "")
	y.add("syncs:", "")
	y.add("  - name: "+scalar(o.sync.Name), "never change it")
	y.add("    direction: two-way", "to-quo: your rows are only read; from-quo: Quo is")
	y.add("    conflicts: ask", "who wins when both sides changed: ask, source, quo")
	o.source(y, dir)
	o.fields(y)
	y.add("    match: ask", "a new row whose phone or e-mail a contact has: ask, none, [phone], [phone, email]")
	y.add("    create_in_source: off", "contacts without a row get one: off, ours, all")
	y.add("    deletes: {row_gone: delete, contact_gone: keep, grace: 10m}", "")
	y.add(`    brake: {deletes: 10%, updates: 50%, creates: 50%}  # more than this waits for your word`, "")
	return y.String()
}

// place adds region and time zone.
func (o *initOptions) place(y *yamlLines) {
	if o.guess.Region == "" {
		y.add("# region: US", "of phone numbers without a country code")
	} else {
		y.add("region: "+scalar(o.guess.Region), "of phone numbers without a country code")
	}
	if o.guess.Timezone == "" {
		y.add("# timezone: America/New_York", "of dates and schedules; required when a date is mapped")
	} else {
		y.add("timezone: "+scalar(o.guess.Timezone), "of dates and schedules")
	}
}

func (o *initOptions) source(y *yamlLines, dir string) {
	y.add("    source:", "")
	switch s := o.sync.Source; {
	case s.CSV != nil:
		y.add("      csv:", "")
		y.add("        path: "+scalar(relative(dir, s.CSV.Path)), "")
	case s.GoogleSheet != nil:
		y.add("      google_sheet:", "")
		y.add("        spreadsheet: "+scalar(s.GoogleSheet.Spreadsheet), "")
		y.add("        tab: "+scalar(s.GoogleSheet.Tab), "")
		if file := s.GoogleSheet.CredentialsFile; file != "" {
			y.add("        credentials_file: "+scalar(relative(dir, file)), "")
		}
	default:
		address := scalar(string(s.Postgres.URL))
		if hasPassword(string(s.Postgres.URL)) {
			address = "${" + sourceURL + "}"
		}
		y.add("      postgres:", "")
		y.add("        url: "+address, "")
		y.add("        table: "+scalar(s.Postgres.Table), "")
	}
	if o.guess.Key != "" {
		y.add("        key: "+scalar(o.guess.Key), "says which row is which: never change its values")
	}
	if o.guess.ContactID != "" {
		y.add("        contact_id: "+scalar(o.guess.ContactID), "syncd fills it with the id of the row's contact")
	}
}

// sourceURL is the variable that holds the address of a database with a password.
const sourceURL = "SOURCE_URL"

func hasPassword(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return err != nil || u.Query().Has("password")
	}
	_, set := u.User.Password()
	return set || u.Query().Has("password")
}

// fields adds the mapping, the fields of one group together.
func (o *initOptions) fields(y *yamlLines) {
	y.add("    fields:", "Quo's field: your column")
	open := ""
	for _, f := range o.guess.Fields {
		group, name := f.Name.Split()
		if name == "" {
			y.add("      "+group+": "+o.columnOf(f), "")
			continue
		}
		if group != open {
			y.add("      "+group+":", map[string]string{contact.CustomFields: "by the name in Quo"}[group])
			open = group
		}
		y.add("        "+scalar(name)+": "+o.columnOf(f), "")
	}
	if len(o.guess.Unmapped) == 0 {
		return
	}
	if open != contact.CustomFields {
		y.add("      # customFields:", "by the name in Quo")
	}
	for _, column := range o.guess.Unmapped {
		y.add("      #   Name in Quo: "+scalar(column), "")
	}
}

// columnOf is the column of a field with its options.
func (o *initOptions) columnOf(f guess.Field) string {
	var options string
	if f.Name == guess.FullName || f.Column == o.guess.Key {
		options += ", direction: to-quo"
	}
	if len(f.Formats) > 0 {
		options += ", formats: [" + strings.Join(f.Formats, ", ") + "]"
	}
	if options == "" {
		return scalar(f.Column)
	}
	return "{column: " + flowScalar(f.Column) + options + "}"
}

// flowScalar is scalar between braces, where more characters have a meaning.
func flowScalar(text string) string {
	if plain := scalar(text); !strings.ContainsAny(plain, ",[]{}") || strings.ContainsAny(plain[:1], `"'`) {
		return plain
	}
	return strconv.Quote(strings.ReplaceAll(text, "${", "$${"))
}

// relative is a path as it is seen from a directory, for a configuration that may move with it.
func relative(dir, path string) string {
	abs, err := filepath.Abs(path)
	if err != nil || filepath.IsAbs(path) {
		return path
	}
	if rel, err := filepath.Rel(dir, abs); err == nil {
		return rel
	}
	return abs
}

func (o *initOptions) relativeBase(dir string) string {
	if file, ok := (config.Quo{BaseURL: o.baseURL}).Sandbox(); ok && file != "" {
		return "sandbox:" + relative(dir, file)
	}
	return o.baseURL
}

// configText returns the configuration that init writes, once it is sure that syncd can read it. Its error has a line per
// problem, without the places in a file that nobody has seen.
func (c *cli) configText(o *initOptions) ([]byte, error) {
	path, err := filepath.Abs(c.configPath)
	if err != nil {
		return nil, err
	}
	text := []byte(o.text(filepath.Dir(path)))
	known := func(name string) (string, bool) {
		switch text, set := c.getenv(name); {
		case set && text != "":
			return text, true
		case name == sourceURL:
			return o.postgres, true
		}
		return "the-key-comes-later", true
	}
	_, err = config.Parse(path, text, known)
	if wrong, ok := errors.AsType[*config.Error](err); ok {
		var messages []error
		for _, p := range wrong.Problems {
			messages = append(messages, errors.New(p.Message))
		}
		err = errors.Join(messages...)
	}
	return text, err
}

// writeConfig writes the configuration.
func (c *cli) writeConfig(o *initOptions) error {
	text, err := c.configText(o)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(c.configPath); err == nil && !o.force { // it came meanwhile
		return fmt.Errorf("%s is there already", c.configPath)
	}
	err = renameio.WriteFile(c.configPath, text, 0o644)
	if failed, ok := errors.AsType[*fs.PathError](err); ok { // about a file beside it
		err = fmt.Errorf("%s: %w", c.configPath, failed.Err)
	}
	return err
}

// initDone says what was written and what comes next.
func (c *cli) initDone(o *initOptions) error {
	if c.json() {
		return c.printJSON(newInitJSON(c.configPath, o))
	}
	if o.yes {
		c.showGuess(o)
	}
	fmt.Fprintf(c.out, "%s is written. Next:\n", c.configPath)
	if key, _ := c.getenv("QUO_API_KEY"); key == "" && o.baseURL == config.DefaultBaseURL {
		fmt.Fprintln(c.out, "  export QUO_API_KEY=…    the key, made in Quo: Settings, API")
	}
	if o.postgres != "" && hasPassword(o.postgres) {
		fmt.Fprintf(c.out, "  export %s=…     the address of the database that you gave\n", sourceURL)
	}
	printLines(c.out, "  ", align([][]string{
		{c.hintCommand("doctor"), "  is all in place?"},
		{c.hintCommand("plan"), "  what a run would do; nothing is written"},
		{c.hintCommand("run", "--once"), "  do it"},
	}))
	return nil
}

// initJSON is what init found, as -o json prints it.
type initJSON struct {
	File      string          `json:"file"`
	Sync      string          `json:"sync"`
	Key       string          `json:"key"`
	ContactID string          `json:"contact_id"`
	Fields    []initFieldJSON `json:"fields"`
	Region    string          `json:"region"`
	Timezone  string          `json:"timezone"`
	Unmapped  []string        `json:"unmapped"`
	Warnings  []string        `json:"warnings"`
}

type initFieldJSON struct {
	Field   contact.Field `json:"field"`
	Column  string        `json:"column"`
	Formats []string      `json:"formats"`
}

func newInitJSON(file string, o *initOptions) initJSON {
	j := initJSON{File: file, Sync: o.sync.Name, Key: o.guess.Key, ContactID: o.guess.ContactID, Fields: []initFieldJSON{},
		Region: o.guess.Region, Timezone: o.guess.Timezone, Unmapped: append([]string{}, o.guess.Unmapped...),
		Warnings: append([]string{}, o.guess.Warnings...)}
	for _, f := range o.guess.Fields {
		j.Fields = append(j.Fields, initFieldJSON{f.Name, f.Column, append([]string{}, f.Formats...)})
	}
	return j
}
