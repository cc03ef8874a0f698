package postgres

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// identifier is one name at the start of a text, as in SQL, and what separates it from the next one.
var identifier = regexp.MustCompile(`^\s*(?:([\pL_][\pL\pN_$]*)|"((?:[^"]|"")+)")\s*(\.|$)`)

var errName = errors.New(`write the name as in SQL, such as crm.contacts or "Crm Schema"."Contacts"`)

// parseName returns the parts of a name as in SQL: one without quotes is in lower case, two quotes inside of quotes are
// one. Schema and database may be left out.
func parseName(text string) ([]string, error) {
	var parts []string
	for rest := text; ; {
		m := identifier.FindStringSubmatch(rest)
		if len(m) == 0 || strings.ContainsRune(m[2], 0) {
			return nil, fmt.Errorf("%q is no name: %w", text, errName)
		}
		part := strings.ReplaceAll(m[2], `""`, `"`)
		if m[1] != "" {
			part = strings.Map(lower, m[1])
		}
		if parts = append(parts, part); len(parts) > 3 {
			return nil, fmt.Errorf("%q has more parts than database, schema and table: %w", text, errName)
		}
		if m[3] == "" {
			return parts, nil
		}
		rest = rest[len(m[0]):]
	}
}

// lower folds a letter as PostgreSQL does in names: no others than those of ASCII.
func lower(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}
