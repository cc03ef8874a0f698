package quosim

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// The routes of the API, after any prefix.
const (
	RouteList         = "GET /v1/contacts"
	RouteCreate       = "POST /v1/contacts"
	RouteGet          = "GET /v1/contacts/{id}"
	RouteUpdate       = "PATCH /v1/contacts/{id}"
	RouteDelete       = "DELETE /v1/contacts/{id}"
	RouteCustomFields = "GET /v1/contact-custom-fields"
)

// On matches the requests of some routes.
func On(routes ...string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		route, _ := routeOf(r)
		return slices.Contains(routes, route)
	}
}

// routeOf returns the request's route, "" when there is none, and the id in its path.
func routeOf(r *http.Request) (route, id string) {
	path := r.URL.EscapedPath()
	i := strings.LastIndex(path, "/v1/")
	if i < 0 {
		return "", ""
	}
	path = path[i:]
	if escaped, ok := strings.CutPrefix(path, "/v1/contacts/"); ok && escaped != "" && !strings.Contains(escaped, "/") {
		var err error
		if id, err = url.PathUnescape(escaped); err != nil {
			return "", ""
		}
		path = "/v1/contacts/{id}"
	}
	switch route = r.Method + " " + path; route {
	case RouteList, RouteCreate, RouteGet, RouteUpdate, RouteDelete, RouteCustomFields:
		return route, id
	default:
		return "", ""
	}
}
