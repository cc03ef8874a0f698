package quosim

import (
	"fmt"
	"slices"
)

// This file is a person in Quo's app. The app is less strict than the API: any text will do as a phone number and any
// source, also a reserved one, can be set up.

// Contacts returns all contacts, the oldest first.
func (w *Workspace) Contacts() []Contact {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []Contact
	for _, r := range w.store.snapshot() {
		all = append(all, *w.shown(r.contact))
	}
	return all
}

// Get returns the contact with the id, if there is one.
func (w *Workspace) Get(id string) (c Contact, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	stored, ok := w.store.get(id)
	if !ok {
		return Contact{}, false
	}
	return *w.shown(stored), true
}

// shown returns a copy of c without the custom values whose definition is gone.
func (w *Workspace) shown(c *Contact) *Contact {
	c = c.clone()
	c.CustomFields = slices.DeleteFunc(c.CustomFields, func(f CustomField) bool { return !w.store.defs.hold(f) })
	return c
}

// Add makes a contact and returns it with the ids and times that it got. An ID that c brings is kept. Custom values
// may be of any Go type that has the right JSON. It is an error when the ID or the pair of Source and ExternalID is
// taken, or a custom value does not fit its definition.
func (w *Workspace) Add(c Contact) (Contact, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	added := c.clone()
	if _, taken := w.store.get(c.ID); taken {
		return Contact{}, fmt.Errorf("sandbox: add %s: there is a contact with this id", c.ID)
	}
	if err := w.keep(added, nil); err != nil {
		return Contact{}, fmt.Errorf("sandbox: add: %w", err)
	}
	return *added.clone(), nil
}

// Edit lets edit change a contact, under the workspace's lock. Items that stay keep their ids, and UpdatedAt moves on.
// Errors are those of Add.
func (w *Workspace) Edit(id string, edit func(*Contact)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	old, ok := w.store.get(id)
	if !ok {
		return fmt.Errorf("sandbox: edit %s: %w", id, errNotFound)
	}
	edited := w.shown(old)
	edit(edited)
	edited.ID = id
	if err := w.keep(edited, old); err != nil {
		return fmt.Errorf("sandbox: edit %s: %w", id, err)
	}
	return nil
}

// keep completes c and stores a copy of it.
func (w *Workspace) keep(c, old *Contact) error {
	for _, p := range []**string{&c.ExternalID, &c.Source, &c.SourceURL} {
		if text(*p) == "" { // which the API would not answer
			*p = nil
		}
	}
	var err error
	if c.CustomFields, err = w.store.defs.normalize(c.CustomFields); err != nil {
		return err
	}
	if err := c.compactExtra(); err != nil {
		return err
	}
	w.complete(c, old)
	return w.store.put(c.clone(), 0)
}

// Delete deletes a contact.
func (w *Workspace) Delete(id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.store.delete(id); err != nil {
		return fmt.Errorf("sandbox: delete %s: %w", id, err)
	}
	return nil
}

// CustomFields returns the definitions of the workspace's custom fields.
func (w *Workspace) CustomFields() []Definition {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.store.defs)
}

// SetCustomFields replaces the definitions. Contacts no longer show values of fields that are gone.
func (w *Workspace) SetCustomFields(defs ...Definition) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.store.define(slices.Clone(defs)); err != nil {
		return fmt.Errorf("sandbox: set custom fields: %w", err)
	}
	return nil
}
