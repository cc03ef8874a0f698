package pgtest

import (
	"os"
	"os/exec"
	"testing"
)

// Shell returns a command of a shell that finds the programs of PostgreSQL, such as pg_dump.
func Shell(t testing.TB, text string) *exec.Cmd {
	t.Helper()
	path := os.Getenv("PATH")
	if bin, err := binaries(); err == nil { // else the programs may be there without the server
		path = bin + string(os.PathListSeparator) + path
	}
	cmd := exec.Command("/bin/sh", "-c", text)
	cmd.Env = append(os.Environ(), "PATH="+path)
	return cmd
}
