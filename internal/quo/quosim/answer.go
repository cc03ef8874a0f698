package quosim

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strconv"
)

// answer is an answer before it is sent, so that faults can still spoil it.
type answer struct {
	status      int
	contentType string
	body        []byte
}

const jsonType = "application/json; charset=utf-8"

func jsonAnswer(status int, v any) answer {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // the workspace holds nothing that JSON cannot hold
	}
	return answer{status, jsonType, body}
}

func htmlAnswer(status int, text string) answer {
	page := fmt.Sprintf("<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>%s</title></head>\n<body><pre>%s</pre></body>\n</html>\n",
		http.StatusText(status), html.EscapeString(text))
	return answer{status, "text/html; charset=utf-8", []byte(page)}
}

func (a answer) send(w http.ResponseWriter) {
	a.sendHeader(w)
	w.Write(a.body) // an error means that the client is gone
}

// sendHalf sends less than the header announces; the connection must be closed after it.
func (a answer) sendHalf(w http.ResponseWriter) {
	if a.status == http.StatusNoContent {
		return // there is nothing to halve
	}
	a.sendHeader(w)
	w.Write(a.body[:len(a.body)/2])
	http.NewResponseController(w).Flush() // otherwise nothing at all would leave
}

func (a answer) sendHeader(w http.ResponseWriter) {
	if a.status != http.StatusNoContent {
		w.Header().Set("Content-Type", a.contentType)
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
}

// problem is an error answer, in the flat shape of the API's document.
type problem struct {
	Message     string         `json:"message"`
	Code        string         `json:"code,omitempty"`
	Status      int            `json:"status"`
	Docs        string         `json:"docs"`
	Title       string         `json:"title"`
	Description string         `json:"description,omitempty"`
	Trace       string         `json:"trace"`
	Errors      []fieldProblem `json:"errors,omitempty"`
}

type fieldProblem struct {
	Path    string          `json:"path"`
	Message string          `json:"message"`
	Value   json.RawMessage `json:"value,omitempty"`
	Schema  struct {
		Type string `json:"type"`
	} `json:"schema"`
}

const docs = "https://quo.com/docs"

// newProblem makes the problem that the contact routes answer with the status; a message of "" is the title.
func newProblem(status int, message string) *problem {
	p := &problem{Status: status, Docs: docs, Title: http.StatusText(status), Message: message}
	switch status {
	case http.StatusForbidden:
		p.Code, p.Title, p.Description = "0801403", "Not Phone Number User", "Not Phone Number User"
	case http.StatusInternalServerError:
		p.Code, p.Title = "0801500", "Unknown"
	case http.StatusTooManyRequests: // its body is not documented
	default:
		p.Code = fmt.Sprintf("0800%d", status)
	}
	if p.Message == "" {
		p.Message = p.Title
	}
	return p
}

// forRoute gives the custom-field definitions' route its own family of codes.
func (p problem) forRoute(route string) problem {
	if route != RouteCustomFields || p.Code == "" {
		return p
	}
	if p.Status == http.StatusInternalServerError {
		p.Code = "0701500"
		return p
	}
	p.Code, p.Title, p.Description = fmt.Sprintf("0700%d", p.Status), http.StatusText(p.Status), ""
	return p
}

// wrapped is the shape that the live API was seen to give a 401.
func (p problem) wrapped() any {
	inner := map[string]any{"message": p.Message, "key": p.Title, "trace": p.Trace}
	if len(p.Errors) > 0 {
		inner["errors"] = p.Errors
	}
	return map[string]any{"error": inner}
}

// refuse makes the answer for a problem.
func (w *Workspace) refuse(route string, p *problem) answer {
	q := p.forRoute(route)
	q.Trace = w.newTrace()
	if w.options.WrappedErrors || q.Status == http.StatusUnauthorized {
		return jsonAnswer(q.Status, q.wrapped())
	}
	return jsonAnswer(q.Status, q)
}
