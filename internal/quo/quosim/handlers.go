package quosim

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"unicode/utf8"
)

// act carries out a request that was let in. spoil is the fault that the answer shall have.
func (w *Workspace) act(c *call, spoil *Fault) answer {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch c.route {
	case RouteList:
		return w.list(c.request.URL.RawQuery, spoil)
	case RouteCreate:
		return w.create(c)
	case RouteGet:
		return w.get(c.id)
	case RouteUpdate:
		return w.update(c)
	case RouteDelete:
		return w.delete(c.id)
	default:
		return w.customFields()
	}
}

type envelope struct {
	Data any `json:"data"`
}

func (w *Workspace) customFields() answer {
	data := []wireDefinition{}
	for _, d := range w.store.defs {
		data = append(data, wireDefinition{d.Name, d.Key, d.Type})
	}
	return jsonAnswer(http.StatusOK, envelope{data})
}

func (w *Workspace) get(id string) answer {
	c, ok := w.store.get(id)
	if !ok {
		return w.refuse(RouteGet, newProblem(http.StatusNotFound, "Contact not found"))
	}
	return jsonAnswer(http.StatusOK, envelope{w.wire(c)})
}

func (w *Workspace) create(c *call) answer {
	b, p := w.parse(c, true)
	if p != nil {
		return w.refuse(c.route, p)
	}
	if b.Source == nil {
		b.Source = new("public-api")
	}
	w.complete(&b.Contact, nil)
	var hiddenUntil uint64
	if lag := w.options.VisibilityLag; lag > 0 {
		hiddenUntil = w.arrivals + uint64(lag) + 1
	}
	if err := w.store.put(&b.Contact, hiddenUntil); err != nil {
		return w.refuse(c.route, storeProblem(err))
	}
	return jsonAnswer(http.StatusCreated, envelope{w.wire(&b.Contact)})
}

// update replaces: what the body leaves out is gone, but for a reserved source.
//
// https://www.quo.com/docs/mdx/api-reference/contacts/update-a-contact-by-id
func (w *Workspace) update(c *call) answer {
	b, p := w.parse(c, false)
	if p != nil {
		return w.refuse(c.route, p)
	}
	old, ok := w.store.get(c.id)
	if !ok {
		return w.refuse(c.route, newProblem(http.StatusNotFound, "Contact not found"))
	}
	if readOnly(text(old.Source)) {
		return w.refuse(c.route, newProblem(http.StatusForbidden, "Contacts of an integration are read-only"))
	}
	if p := w.checkItemIDs(b, old); p != nil {
		return w.refuse(c.route, p)
	}
	if !b.sourceGiven && reserved(text(old.Source)) {
		b.Source = old.Source
	}
	b.ID = old.ID
	w.complete(&b.Contact, old)
	if err := w.store.put(&b.Contact, 0); err != nil {
		return w.refuse(c.route, storeProblem(err))
	}
	return jsonAnswer(http.StatusOK, envelope{w.wire(&b.Contact).withoutFieldIDs()})
}

func (w *Workspace) delete(id string) answer {
	c, ok := w.store.get(id)
	if ok && readOnly(text(c.Source)) {
		return w.refuse(RouteDelete, newProblem(http.StatusForbidden, "Contacts of an integration are read-only"))
	}
	if err := w.store.delete(id); err != nil {
		return w.refuse(RouteDelete, storeProblem(err))
	}
	return answer{status: http.StatusNoContent}
}

func (w *Workspace) parse(c *call, create bool) (*body, *problem) {
	if p := checkJSON(c.request, c.body); p != nil {
		return nil, p
	}
	p := bodyParser{create: create, defs: w.store.defs, normalizePhones: w.options.NormalizePhones}
	return p.parse(c.body)
}

