package config

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is text that nothing prints: an API key, an address with a password. string(s) is the text itself.
type Secret string

const redacted = "[secret]"

func (s Secret) String() string { return redacted }

// Format prints a placeholder for every verb, %#v and %x included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText keeps the secret out of JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue keeps the secret out of logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
