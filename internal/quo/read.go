package quo

import (
	"errors"
	"fmt"

	"syncd/internal/contact"
	"syncd/internal/jsonread"
)

// page is one page of a list.
type page struct {
	contacts []contact.Contact
	next     string // the token of the next page; "" after the last one
}

// readPage reads a page. Without its list, or without the member that says whether there are more, it is none. The
// last page's token is null, and was an empty string before v1.1.2 of the API.
func readPage(body []byte) (page, error) {
	p := page{contacts: make([]contact.Contact, 0, 50)}
	list, more := false, false
	err := read(body, func(r *jsonread.Reader) {
		r.Object(func(name string) {
			switch name {
			case "data":
				list = r.Array(func() { p.contacts = append(p.contacts, readOne(r)) })
			case "nextPageToken":
				p.next, more = r.Text(), true
			}
		})
	})
	switch {
	case err != nil:
		return page{}, err
	case !list || !more:
		return page{}, errors.New("the answer has no data or no nextPageToken")
	}
	return p, nil
}

var errNoID = fmt.Errorf("no id: %w", contact.ErrNotWhole)

// readOne reads one contact, which has an id.
func readOne(r *jsonread.Reader) contact.Contact {
	k := contact.Read(r)
	if k.ID == "" {
		r.Fail(errNoID)
	}
	return k
}

func readContact(body []byte) (k contact.Contact, err error) {
	err = read(body, func(r *jsonread.Reader) {
		r.Object(func(name string) {
			if name == "data" {
				k = readOne(r)
			}
		})
	})
	if err == nil && !k.Whole() {
		err = errNoID
	}
	if err != nil {
		return contact.Contact{}, err
	}
	return k, nil
}

// readID returns the id of a contact whose other parts may be missing, or "".
func readID(body []byte) (id string) {
	err := read(body, func(r *jsonread.Reader) {
		r.Object(func(name string) {
			if name == "data" {
				r.Object(func(name string) {
					if name == "id" {
						id = r.Text()
					}
				})
			}
		})
	})
	if err != nil {
		return ""
	}
	return id
}

func readDefinitions(body []byte) ([]contact.Definition, error) {
	fields, list := []contact.Definition{}, false
	err := read(body, func(r *jsonread.Reader) {
		r.Object(func(name string) {
			if name == "data" {
				list = r.Array(func() { fields = append(fields, readDefinition(r)) })
			}
		})
	})
	switch {
	case err != nil:
		return nil, err
	case !list:
		return nil, errors.New("the answer has no data")
	}
	return fields, nil
}

func readDefinition(r *jsonread.Reader) (d contact.Definition) {
	r.Object(func(name string) {
		switch name {
		case "key":
			d.Key = r.Text()
		case "name":
			d.Name = r.Text()
		case "type":
			d.Type = contact.Kind(r.Text())
		}
	})
	if d.Key == "" {
		r.Fail(errors.New("the answer has a custom field without a key"))
	}
	return d
}

// read has do read an answer. Errors say how it differs from what the API promises, but not what stands there, which may
// be personal data.
func read(body []byte, do func(*jsonread.Reader)) error {
	if len(body) == 0 {
		return errors.New("the answer is empty")
	}
	r := jsonread.New(body)
	do(r)
	err := r.End()
	var kind *jsonread.KindError
	var syntax *jsonread.SyntaxError
	switch {
	case errors.As(err, &kind):
		return fmt.Errorf("the answer has %s where Quo's API has %s", kind.Got, kind.Want)
	case errors.As(err, &syntax):
		return fmt.Errorf("the answer is %w", err)
	}
	return err
}