// checkItemIDs refuses ids of items in a PATCH, as one live workspace did, or with the option those that the contact
// does not have.
func (w *Workspace) checkItemIDs(b *body, old *Contact) *problem {
	had := map[string]bool{}
	if w.options.AcceptItemIDs {
		for _, id := range itemIDs(old) {
			had[id] = true
		}
	}
	for _, id := range itemIDs(&b.Contact) {
		if id != "" && !had[id] {
			return newProblem(http.StatusBadRequest, "item with id "+strconv.Quote(id)+" does not match")
		}
	}
	return nil
}

func itemIDs(c *Contact) []string {
	var ids []string
	for _, item := range slices.Concat(c.PhoneNumbers, c.Emails) {
		ids = append(ids, item.ID)
	}
	for _, f := range c.CustomFields {
		ids = append(ids, f.ID)
	}
	return ids
}

func storeProblem(err error) *problem {
	switch {
	case errors.Is(err, errPairTaken):
		return newProblem(http.StatusConflict, "")
	case errors.Is(err, errNotFound):
		return newProblem(http.StatusNotFound, "Contact not found")
	default: // the file cannot be written
		return newProblem(http.StatusInternalServerError, err.Error())
	}
}

type page struct {
	Data          []wireContact `json:"data"`
	TotalItems    int           `json:"totalItems"`
	NextPageToken *string       `json:"nextPageToken"`
}

// list cuts a page by offset. Parameters that the API does not know are ignored, as in externalId=, source= or
// externalIds[]=, and so give strangers.
func (w *Workspace) list(query string, spoil *Fault) answer {
	q, err := url.ParseQuery(query)
	if err != nil {
		return w.refuse(RouteList, newProblem(http.StatusBadRequest, "Malformed query"))
	}
	var v validator
	n := v.maxResults(q)
	externalIDs, sources := v.filter(q, "externalIds"), v.filter(q, "sources")
	offset := v.pageToken(q, w.tokens, externalIDs, sources)
	if p := v.problem(); p != nil {
		return w.refuse(RouteList, p)
	}
	rows, total := w.store.find(externalIDs, sources, offset, n)
	p := page{Data: []wireContact{}, TotalItems: wrongTotal(total)}
	for _, r := range rows {
		p.Data = append(p.Data, w.wire(r.contact))
	}
	switch next := offset + len(rows); {
	case spoil.is(RepeatPageToken):
		p.NextPageToken = new(w.tokens.encode(offset, externalIDs, sources))
	case next < total:
		p.NextPageToken = new(w.tokens.encode(next, externalIDs, sources))
	}
	if spoil.is(DropPageToken) {
		return jsonAnswer(http.StatusOK, map[string]any{"data": p.Data, "totalItems": p.TotalItems})
	}
	return jsonAnswer(http.StatusOK, p)
}

// wrongTotal is never right: the vendor says of totalItems that it is not accurate.
func wrongTotal(total int) int {
	if total == 0 {
		return 1
	}
	return total / 2
}

func (v *validator) maxResults(q url.Values) int {
	values := q["maxResults"]
	if len(values) == 1 {
		n, err := strconv.Atoi(values[0])
		if err == nil && n >= 1 && n <= 50 {
			return n
		}
	}
	v.refuse("/query/maxResults", "integer", nil, "Expected one integer between 1 and 50")
	return 0
}

// filter returns the values of an array parameter, sorted and without doubles. More than 20 were refused live, for
// the parser then made an object of them.
func (v *validator) filter(q url.Values, name string) []string {
	values := q[name]
	path := "/query/" + name
	if len(values) > 20 {
		v.refuse(path, "array", nil, "Expected array")
	}
	for i, value := range values {
		if n := utf8.RuneCountInString(value); n < 1 || n > 75 {
			v.refuse(elementPath(path, i), "string", nil, "Expected string length between 1 and 75")
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(values)))
}

func (v *validator) pageToken(q url.Values, t tokens, filters ...[]string) (offset int) {
	values, there := q["pageToken"]
	if !there {
		return 0
	}
	if len(values) == 1 {
		if offset, ok := t.decode(values[0], filters...); ok {
			return offset
		}
	}
	v.refuse("/query/pageToken", "string", nil, "Invalid page token")
	return 0
}
