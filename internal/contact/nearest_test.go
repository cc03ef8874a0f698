package contact_test

import (
	"strings"
	"testing"

	"syncd/internal/contact"
)

func TestNearest(t *testing.T) {
	words := []string{"schedule", "direction", "csv", "requests_per_second", ",", "empty", "First Name", strings.Repeat("x", 101)}
	for word, want := range map[string]string{
		"shedule": "schedule", "SCHEDULE": "schedule", "schedules": "schedule", "cvs": "csv", "requestPerSecond": "requests_per_second",
		"dierction": "direction", "epmty": "empty", ".": "", "colour": "", "": "", strings.Repeat("x", 200): "", "firstname": "First Name",
	} {
		if got := contact.Nearest(word, words); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
