package sheetssim

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"
)

// answer is an answer before it is sent, so that faults can still spoil it.
type answer struct {
	status      int
	contentType string
	body        []byte
}

const jsonType = "application/json; charset=UTF-8"

func jsonAnswer(status int, v any) answer {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // a spreadsheet holds nothing that JSON cannot hold
	}
	return answer{status, jsonType, body}
}

func htmlAnswer(status int) answer {
	page := fmt.Sprintf("<!DOCTYPE html>\n<html lang=en><title>Error %d (%s)</title><p>That’s an error.</html>\n",
		status, http.StatusText(status))
	return answer{status, "text/html; charset=UTF-8", []byte(page)}
}

func (a answer) send(w http.ResponseWriter) {
	a.sendHeader(w)
	w.Write(a.body) // an error means that the client is gone
}

// sendHalf sends less than the header announces; the connection must be closed after it.
func (a answer) sendHalf(w http.ResponseWriter) {
	a.sendHeader(w)
	w.Write(a.body[:len(a.body)/2])
	http.NewResponseController(w).Flush() // otherwise nothing at all would leave
}

func (a answer) sendHeader(w http.ResponseWriter) {
	w.Header().Set("Content-Type", a.contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
}

// apiError is a refusal, as the API words it.
type apiError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Status  string `json:"status"`
	Details []any  `json:"details,omitempty"`
}

func (e *apiError) Error() string { return e.Message }

func (e *apiError) answer() answer { return jsonAnswer(e.Code, map[string]any{"error": e}) }

// invalid is a 400.
func invalid(format string, args ...any) *apiError {
	return &apiError{Code: http.StatusBadRequest, Status: "INVALID_ARGUMENT", Message: fmt.Sprintf(format, args...)}
}

// in says which part of a batch is refused.
func (e *apiError) in(format string, args ...any) *apiError {
	prefixed := *e
	prefixed.Message = fmt.Sprintf("Invalid "+format+": ", args...) + e.Message
	return &prefixed
}

// errorInfo is the detail that says why, for programs.
func errorInfo(reason string, metadata map[string]string) any {
	return map[string]any{
		"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com",
		"metadata": metadata,
	}
}

const (
	service  = "sheets.googleapis.com"
	consumer = "projects/123456789012"
)

// The reasons that a 403 may have beside none.
const (
	// ReasonScope: the token is not for this.
	ReasonScope = "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
	// ReasonDisabled: the project has not enabled the API.
	ReasonDisabled = "SERVICE_DISABLED"
)

// failure is what the API answers with a status. The texts of 401, 500 and 503 are those that Google's APIs share.
func failure(status int, reason string) *apiError {
	e := &apiError{Code: status}
	switch status {
	case http.StatusBadRequest:
		e.Status, e.Message = "INVALID_ARGUMENT", "Request contains an invalid argument."
	case http.StatusUnauthorized:
		e.Status, e.Message = "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 "+
			"access token, login cookie or other valid authentication credential. See "+
			"https://developers.google.com/identity/sign-in/web/devconsole-project."
	case http.StatusForbidden:
		return forbidden(reason)
	case http.StatusNotFound:
		e.Status, e.Message = "NOT_FOUND", "Requested entity was not found."
	case http.StatusTooManyRequests:
		return exhausted(Read, "per minute per user", "PerMinutePerUser", 60)
	case http.StatusServiceUnavailable:
		e.Status, e.Message = "UNAVAILABLE", "The service is currently unavailable."
	case http.StatusGatewayTimeout:
		e.Status, e.Message = "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."
	default:
		e.Status, e.Message = "INTERNAL", "Internal error encountered."
	}
	return e
}

func forbidden(reason string) *apiError {
	e := &apiError{
		Code: http.StatusForbidden, Status: "PERMISSION_DENIED", Message: "The caller does not have permission",
	}
	switch reason {
	case ReasonScope:
		e.Message = "Request had insufficient authentication scopes."
		e.Details = []any{errorInfo(reason, map[string]string{"service": service})}
	case ReasonDisabled:
		e.Message = "Google Sheets API has not been used in project 123456789012 before or it is disabled. Enable it by " +
			"visiting https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project=123456789012 " +
			"then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems " +
			"and retry."
		e.Details = []any{errorInfo(reason, map[string]string{"service": service, "consumer": consumer})}
	}
	return e
}

// exhausted is the 429 of a quota.
func exhausted(class Class, limit, limitID string, value int) *apiError {
	name := "Read"
	if class == Write {
		name = "Write"
	}
	metadata := map[string]string{
		"service": service, "consumer": consumer,
		"quota_metric": service + "/" + string(class) + "_requests", "quota_limit": name + "Requests" + limitID,
		"quota_limit_value": strconv.Itoa(value), "quota_unit": "1/min/{project}/{user}", "quota_location": "global",
	}
	return &apiError{
		Code: http.StatusTooManyRequests, Status: "RESOURCE_EXHAUSTED",
		Message: fmt.Sprintf("Quota exceeded for quota metric '%s requests' and limit '%s requests %s' of service '%s' "+
			"for consumer 'project_number:123456789012'.", name, name, limit, service),
		Details: []any{errorInfo("RATE_LIMIT_EXCEEDED", metadata)},
	}
}
