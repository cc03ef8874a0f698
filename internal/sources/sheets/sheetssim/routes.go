package sheetssim

import (
	"net/http"
	"net/url"
	"strings"
)

// The routes, named as in the discovery document of the API.
const (
	RouteGet                 = "spreadsheets.get"
	RouteBatch               = "spreadsheets.batchUpdate"
	RouteValuesGet           = "spreadsheets.values.get"
	RouteValuesUpdate        = "spreadsheets.values.update"
	RouteAppend              = "spreadsheets.values.append"
	RouteClear               = "spreadsheets.values.clear"
	RouteValuesBatchGet      = "spreadsheets.values.batchGet"
	RouteValuesBatchUpdate   = "spreadsheets.values.batchUpdate"
	RouteValuesBatchClear    = "spreadsheets.values.batchClear"
	RouteBatchGetByFilter    = "spreadsheets.values.batchGetByDataFilter"
	RouteBatchUpdateByFilter = "spreadsheets.values.batchUpdateByDataFilter"
	RouteMetadataSearch      = "spreadsheets.developerMetadata.search"
	RouteMetadataGet         = "spreadsheets.developerMetadata.get"
	RouteGetByFilter         = "spreadsheets.getByDataFilter"
	RouteDriveGet            = "drive.files.get"
	RouteToken               = "token"
)

// Class is the quota that a request counts against.
type Class string

// The classes of requests; "" counts against none.
const (
	Read  Class = "read"
	Write Class = "write"
)

// route is what the server knows about a route.
type route struct {
	class    Class
	readonly bool // a readonly scope is enough
	params   map[string][]string
	serve    func(*Spreadsheet, *call) (any, error)
}

// The values that a parameter may have: an enum's, or one of these.
var (
	anyText   []string
	boolean   = []string{"true", "false"}
	dimEnum   = []string{"DIMENSION_UNSPECIFIED", "ROWS", "COLUMNS"}
	inputEnum = []string{"INPUT_VALUE_OPTION_UNSPECIFIED", "RAW", "USER_ENTERED"}
	valueEnum = []string{formattedValue, unformattedValue, formulaValue}
	datesEnum = []string{serialNumber, formattedString}
)

var (
	readParams = map[string][]string{
		"majorDimension": dimEnum, "valueRenderOption": valueEnum, "dateTimeRenderOption": datesEnum,
	}
	writeParams = map[string][]string{
		"valueInputOption": inputEnum, "includeValuesInResponse": boolean,
		"responseValueRenderOption": valueEnum, "responseDateTimeRenderOption": datesEnum,
	}
)

func with(params map[string][]string, name string, values []string) map[string][]string {
	more := map[string][]string{name: values}
	for k, v := range params {
		more[k] = v
	}
	return more
}

var routes = map[string]route{
	RouteGet: {Read, true, map[string][]string{
		"ranges": anyText, "includeGridData": boolean,
	}, (*Spreadsheet).get},
	RouteGetByFilter:         {Read, false, nil, (*Spreadsheet).getByFilter},
	RouteBatch:               {Write, false, nil, (*Spreadsheet).batchUpdate},
	RouteBatchGetByFilter:    {Read, false, nil, (*Spreadsheet).valuesByFilter},
	RouteBatchUpdateByFilter: {Write, false, nil, (*Spreadsheet).valuesUpdateByFilter},
	RouteMetadataSearch:      {Read, false, nil, (*Spreadsheet).metadataSearch},
	RouteMetadataGet:         {Read, false, nil, (*Spreadsheet).metadataGet},
	RouteValuesGet:           {Read, true, readParams, (*Spreadsheet).valuesGet},
	RouteValuesBatchGet:      {Read, true, with(readParams, "ranges", anyText), (*Spreadsheet).valuesBatchGet},
	RouteValuesUpdate:        {Write, false, writeParams, (*Spreadsheet).valuesUpdate},
	RouteValuesBatchUpdate:   {Write, false, nil, (*Spreadsheet).valuesBatchUpdate},
	RouteAppend: {Write, false, with(writeParams, "insertDataOption", []string{"OVERWRITE", "INSERT_ROWS"}),
		(*Spreadsheet).valuesAppend},
	RouteClear:            {Write, false, nil, (*Spreadsheet).valuesClear},
	RouteValuesBatchClear: {Write, false, nil, (*Spreadsheet).valuesBatchClear},
	RouteDriveGet:         {"", true, map[string][]string{"supportsAllDrives": boolean}, (*Spreadsheet).getFile},
}

// target is where a request goes.
type target struct {
	route string // "": nowhere
	id    string // of the spreadsheet
	arg   string // the range or the number of the metadata
}

// targetOf finds the route under any prefix. The range in a path is escaped as a whole, so it is told apart from its
// neighbours before it is unescaped.
func targetOf(method string, u *url.URL) target {
	path := u.EscapedPath()
	if method == http.MethodPost && strings.HasSuffix(path, "/token") {
		return target{route: RouteToken}
	}
	var parts []string
	var shape string
	if rest, ok := afterLast(path, "/v4/spreadsheets/"); ok {
		parts = strings.Split(rest, "/")
		shape = shapeOf(parts)
	} else if rest, ok := afterLast(path, "/drive/v3/files/"); ok {
		parts, shape = []string{rest}, "drive"
	} else {
		return target{}
	}
	t := target{route: shapes[method+" "+shape]}
	id := parts[0]
	if len(parts) == 1 && shape != "drive" {
		id, _ = cutVerb(id)
	}
	var err1, err2 error
	t.id, err1 = url.PathUnescape(id)
	if len(parts) == 3 {
		arg, _ := cutVerb(parts[2])
		t.arg, err2 = url.PathUnescape(arg)
	}
	if err1 != nil || err2 != nil || strings.Contains(t.id, "/") {
		return target{}
	}
	return t
}

var shapes = map[string]string{
	"GET ":                                RouteGet,
	"POST :batchUpdate":                   RouteBatch,
	"POST :getByDataFilter":               RouteGetByFilter,
	"GET values/":                         RouteValuesGet,
	"PUT values/":                         RouteValuesUpdate,
	"POST values/:append":                 RouteAppend,
	"POST values/:clear":                  RouteClear,
	"GET values:batchGet":                 RouteValuesBatchGet,
	"POST values:batchUpdate":             RouteValuesBatchUpdate,
	"POST values:batchClear":              RouteValuesBatchClear,
	"POST values:batchGetByDataFilter":    RouteBatchGetByFilter,
	"POST values:batchUpdateByDataFilter": RouteBatchUpdateByFilter,
	"POST developerMetadata:search":       RouteMetadataSearch,
	"GET developerMetadata/":              RouteMetadataGet,
	"GET drive":                           RouteDriveGet,
}

// shapeOf is the path without the spreadsheet's id and the argument.
func shapeOf(parts []string) string {
	_, verb := cutVerb(parts[len(parts)-1])
	switch len(parts) {
	case 1:
		return verb
	case 2:
		return parts[1]
	case 3:
		return parts[1] + "/" + verb
	default:
		return "unknown"
	}
}

// cutVerb cuts ":append" and its like from the end. A client that does not escape may leave a colon in a range, which is
// no verb.
func cutVerb(s string) (before, verb string) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || strings.Trim(s[i+1:], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || len(s)-i < 5 {
		return s, ""
	}
	return s[:i], s[i:]
}

func afterLast(s, sep string) (after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", false
	}
	return s[i+len(sep):], true
}
