package engine_test

import (
	"os"
	"testing"

	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
)

// removeState loses the state in the files at path.
func removeState(path string) {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		os.Remove(path + suffix)
	}
}

func TestLostStateCostsNoContact(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.sync.Policy.Grace = 0
	s.people(20)
	s.done()
	s.withState(removeState)
	s.remove(key(1), key(2))
	report := s.done()
	wantEqual(t, "writes", s.seen().writes(), 0)
	wantEqual(t, "contacts without a row", report.Unmanaged, 2)
	wantEqual(t, "a link that was found again is adopted", s.link(key(3)).Adopted, true)

	s.remove(key(3)) // whose contact syncd made, as far as it knows no more
	report = s.done()
	wantEqual(t, "deleted, unlinked", []int{report.Deleted, report.Unlinked}, []int{0, 1})
	wantEqual(t, "contacts", len(s.quo.Contacts()), 20)
	s.edit(key(4), sceneFirst, "Zoë")
	s.done()
	wantEqual(t, "name", text(s.contact(key(4)).FirstName), "Zoë")
	s.wantQuiet()
}

func TestRestoredStateCostsNoContact(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.sync.Policy.Grace = 0
	s.people(20)
	s.done()
	var backup []byte
	s.withState(func(path string) {
		var err error
		if backup, err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	})
	for i := 21; i <= 25; i++ { // made after the backup
		s.rows = append(s.rows, person(i))
	}
	s.remove(key(1)) // deleted after the backup
	s.done(engine.Request{AllowDeletes: true})
	s.edit(key(2), sceneFirst, "Zoë")
	s.inQuo(key(5), func(c *quosim.Contact) { c.Role = new("CTO") })
	s.done()
	s.withState(func(path string) {
		removeState(path)
		if err := os.WriteFile(path, backup, 0o600); err != nil {
			t.Fatal(err)
		}
	})
	s.remove(key(21)) // whose link the backup does not know
	report := s.done()
	wantEqual(t, "created, deleted", []int{report.Created, report.Deleted}, []int{0, 0})
	wantEqual(t, "contacts", len(s.quo.Contacts()), 24)
	wantEqual(t, "contacts without a row", report.Unmanaged, 1)
	wantEqual(t, "a link that was found again is adopted", s.link(key(22)).Adopted, true)
	wantEqual(t, "a link that the backup knows is our own", s.link(key(2)).Adopted, false)
	s.wantQuiet()
}
