package sheets

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"google.golang.org/api/option"
	api "google.golang.org/api/sheets/v4"
)

// credentials is what is looked at in a file of credentials; none of it is secret.
type credentials struct {
	Type           option.CredentialsType `json:"type"`
	ClientEmail    string                 `json:"client_email"`
	TokenURL       string                 `json:"token_url"`
	ImpersonateURL string                 `json:"service_account_impersonation_url"`
}

// connect makes the client. Nothing is sent yet, so most of what can be wrong with credentials shows at the first call.
func connect(ctx context.Context, o Options) (*client, error) {
	c := &client{spreadsheet: o.Spreadsheet, quota: o.Quota, readOnly: o.ReadOnly, firstWait: o.FirstWait}
	options, err := c.options(o)
	if err != nil {
		return nil, err
	}
	service, err := api.NewService(context.WithoutCancel(ctx), options...) // it keeps ctx to fetch tokens with
	if file := o.credentialsFile(); err != nil && file != "" {             // its error may quote the file
		return nil, fmt.Errorf("credentials: %s is incomplete: download it again", file)
	}
	if err != nil {
		return nil, errors.New("no credentials were found: set credentials_file: to the key of a service account, or " +
			"GOOGLE_APPLICATION_CREDENTIALS")
	}
	c.service = service
	return c, nil
}

// credentialsFile is the file that holds the credentials, "" when none is named.
func (o Options) credentialsFile() string {
	return cmp.Or(o.CredentialsFile, os.Getenv("GOOGLE_APPLICATION_CREDENTIALS"))
}

// options are those of Google's client. It also notes whose credentials they are, for messages.
func (c *client) options(o Options) ([]option.ClientOption, error) {
	scope := api.SpreadsheetsScope
	if o.ReadOnly {
		scope = api.SpreadsheetsReadonlyScope
	}
	options := []option.ClientOption{option.WithScopes(scope), option.WithUserAgent("syncd")}
	if o.Endpoint != "" {
		options = append(options, option.WithEndpoint(strings.TrimSuffix(o.Endpoint, "/")+"/"))
	}
	switch {
	case o.HTTPClient != nil:
		return append(options, option.WithHTTPClient(o.HTTPClient)), nil
	case o.CredentialsFile != "":
		kind, err := c.inspectFile(o.CredentialsFile)
		return append(options, option.WithAuthCredentialsFile(kind, o.CredentialsFile)), err
	case o.Endpoint != "":
		return append(options, option.WithoutAuthentication()), nil
	}
	if path := os.Getenv("GOOGLE_APPLICATION_CREDENTIALS"); path != "" {
		_, err := c.inspectFile(path)
		return options, err
	}
	return options, nil
}

// inspectFile returns the type of the credentials in a file, for Google's client takes any file as what it is told.
func (c *client) inspectFile(path string) (option.CredentialsType, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("credentials: %w", err)
	}
	var found credentials
	if json.Unmarshal(data, &found) != nil { // its error may quote the file
		return "", fmt.Errorf("credentials: %s is not the JSON file that Google Cloud made: download it again", path)
	}
	c.account = found.ClientEmail
	switch found.Type {
	case option.ServiceAccount, option.AuthorizedUser:
		return found.Type, nil
	case option.ExternalAccount, option.ImpersonatedServiceAccount:
		for _, address := range []string{found.TokenURL, found.ImpersonateURL} {
			if !isGoogle(address) {
				return "", fmt.Errorf("credentials: %s sends tokens to an address that is not Google's: "+
					"make it again with gcloud", path)
			}
		}
		c.account = impersonated(found.ImpersonateURL)
		return found.Type, nil
	}
	return "", fmt.Errorf("credentials: %s is of type %q: syncd takes the key of a service account (service_account), "+
		"workload identity (external_account), and what gcloud makes for you", path, found.Type)
}

// isGoogle reports whether an address, if there is one, is that of a Google API.
func isGoogle(address string) bool {
	if address == "" {
		return true
	}
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && strings.HasSuffix(u.Hostname(), ".googleapis.com")
}

// impersonated is the service account in an address such as
// https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/NAME@PROJECT.iam.gserviceaccount.com:generateAccessToken.
func impersonated(address string) string {
	_, account, _ := strings.Cut(address, "/serviceAccounts/")
	account, _, _ = strings.Cut(account, ":")
	return account
}
