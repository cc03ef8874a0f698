package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "0d": 0, "30s": 30 * time.Second, "1h30m": 90 * time.Minute, "90d": 90 * day, "1d12h": 36 * time.Hour,
		"100ms": 100 * time.Millisecond, "36500d": maxDuration,
	} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "30", "d", "-1s", "-1d", "1d-1h", "1.5d", "36501d", "36500d1ns", "65536d", "999999h", "1w", "1d 2h", "1d2d"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}

func TestLimit(t *testing.T) {
	for text, want := range map[string]Limit{
		"0": {}, "25": {Count: 25}, "10%": {Percent: 10, IsPercent: true}, "2.5 %": {Percent: 2.5, IsPercent: true},
		"0%": {IsPercent: true}, "150%": {Percent: 150, IsPercent: true},
	} {
		var got Limit
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q: got %+v, %v, want %+v", text, got, err, want)
		}
		var again Limit
		if err := again.UnmarshalText([]byte(got.String())); err != nil || again != got {
			t.Errorf("%q is written as %q and read as %+v", text, got, again)
		}
	}
	for _, text := range []string{"", "%", "-1", "-1%", "NaN%", "Inf%", "ten", "1.5", "10%%", "99999999999999999999"} {
		var got Limit
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q: got %+v, want an error", text, got)
		}
	}
}

func TestParseSchedule(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 3, 2, 6, 30, 0, 0, berlin)
	for spec, want := range map[string]time.Time{
		"@every 15m":                         from.Add(15 * time.Minute),
		"@every 1s":                          from.Add(time.Second),
		"@hourly":                            time.Date(2026, 3, 2, 7, 0, 0, 0, berlin),
		"0 7 * * 1-5":                        time.Date(2026, 3, 2, 7, 0, 0, 0, berlin),
		"CRON_TZ=America/New_York 0 7 * * *": time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC),
		"0 0 29 2 *":                         time.Date(2028, 2, 29, 0, 0, 0, 0, berlin),
	} {
		schedule, err := ParseSchedule(spec)
		if err != nil {
			t.Errorf("%q: %v", spec, err)
		} else if got := schedule.Next(from); !got.Equal(want) {
			t.Errorf("%q: got %v, want %v", spec, got, want)
		}
	}
	for _, spec := range []string{
		"", "TZ=0", "CRON_TZ=", "TZ=UTC", "@every", "@every -5m", "@every 0s", "@every 999ms", "TZ=UTC @every -1h", "0 0 31 2 *",
		"0 0 30 2 *", "* * * *", "* * * * * *", "61 * * * *", "*/0 * * * *", "@reboot", "CRON_TZ=Nowhere 0 7 * * *",
	} {
		if _, err := ParseSchedule(spec); err == nil {
			t.Errorf("%q: no error", spec)
		}
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	type holder struct{ Key Secret }
	h := holder{secret}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+verb+verb, h, &h, h.Key, []Secret{h.Key})
	}
	fmt.Fprint(&out, h.Key.String(), h)
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("x", "key", h.Key, "holder", h)
	}
	asJSON, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Dump(h)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(asJSON)
	out.Write(asYAML)
	hex := fmt.Sprintf("%x", secret)
	if got := out.String(); strings.Contains(got, secret) || strings.Contains(got, hex) || !strings.Contains(got, redacted) {
		t.Errorf("got %s", got)
	}
}

func TestExpandFile(t *testing.T) {
	e := expander{dir: t.TempDir()}
	for name, text := range map[string]string{
		"missing":  "${file:none}",
		"a folder": "${file:.}",
		"endless":  "${file:/dev/zero}",
	} {
		if got, err := e.expand(text); err == nil {
			t.Errorf("%s: got %d bytes and no error", name, len(got))
		}
	}
}
