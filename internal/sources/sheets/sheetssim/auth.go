package sheetssim

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Role is what somebody may do with the spreadsheet.
type Role int

// The roles; whom nobody gave one may edit.
const (
	Editor Role = iota
	Viewer
	NoAccess
)

// access is who may do what.
type access struct {
	roles  map[string]Role
	keys   map[string]*rsa.PublicKey // by e-mail address
	tokens map[string]Grant
}

// Grant is a token that was given out.
type Grant struct {
	User    string
	Scopes  []string
	Expires time.Time
}

func (a *access) role(user string) Role { return a.roles[user] }

// Share gives a user a role.
func (s *Spreadsheet) Share(user string, role Role) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.access.roles == nil {
		s.access.roles = map[string]Role{}
	}
	s.access.roles[user] = role
}

// ServiceAccount makes a service account and returns its key file, which leads to the token endpoint of the server at
// url.
func (s *Spreadsheet) ServiceAccount(serverURL, email string) ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.access.keys == nil {
		s.access.keys = map[string]*rsa.PublicKey{}
	}
	s.access.keys[email] = &key.PublicKey
	return json.Marshal(map[string]string{
		"type": "service_account", "project_id": "sheetssim", "private_key_id": "1", "client_email": email,
		"client_id":   "100000000000000000001",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"token_uri":   strings.TrimSuffix(serverURL, "/") + "/token",
	})
}

// Grants returns the tokens that were given out, the oldest first.
func (s *Spreadsheet) Grants() []Grant {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Grant
	for _, g := range s.access.tokens {
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b Grant) int { return a.Expires.Compare(b.Expires) })
	return all
}

// RevokeTokens makes all tokens worthless.
func (s *Spreadsheet) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access.tokens = nil
}

// grant answers the token endpoint.
//
// https://developers.google.com/identity/protocols/oauth2/service-account#httprest
func (s *Spreadsheet) grant(c *call) answer {
	claims, err := s.verify(string(c.body))
	if err != nil {
		return jsonAnswer(http.StatusBadRequest, map[string]string{
			"error": "invalid_grant", "error_description": err.Error(),
		})
	}
	if s.access.tokens == nil {
		s.access.tokens = map[string]Grant{}
	}
	const lifetime = time.Hour
	token := fmt.Sprintf("ya29.%d", len(s.access.tokens)+c.record.Number)
	s.access.tokens[token] = Grant{claims.Issuer, strings.Fields(claims.Scope), c.record.At.Add(lifetime)}
	c.record.User = claims.Issuer
	return jsonAnswer(http.StatusOK, map[string]any{
		"access_token": token, "token_type": "Bearer", "expires_in": int(lifetime.Seconds()),
	})
}

// claims are those of a JWT that asks for a token.
type claims struct {
	Issuer string `json:"iss"`
	Scope  string `json:"scope"`
}

func (s *Spreadsheet) verify(form string) (claims, error) {
	var c claims
	values, err := url.ParseQuery(form)
	if err != nil {
		return c, err
	}
	if values.Get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		return c, fmt.Errorf("unsupported grant type %q", values.Get("grant_type"))
	}
	parts := strings.Split(values.Get("assertion"), ".")
	if len(parts) != 3 {
		return c, fmt.Errorf("the assertion is no JWT")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(payload, &c); err != nil {
		return c, err
	}
	key, known := s.access.keys[c.Issuer]
	if !known {
		return c, fmt.Errorf("account not found: %s", c.Issuer)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return c, err
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) != nil {
		return c, fmt.Errorf("invalid JWT signature")
	}
	return c, nil
}

// identify finds out who calls, and the scopes of the token; nil means that no token is needed.
func (s *Spreadsheet) identify(c *call, r *http.Request) ([]string, *apiError) {
	header := r.Header.Get("Authorization")
	if header == "" && !s.options.RequireToken {
		c.user = s.options.User
		c.record.User = c.user
		return nil, nil
	}
	token, _ := strings.CutPrefix(header, "Bearer ")
	g, ok := s.access.tokens[token]
	if !ok || !s.options.Now().Before(g.Expires) {
		return nil, failure(http.StatusUnauthorized, "")
	}
	c.user, c.record.User = g.User, g.User
	return g.Scopes, nil
}

const scopePrefix = "https://www.googleapis.com/auth/"

// The scopes, any one of which a route needs.
var (
	writeScopes    = []string{"drive", "drive.file", "spreadsheets"}
	readScopes     = append([]string{"drive.readonly", "spreadsheets.readonly"}, writeScopes...)
	metadataScopes = []string{
		"drive", "drive.appdata", "drive.file", "drive.meet.readonly", "drive.metadata", "drive.metadata.readonly",
		"drive.photos.readonly", "drive.readonly",
	}
)

func scopesOf(name string, r route) []string {
	switch {
	case name == RouteDriveGet:
		return metadataScopes
	case r.readonly:
		return readScopes
	default:
		return writeScopes
	}
}

func allows(has []string, name string, r route) bool {
	return slices.ContainsFunc(scopesOf(name, r), func(scope string) bool {
		return slices.Contains(has, scopePrefix+scope)
	})
}
