// Package config reads the configuration file and checks it as far as the file alone can be checked: what only
// Quo or the source can tell (a column, a custom field) is left to those who ask them. Every error names file,
// line and column and says what would be right, all of them at once, and none shows a secret.
//
// Start with [Load] and [Config]. The struct tags of the types are the only place that says what an option is
// called (yaml), what it is when left out (default) and which words it takes (enum); decoding, checking and the
// JSON schema of [Schema] read them there.
package config
