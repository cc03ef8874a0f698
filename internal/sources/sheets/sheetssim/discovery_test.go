package sheetssim_test

import (
	"net/http"
	"testing"
)

func checked(t *testing.T, h http.Handler) http.Handler { t.Helper(); return h }
