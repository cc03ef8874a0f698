package config

import (
	"fmt"
	"strconv"
	"strings"

	"syncd/internal/contact"
)

// suggest says which of words was meant, or which there are.
func suggest(word string, words []string) string {
	if near := contact.Nearest(word, words); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	if len(words) == 1 {
		return "write " + quoted[0]
	}
	return "write one of " + strings.Join(quoted, ", ")
}
