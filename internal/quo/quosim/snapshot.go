package quosim

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/google/renameio/v2"
)

// snapshotVersion is the version of FILE's format.
const snapshotVersion = 1

// writeSnapshot replaces file by the contents of s: JSON with one line per contact, the oldest first.
func writeSnapshot(file string, generation uint64, s *store) error {
	f, err := renameio.NewPendingFile(file, renameio.WithPermissions(0o600))
	if err != nil {
		return err
	}
	defer f.Cleanup() // does nothing once the file is in place
	w := bufio.NewWriterSize(f, 64<<10)
	fmt.Fprintf(w, "{\n  \"version\": %d,\n  \"generation\": %d,\n  \"customFields\": ", snapshotVersion, generation)
	if err := writeLines(w, s.defs); err != nil {
		return err
	}
	fmt.Fprint(w, ",\n  \"contacts\": ")
	records := s.snapshot()
	contacts := make([]*Contact, len(records))
	for i, r := range records {
		contacts[i] = r.contact
	}
	if err := writeLines(w, contacts); err != nil {
		return err
	}
	fmt.Fprint(w, "\n}\n")
	if err := w.Flush(); err != nil { // reports the first error of any write above
		return err
	}
	return f.CloseAtomicallyReplace()
}

func writeLines[T any](w io.Writer, values []T) error {
	separator := "["
	for _, v := range values {
		line, err := json.Marshal(v)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\n    %s", separator, line)
		separator = ","
	}
	if len(values) == 0 {
		fmt.Fprint(w, "[]")
	} else {
		fmt.Fprint(w, "\n  ]")
	}
	return nil
}

// readSnapshot fills s from r, contact by contact, for a whole file in memory would be a second workspace. What the
// file says nothing of stays as it is in s.
func readSnapshot(r io.Reader, s *store) (generation uint64, err error) {
	d := json.NewDecoder(r)
	if generation, err = readMembers(d, s); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return 0, fmt.Errorf("at byte %d: %w", d.InputOffset(), err)
	}
	return generation, nil
}

func readMembers(d *json.Decoder, s *store) (generation uint64, err error) {
	if err := expect(d, json.Delim('{')); err != nil {
		return 0, err
	}
	versioned := false
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return 0, err
		}
		switch name {
		case "version":
			versioned = true
			err = readVersion(d)
		case "generation":
			err = d.Decode(&generation)
		case "customFields":
			var defs definitions
			if err = decodeStrictly(d, &defs); err == nil {
				err = s.define(defs)
			}
		case "contacts":
			err = readContacts(d, s)
		default:
			err = fmt.Errorf("unknown member %q", name)
		}
		if err != nil {
			return 0, err
		}
	}
	if err := expect(d, json.Delim('}')); err != nil {
		return 0, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return 0, errors.New("something follows the end")
	}
	if !versioned {
		return 0, errors.New("no version")
	}
	return generation, nil
}

func readVersion(d *json.Decoder) error {
	var version int
	if err := d.Decode(&version); err != nil {
		return err
	}
	if version != snapshotVersion {
		return fmt.Errorf("version %d, not %d", version, snapshotVersion)
	}
	return nil
}

func readContacts(d *json.Decoder, s *store) error {
	if err := expect(d, json.Delim('[')); err != nil {
		return err
	}
	for d.More() {
		c := new(Contact)
		if err := decodeStrictly(d, c); err != nil {
			return err
		}
		if _, twice := s.get(c.ID); twice {
			return fmt.Errorf("contact %s is there twice", c.ID)
		}
		if err := s.load(c); err != nil {
			return err
		}
	}
	return expect(d, json.Delim(']'))
}

func expect(d *json.Decoder, want json.Delim) error {
	got, err := d.Token()
	if err == nil && got != want {
		err = fmt.Errorf("expected %s", want)
	}
	return err
}

// load puts a contact that a file holds.
func (s *store) load(c *Contact) error {
	if err := c.restore(); err != nil {
		return fmt.Errorf("contact %q: %w", c.ID, err)
	}
	if err := s.put(c, 0); err != nil {
		return fmt.Errorf("contact %q: %w", c.ID, err)
	}
	return nil
}

// restore gives the custom values back the Go types that JSON took, and refuses a contact that the workspace cannot
// have written.
func (c *Contact) restore() error {
	if c.ID == "" || c.CreatedAt.IsZero() || c.UpdatedAt.IsZero() || c.CreatedByUserID == "" {
		return errors.New("id, createdAt, updatedAt or createdByUserId is missing")
	}
	for _, item := range slices.Concat(c.PhoneNumbers, c.Emails) {
		if item.ID == "" {
			return fmt.Errorf("item %q has no id", item.Name)
		}
	}
	for i, f := range c.CustomFields {
		value, ok := restoreValue(f.Value)
		if f.ID == "" || !ok {
			return fmt.Errorf("custom field %q has no id or no possible value", f.Key)
		}
		c.CustomFields[i].Value = value
	}
	return c.compactExtra()
}

func restoreValue(v any) (any, bool) {
	switch v := v.(type) {
	case string, float64, bool:
		return v, true
	case []any:
		list := make([]string, len(v))
		for i, item := range v {
			s, ok := item.(string)
			if !ok {
				return nil, false
			}
			list[i] = s
		}
		return list, len(list) > 0
	default:
		return nil, false
	}
}
