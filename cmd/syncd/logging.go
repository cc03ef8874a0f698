package main

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/lmittmann/tint"

	"syncd/internal/config"
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
			a.Value = slog.StringValue(printable(c.redact(fmt.Sprint(a.Value.Any()))))
		}
	}
	return a
}

// redact returns text without the secrets of the configuration.
func (c *cli) redact(s string) string {
	if c.secrets == nil {
		return s
	}
	return c.secrets.Replace(s)
}

// minSecret is the length below which a word is no secret: replacing it everywhere would spoil every message.
const minSecret = 8

// secretsOf returns what replaces the secrets of a configuration.
func secretsOf(cfg *config.Config) *strings.Replacer {
	secrets := []config.Secret{cfg.Quo.APIKey}
	if !strings.HasPrefix(string(cfg.State), "sqlite:") {
		secrets = append(secrets, cfg.State)
	}
	for i := range cfg.Syncs {
		secrets = append(secrets, cfg.Syncs[i].Quo.APIKey)
		if pg := cfg.Syncs[i].Source.Postgres; pg != nil {
			secrets = append(secrets, pg.URL)
		}
	}
	var pairs []string
	for _, s := range secrets {
		if len(s) >= minSecret {
			pairs = append(pairs, string(s), s.String())
		}
	}
	return strings.NewReplacer(pairs...)
}
