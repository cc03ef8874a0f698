//go:build !unix

package csvfile

import (
	"io/fs"
	"os"
)

// keepOwner does nothing: a new file inherits its owner here.
func keepOwner(*os.File, fs.FileInfo) {}

// syncDirectory does nothing: a directory cannot be synced here.
func syncDirectory(string) error { return nil }

// takesFiles cannot tell here: the first write does.
func takesFiles(string) error { return nil }
