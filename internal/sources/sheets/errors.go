package sheets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"cloud.google.com/go/auth"
	"google.golang.org/api/googleapi"
)

// Error is a request that Google did not answer, or answered with an error.
type Error struct {
	Code    int    // of HTTP; 0 when no answer came, or one that was cut off
	Status  string // Google's name for it, such as "PERMISSION_DENIED"
	Reason  string // closer, such as "SERVICE_DISABLED"; mostly ""
	Message string // Google's
	Remedy  string // what a person can do; "" when nothing but trying again later helps

	cause error
}

func (e *Error) Error() string {
	text := e.Message
	if text == "" && e.cause != nil {
		text = e.cause.Error()
	}
	if e.Code != 0 {
		text = strings.TrimSpace(strconv.Itoa(e.Code) + " " + text)
	}
	if e.Remedy != "" {
		return strings.TrimRight(text, ".") + ": " + e.Remedy
	}
	return text
}

func (e *Error) Unwrap() error { return e.cause }

// translate makes an Error of what Google's client returns, but for the end of the caller's context. It keeps the
// addresses of requests out, for they are long and name the spreadsheet.
func (c *client) translate(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e := &Error{cause: err}
	var answer *googleapi.Error
	var token *auth.Error
	var request *url.Error
	switch {
	case errors.As(err, &token):
		e.cause = nil
		e.Message = "Google does not accept the credentials"
		if token.Response != nil && token.Temporary() {
			e.Code = token.Response.StatusCode
			return e
		}
		e.Code, e.Status = http.StatusUnauthorized, "UNAUTHENTICATED"
	case errors.As(err, &answer):
		e.Code, e.Message, e.cause = answer.Code, answer.Message, nil
		e.Status, e.Reason = details(answer.Body)
		if e.Message == "" && e.Code == http.StatusBadRequest { // cut short, for Google says what is bad
			e.Code = 0
		}
		if e.Message == "" {
			e.Message = http.StatusText(answer.Code)
		}
	case errors.Is(err, context.DeadlineExceeded):
		e.Message, e.cause = "Google took too long to answer", context.DeadlineExceeded
	case errors.As(err, &request):
		e.cause = request.Err
	}
	e.Remedy = c.remedy(e)
	return e
}

// details reads what googleapi.Error leaves in the body.
func details(body string) (status, reason string) {
	var answer struct {
		Error struct {
			Status  string
			Details []struct{ Reason string }
		}
	}
	_ = json.Unmarshal([]byte(body), &answer) // the page of a proxy is no JSON and says neither
	for _, d := range answer.Error.Details {
		if reason == "" {
			reason = d.Reason
		}
	}
	return answer.Error.Status, reason
}

// remedy is what mends an error, for a person.
func (c *client) remedy(e *Error) string {
	says := func(part string) bool { return strings.Contains(e.Message, part) }
	switch {
	case e.Code == http.StatusUnauthorized:
		return "make a new key for the service account, or sign in again"
	case e.Reason == "SERVICE_DISABLED" || says("has not been used in project"):
		return "enable the Google Sheets API in the project of the credentials"
	case e.Reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT" || says("insufficient authentication scopes"):
		return "give the credentials the scope https://www.googleapis.com/auth/spreadsheets; " +
			"a virtual machine needs it among its access scopes"
	case e.Code == http.StatusForbidden:
		return fmt.Sprintf("share the spreadsheet with %s as %s", c.who(), c.role())
	case e.Code == http.StatusNotFound:
		return "check the spreadsheet's address, and whether it was deleted"
	case says("not supported for this document"):
		return "it is an Excel file: open it in Google Sheets, save it as Google Sheets, and name that file"
	case says(tooManyCells):
		return "the spreadsheet is full: delete rows, columns or tabs that nobody needs"
	}
	return ""
}

func (c *client) who() string {
	if c.account == "" {
		return "the account that syncd runs as"
	}
	return c.account
}

func (c *client) role() string {
	if c.readOnly {
		return "Viewer"
	}
	return "Editor"
}

// Parts of Google's messages.
const (
	tooManyCells = "above the limit of"
	isProtected  = "protected cell"
	tooLong      = "characters in a single cell"
)

// isThrottled reports whether a request came too soon, and was not carried out.
func isThrottled(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == http.StatusTooManyRequests
}

// passes reports whether the same request may succeed later. Whether it was carried out is not known.
func passes(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Code == 0 || e.Code >= http.StatusInternalServerError)
}

// isTooMuch reports whether a read may have failed because it asked for too much at once.
func isTooMuch(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Code == http.StatusServiceUnavailable || isSilent(err))
}

// isSilent reports whether Google neither answered in time nor ended the connection: it may be at work still.
func isSilent(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == 0 && errors.Is(e.cause, context.DeadlineExceeded)
}

// isOutside reports whether a range is not, or no longer, in the spreadsheet: the tab was renamed, or lost rows or
// columns. Nothing was carried out.
func isOutside(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == http.StatusBadRequest && (strings.Contains(e.Message, "Unable to parse range") ||
		strings.Contains(e.Message, "exceeds grid limits") || strings.Contains(e.Message, "No grid with id"))
}

// isFull reports whether the spreadsheet has room for no more cells. Nothing was carried out.
func isFull(err error) bool { return hasBadRequest(err, tooManyCells) }

// isPlaceClosed reports whether new rows were not taken because of where they go, so that none of them would be.
func isPlaceClosed(err error) bool { return isFull(err) || hasBadRequest(err, isProtected) }

func hasBadRequest(err error, part string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == http.StatusBadRequest && strings.Contains(e.Message, part)
}

// refusal is why the sheet does not take what was written, for a person; "" when the error is of another kind. Nothing
// was carried out.
func refusal(err error) string {
	var e *Error
	if !errors.As(err, &e) || e.Code != http.StatusBadRequest {
		return ""
	}
	switch {
	case strings.Contains(e.Message, isProtected):
		return "a protected range of the sheet: let the account that syncd uses edit it, or remove the protection"
	case strings.Contains(e.Message, tooLong):
		return fmt.Sprintf("a cell of a Google Sheet holds at most %d characters", maxCell)
	case strings.Contains(e.Message, tooManyCells):
		return e.Error()
	}
	return ""
}

var partNumber = regexp.MustCompile(`data\[(\d+)\]`)

// refusedPart is which range of a write an error is about; ok is false when it does not say.
func refusedPart(err error) (i int, ok bool) {
	var e *Error
	if !errors.As(err, &e) {
		return 0, false
	}
	m := partNumber.FindStringSubmatch(e.Message)
	if m == nil {
		return 0, false
	}
	i, numErr := strconv.Atoi(m[1])
	return i, numErr == nil
}
