package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"syncd/internal/config"
	"syncd/internal/engine"
	"syncd/internal/state"
)

func TestRescue(t *testing.T) {
	var stderr bytes.Buffer
	c := &cli{err: &stderr}
	c.secrets.learn(&config.Config{Quo: config.Quo{APIKey: "a-secret-key"}})
	code := 0
	func() {
		defer c.rescue(&code)
		panic("index out of range\nof a-secret-key \x1b[2J")
	}()
	want := "syncd: error: bug in syncd: index out of range of [secret] \\x1b[2J\n" +
		"syncd: hint: please report the line above and what you did; the next run continues where this one ended\n"
	if got := stderr.String(); got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	if code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
}

// Errors of a sync name it once, and say the same thing once.
func TestComplainAboutSync(t *testing.T) {
	var stderr bytes.Buffer
	c := &cli{err: &stderr}
	c.complain("customers", errors.Join(state.ErrLeaseLost, fmt.Errorf("sync customers: %w", state.ErrLeaseLost)), "")
	if want := "syncd: error: customers: " + state.ErrLeaseLost.Error() + "\n"; stderr.String() != want {
		t.Errorf("printed %q, want %q", stderr.String(), want)
	}
}

func TestWorse(t *testing.T) {
	order := []exit{exitFailed, exitHeld, exitLeased, exitStrict, exitDone}
	for i, first := range order {
		for _, second := range order[i:] {
			if got := worse(first, second); got != first {
				t.Errorf("worse(%d, %d) = %d", first, second, got)
			}
			if got := worse(second, first); got != first {
				t.Errorf("worse(%d, %d) = %d", second, first, got)
			}
		}
	}
}

func TestReportCode(t *testing.T) {
	for _, tt := range []struct {
		status state.RunStatus
		left   bool
		want   exit
	}{
		{state.RunDone, false, exitDone},
		{state.RunDone, true, exitStrict},
		{state.RunHeld, true, exitHeld},
		{state.RunFailed, true, exitFailed},
		{state.RunSkipped, true, exitLeased},
	} {
		if got := reportCode(&engine.Report{Status: tt.status}, tt.left); got != tt.want {
			t.Errorf("%s, left %v: %d, want %d", tt.status, tt.left, got, tt.want)
		}
	}
}

// A full disk behind stdout must not look like success.
func TestOutputThatFails(t *testing.T) {
	var stderr bytes.Buffer
	code := run([]string{"version"}, strings.NewReader(""), fullDisk{}, &stderr, func(string) (string, bool) { return "", false })
	if want := "syncd: error: no space left\n"; code != exitFailed || stderr.String() != want {
		t.Errorf("exit code %d, printed %q; want %d, %q", code, stderr.String(), exitFailed, want)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestLogKeepsSecrets(t *testing.T) {
	const secret = "sk-live-0123456789"
	cfg := &config.Config{State: "postgres://me:" + secret + "@db/syncd", Quo: config.Quo{APIKey: secret}}
	for _, format := range []string{"text", "json"} {
		var log bytes.Buffer
		c := &cli{err: &log, getenv: func(string) (string, bool) { return "", false }, logFormat: format, logLevel: "debug"}
		c.secrets.learn(cfg)
		l := c.logger(&log)
		l.With("key", secret).Debug("with "+secret, "err", errors.New("sent "+secret), "state", cfg.State,
			"url", string(cfg.State), slog.Group("request", "authorization", secret), "any", []string{secret}, "bad", "\x1b[2J")
		if got := log.String(); strings.Contains(got, secret) || strings.Contains(got, "\x1b") || !strings.Contains(got, "[secret]") {
			t.Errorf("%s: %s", format, got)
		}
	}
}

func TestLogLevel(t *testing.T) {
	for _, tt := range []struct {
		format, level string
		want          slog.Level
	}{
		{"text", "", slog.LevelWarn},
		{"json", "", slog.LevelInfo},
		{"text", "debug", slog.LevelDebug},
		{"json", "error", slog.LevelError},
	} {
		c := &cli{err: &bytes.Buffer{}, getenv: func(string) (string, bool) { return "", false }, logFormat: tt.format, logLevel: tt.level}
		l := c.logger(&bytes.Buffer{})
		if !l.Enabled(t.Context(), tt.want) || l.Enabled(t.Context(), tt.want-1) {
			t.Errorf("--log-format %s --log-level %q: not %v", tt.format, tt.level, tt.want)
		}
	}
}
