package daemon

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"syncd/internal/config"
	"syncd/internal/state"
	"syncd/internal/state/postgres"
	"syncd/internal/state/sqlite"
	"syncd/internal/state/sqlstore"
)

// OpenStore opens the state store that the configuration names.
func OpenStore(ctx context.Context, c *config.Config, readOnly bool) (state.Store, error) {
	s, err := openStore(ctx, string(c.State), readOnly)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// openStore opens the state at an address: "sqlite:FILE", or the URL of a Postgres database.
func openStore(ctx context.Context, address string, readOnly bool) (*sqlstore.Store, error) {
	path, isFile := strings.CutPrefix(address, "sqlite:")
	switch {
	case isFile && readOnly:
		return sqlite.OpenReadOnly(ctx, path, sqlite.Options{})
	case isFile:
		return sqlite.Open(ctx, path, sqlite.Options{})
	case readOnly:
		return postgres.OpenReadOnly(ctx, address, postgres.Options{})
	}
	return postgres.Open(ctx, address, postgres.Options{})
}

// StateName returns how messages call the state: the path of its file, or the database without user and password.
func StateName(c *config.Config) string {
	if path, isFile := strings.CutPrefix(string(c.State), "sqlite:"); isFile {
		return path
	}
	return cmp.Or(postgres.Name(string(c.State)), "postgres")
}

// Migrate brings the state to the schema of this version and returns the versions that it had and has, 0 for a state
// that did not exist.
func Migrate(ctx context.Context, c *config.Config) (from, to int64, err error) {
	if path, isFile := strings.CutPrefix(string(c.State), "sqlite:"); isFile {
		return sqlite.Migrate(ctx, path)
	}
	return postgres.Migrate(ctx, string(c.State))
}

// Schema returns the version of the state's schema, and the one that this program needs.
func Schema(ctx context.Context, c *config.Config) (have, need int64, err error) {
	if path, isFile := strings.CutPrefix(string(c.State), "sqlite:"); isFile {
		return sqlite.Version(ctx, path)
	}
	return postgres.Version(ctx, string(c.State))
}

// IsState reports whether an address can be that of a state.
func IsState(address string) bool {
	if path, isFile := strings.CutPrefix(address, "sqlite:"); isFile {
		return path != ""
	}
	scheme, _, _ := strings.Cut(address, ":")
	return scheme == "postgres" || scheme == "postgresql"
}

// Copied is what CopyState copied: how many rows, from and to which state, as messages call them.
type Copied struct {
	Rows     int
	From, To string
}

// CopyState copies the whole state at an address to the one that the configuration names, which must be empty.
func CopyState(ctx context.Context, from string, c *config.Config) (copied Copied, err error) {
	source, err := openStore(ctx, from, true)
	if err != nil {
		return Copied{}, err
	}
	defer source.Close()
	target, err := openStore(ctx, string(c.State), false)
	if err != nil {
		return Copied{}, err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	rows, err := sqlstore.Copy(ctx, source, target)
	return Copied{Rows: rows, From: source.Name, To: target.Name}, err
}
