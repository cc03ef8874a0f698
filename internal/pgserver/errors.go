package pgserver

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// The SQLSTATE codes that are acted upon.
//
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	UniqueViolation      = "23505"
	SerializationFailure = "40001"
	DeadlockDetected     = "40P01"
	LockNotAvailable     = "55P03"
	QueryCanceled        = "57014"
	NoPrivilege          = "42501"
	NoTable              = "42P01"

	invalidAuthorization  = "28000"
	invalidPassword       = "28P01"
	noDatabase            = "3D000"
	readOnlyTransaction   = "25006"
	diskFull              = "53100"
	tooManyConnections    = "53300"
	adminShutdown         = "57P01"
	crashShutdown         = "57P02"
	cannotConnectNow      = "57P03"
	unsupportedParameters = "08P01"
)

// cures says what to do, by code.
var cures = map[string]string{
	invalidAuthorization:  "the server does not let this user in: check user and password, and pg_hba.conf",
	invalidPassword:       "the server does not accept this password: check user and password",
	noDatabase:            "there is no such database: create it with CREATE DATABASE, or name another",
	readOnlyTransaction:   "the server is read-only: name the primary, not a standby",
	diskFull:              "the server's disk is full: free some space",
	tooManyConnections:    "the server has no connection left: raise max_connections, or add ?pool_max_conns=2 to the URL",
	adminShutdown:         "the server was shut down: run again once it is up",
	crashShutdown:         "the server was shut down: run again once it is up",
	cannotConnectNow:      "the server is starting or stopping: run again once it is up",
	unsupportedParameters: "the connection pooler does not take a parameter of the URL: set it for the user, with ALTER ROLE",
}

// Code returns the SQLSTATE of an error, "" when it is not the server's.
func Code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// Again reports whether the server has undone a transaction because of another one. A connection that broke says
// nothing about the transaction.
func Again(err error) bool {
	c := Code(err)
	return c == SerializationFailure || c == DeadlockDetected
}

// Explain says what to do about an error of the server or the network. The further cures, by code, come first.
func Explain(err error, further map[string]string) error {
	cure := further[Code(err)]
	if cure == "" {
		cure = cures[Code(err)]
	}
	if cure != "" {
		return fmt.Errorf("%s: %w", cure, withoutAddresses(err))
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return fmt.Errorf("its server cannot be reached: check host and port: %w", e)
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Errorf("its server cannot be reached: check the host: %w", e)
	}
	if lost(err) {
		return fmt.Errorf("the connection to its server was lost: run again once it is up: %w", err)
	}
	if e, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return fmt.Errorf("no PostgreSQL answers there: check host, port and sslmode: %w", oneLine{e.Unwrap()})
	}
	return err
}

// oneLine is an error about several attempts in one line.
type oneLine struct{ error }

func (o oneLine) Error() string { return strings.ReplaceAll(o.error.Error(), "\n", "; ") }

func (o oneLine) Unwrap() error { return o.error }

// lost reports whether a connection broke while it was used. What it was asked for last may have been done or not.
func lost(err error) bool {
	_, network := errors.AsType[*net.OpError](err)
	return network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, pgconn.ErrConnClosed)
}

// withoutAddresses returns the server's own words, without those of the attempts to connect.
func withoutAddresses(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e
	}
	return err
}
