// Package pgserver is what all parts of syncd know about PostgreSQL servers: how one is reached, also through a pooler,
// and what its errors mean to a person.
//
// Start with [Parse] and [Explain].
package pgserver

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	connectTimeout = 10 * time.Second
	application    = "syncd"
)

// Parse reads the URL of a database, and adds what it does not say. Its errors never repeat it, for it may hold a password.
//
// Nothing of it needs a session that outlives a transaction, so that a pooler in transaction mode may stand in between:
// statements are not prepared under a name.
func Parse(url string) (*pgxpool.Config, error) {
	pool, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, unreadable(err)
	}
	config := pool.ConnConfig
	if config.ConnectTimeout == 0 || !strings.Contains(url, "connect_timeout=") {
		config.ConnectTimeout = connectTimeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = application
	}
	if !strings.Contains(url, "default_query_exec_mode=") {
		config.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	return pool, nil
}

func unreadable(err error) error {
	const form = "write postgres://user@host:5432/database; a password follows user and a colon, with %40 for @ and %2F for /"
	// The rest of the message, about a parameter or a file, follows the URL, which pgx has taken the password out of as
	// well as it can.
	_, reason, found := strings.Cut(err.Error(), "`: ")
	if !found || strings.Contains(reason, "parse") || strings.Contains(reason, "://") {
		reason = "it is not a URL"
	}
	return fmt.Errorf("its URL cannot be used: %s: %s", reason, form)
}

// Name returns how messages call a database: host, port and name, without user and password.
func Name(config *pgx.ConnConfig) string {
	return net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))) + "/" + config.Database
}
