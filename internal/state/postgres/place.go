package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"syncd/internal/pgserver"
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
	most     = 8
	idleTime = 5 * time.Minute
)

// parse reads a URL. Its errors never repeat it, for it may hold a password.
func parse(url string) (place, error) {
	pool, err := pgserver.Parse(url)
	if err != nil {
		return place{}, fmt.Errorf("state: %w", err)
	}
	config := pool.ConnConfig
	p := place{name: nameOf(config), schema: config.RuntimeParams["search_path"], config: config, most: most}
	if strings.Contains(url, "pool_max_conns=") {
		p.most = int(pool.MaxConns)
	}
	return p, nil
}

// nameOf returns how messages call a state: host, port and database, and the schema when the URL names one.
func nameOf(config *pgx.ConnConfig) string {
	name := pgserver.Name(config)
	if path := config.RuntimeParams["search_path"]; path != "" {
		name += " schema " + path
	}
	return name
}

// Name returns how messages call the state at a URL: without user and password; "" when the URL cannot be used.
func Name(url string) string {
	p, err := parse(url)
	if err != nil {
		return ""
	}
	return p.name
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
