package contact

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxKey is how many characters Quo's externalId takes.
//
// https://www.quo.com/docs/mdx/api-reference/contacts/create-a-contact
const maxKey = 75

// NormalizeKey returns the key that identifies a record for ever: 1 to 75 characters of text in NFC, without
// outer white space, the case kept. A cell with a whole number gives its digits. Several cells are joined by
// slashes, with slashes and backslashes inside of them escaped by a backslash, so that no two rows share a
// key by accident; a single cell is never escaped. Errors are reasons for a person.
func NormalizeKey(cells ...Cell) (string, error) {
	parts := make([]string, len(cells))
	for i, cell := range cells {
		part, err := keyPart(cell)
		if err != nil {
			return "", err
		}
		parts[i] = part
	}
	key := joinKey(parts)
	if n := utf8.RuneCountInString(key); n > maxKey {
		return "", fmt.Errorf("the key has %d characters, Quo takes at most %d", n, maxKey)
	}
	if key == "" {
		return "", errEmptyKey
	}
	return key, nil
}

var errEmptyKey = errors.New("the key is empty")

func keyPart(cell Cell) (string, error) {
	text := NormalizeText(cell.Text)
	if text == "" {
		return "", errEmptyKey
	}
	switch cell.Type {
	case CellText:
		return text, nil
	case CellNumber:
		n, ok := NormalizeNumber(text)
		if !ok || strings.Contains(n, ".") {
			return "", errors.New("the key is not a whole number: format the column as plain text")
		}
		return n, nil
	case CellError:
		return "", fmt.Errorf("the key shows %s", text)
	}
	return "", fmt.Errorf("the key is %s: format the column as plain text", keyTypes[cell.Type])
}

// keyTypes says what a cell holds that cannot be a key.
var keyTypes = map[CellType]string{
	CellBoolean: "true or false", CellDate: "a date", CellTime: "a date and time", CellList: "a list",
}

var keyEscape = strings.NewReplacer(`\`, `\\`, `/`, `\/`)

func joinKey(parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	for i, part := range parts {
		parts[i] = keyEscape.Replace(part)
	}
	return strings.Join(parts, "/")
}

// SplitKey returns the n parts that NormalizeKey joined, as text; ok is false when the key does not have n.
func SplitKey(key string, n int) (parts []string, ok bool) {
	if n == 1 {
		return []string{key}, true
	}
	var part strings.Builder
	for i := 0; i < len(key); i++ {
		switch {
		case key[i] == '\\' && i+1 < len(key):
			i++
			part.WriteByte(key[i])
		case key[i] == '/':
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(key[i])
		}
	}
	parts = append(parts, part.String())
	return parts, len(parts) == n
}
