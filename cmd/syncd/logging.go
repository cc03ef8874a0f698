package main

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/lmittmann/tint"

	"syncd/internal/config"
	"syncd/internal/contact"
)

// logger returns the log of a command. Without --log-level it tells the owner of a terminal of warnings only, and a
// log collector (--log-format json) of every run.
func (c *cli) logger(w io.Writer) *slog.Logger {
	level := slog.LevelWarn
	if c.logFormat == "json" {
		level = slog.LevelInfo
	}
	if c.logLevel != "" {
		_ = level.UnmarshalText([]byte(c.logLevel)) // the flag takes nothing else
	}
	if c.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: c.redactAttr}))
	}
	return slog.New(tint.NewTextHandler(w, &tint.Options{Level: level, ReplaceAttr: c.redactAttr,
		TimeFormat: "15:04:05", NoColor: !colors(c.err, c.getenv)}))
}

// redactAttr keeps secrets, and what a terminal would obey, out of the log.
func (c *cli) redactAttr(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(printable(c.redact(a.Value.String())))
	case slog.KindAny:
		if _, isLevel := a.Value.Any().(slog.Level); !isLevel {
			a.Value = slog.StringValue(printable(c.redact(said(a.Value.Any()))))
		}
	}
	return a
}

// said is what the log says of a value.
func said(value any) string {
	if err, isError := value.(error); isError {
		return contact.Anonymous(err)
	}
	return fmt.Sprint(value)
}

// redact returns text without the secrets of the configuration.
func (c *cli) redact(s string) string { return c.secrets.redact(s) }

// minSecret is the length below which a word is no secret: replacing it everywhere would spoil every message.
const minSecret = 8

// secrets replaces the secrets of all configurations that were read: runs end with the one that they began with. It may
// be used by several goroutines at once.
type secrets struct {
	mu       sync.RWMutex
	pairs    []string // as strings.NewReplacer takes them
	replacer *strings.Replacer
}

func (s *secrets) redact(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.replacer == nil {
		return text
	}
	return s.replacer.Replace(text)
}

func (s *secrets) learn(cfg *config.Config) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range secretsOf(cfg) {
		if text := string(secret); len(text) >= minSecret && !slices.Contains(s.pairs, text) {
			s.pairs = append(s.pairs, text, secret.String())
		}
	}
	s.replacer = strings.NewReplacer(s.pairs...)
}

func secretsOf(cfg *config.Config) []config.Secret {
	all := []config.Secret{cfg.Quo.APIKey, cfg.Notify}
	if !strings.HasPrefix(string(cfg.State), "sqlite:") {
		all = append(all, cfg.State)
	}
	for i := range cfg.Syncs {
		all = append(all, cfg.Syncs[i].Quo.APIKey, cfg.Syncs[i].Notify)
		if pg := cfg.Syncs[i].Source.Postgres; pg != nil {
			all = append(all, pg.URL)
		}
	}
	return all
}
