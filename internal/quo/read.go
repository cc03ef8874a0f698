package quo

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"syncd/internal/contact"
)

// page is one page of a list.
type page struct {
	contacts []contact.Contact
	next     string // the token of the next page; "" after the last one
}

// readPage reads a page. Without its list, or without the member that says whether there are more, it is none. The
// last page's token is null, and was an empty string before v1.1.2 of the API.
func readPage(body []byte) (page, error) {
	var answer struct {
		Data          []contact.Contact `json:"data"`
		NextPageToken json.RawMessage   `json:"nextPageToken"`
	}
	if err := decode(body, &answer); err != nil {
		return page{}, err
	}
	if answer.Data == nil || answer.NextPageToken == nil {
		return page{}, errors.New("the answer has no data or no nextPageToken")
	}
	if slices.ContainsFunc(answer.Data, func(k contact.Contact) bool { return k.ID == "" }) {
		return page{}, errNoID
	}
	p := page{contacts: answer.Data}
	if err := decode(answer.NextPageToken, &p.next); err != nil {
		return page{}, fmt.Errorf("nextPageToken: %w", err)
	}
	return p, nil
}

var errNoID = fmt.Errorf("no id: %w", contact.ErrNotWhole)

func readContact(body []byte) (contact.Contact, error) {
	var answer struct {
		Data contact.Contact `json:"data"`
	}
	if err := decode(body, &answer); err != nil {
		return contact.Contact{}, err
	}
	if answer.Data.ID == "" || !answer.Data.Whole() {
		return contact.Contact{}, errNoID
	}
	return answer.Data, nil
}

// readID returns the id of a contact whose other parts may be missing, or "".
func readID(body []byte) string {
	var answer struct {
		Data struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if decode(body, &answer) != nil {
		return ""
	}
	return answer.Data.ID
}

func readDefinitions(body []byte) ([]contact.Definition, error) {
	var answer struct {
		Data []contact.Definition `json:"data"`
	}
	if err := decode(body, &answer); err != nil {
		return nil, err
	}
	if answer.Data == nil {
		return nil, errors.New("the answer has no data")
	}
	if slices.ContainsFunc(answer.Data, func(d contact.Definition) bool { return d.Key == "" }) {
		return nil, errors.New("the answer has a custom field without a key")
	}
	return answer.Data, nil
}

// decode reads JSON. Its errors say how the answer differs from what the API promises, but not what stands there,
// which may be personal data.
func decode(body []byte, into any) error {
	err := json.Unmarshal(body, into)
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case len(body) == 0:
		return errors.New("the answer is empty")
	case errors.As(err, &wrongType):
		kind, _, _ := strings.Cut(wrongType.Value, " ") // "number 4155550100"
		return fmt.Errorf("the answer has %s where Quo's API has %s", kind, jsonKind(wrongType.Type.Kind()))
	case errors.As(err, &syntax):
		return fmt.Errorf("the answer is not valid JSON at byte %d of %d", syntax.Offset, len(body))
	}
	return err
}

// jsonKind is what JSON calls what is read into a Go type of that kind.
func jsonKind(k reflect.Kind) string {
	switch k {
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "a boolean"
	}
	return "a number"
}
