package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// place is where a state is.
type place struct {
	name   string // as messages have it: without user and password
	schema string // what the URL says about it; "" leaves it to the role and the database
	config *pgx.ConnConfig
	most   int // connections for reading, and as many for writing
}

// What the URL does not say.
const (
	connectTimeout = 10 * time.Second
	application    = "syncd"
	most           = 8
	idleTime       = 5 * time.Minute
)

// parse reads a URL. Its errors never repeat it, for it may hold a password.
func parse(url string) (place, error) {
	pool, err := pgxpool.ParseConfig(url)
	if err != nil {
		return place{}, unreadable(err)
	}
	config := pool.ConnConfig
	p := place{name: nameOf(config), schema: config.RuntimeParams["search_path"], config: config, most: most}
	if strings.Contains(url, "pool_max_conns=") {
		p.most = int(pool.MaxConns)
	}
	if config.ConnectTimeout == 0 || !strings.Contains(url, "connect_timeout=") {
		config.ConnectTimeout = connectTimeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = application
	}
	// Statements are not prepared under a name, which a pooler in transaction mode may not know of.
	if !strings.Contains(url, "default_query_exec_mode=") {
		config.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	return p, nil
}

func unreadable(err error) error {
	const form = "write postgres://user@host:5432/database; a password follows user and a colon, with %40 for @ and %2F for /"
	// The rest of the message, about a parameter or a file, follows the URL, which pgx has taken the password out of as
	// well as it can.
	_, reason, found := strings.Cut(err.Error(), "`: ")
	if !found || strings.Contains(reason, "parse") || strings.Contains(reason, "://") {
		reason = "it is no URL"
	}
	return fmt.Errorf("state: its URL cannot be used: %s: %s", reason, form)
}

// nameOf returns how messages call a state: host, port and database, and the schema when the URL names one.
func nameOf(config *pgx.ConnConfig) string {
	name := net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))) + "/" + config.Database
	if path := config.RuntimeParams["search_path"]; path != "" {
		name += " schema " + path
	}
	return name
}

// connect returns a pool of connections; none is opened yet. There is one pool for those who read and one for those
// who write, so that many who read links cannot keep each other from writing.
func (p place) connect() *sql.DB {
	db := stdlib.OpenDB(*p.config)
	db.SetMaxOpenConns(p.most)
	db.SetMaxIdleConns(p.most)
	db.SetConnMaxIdleTime(idleTime)
	return db
}

// openError says what is wrong with a state, and what to do. Once a context is done its error is what counts.
func (p place) openError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return fmt.Errorf("state %s: %w", p.name, explain(err))
}
