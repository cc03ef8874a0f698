//go:build unix

package csvfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// keepOwner gives the file the owner and group of info as far as the system permits: only root may give a file
// away, and a failure leaves it with the user that runs syncd.
func keepOwner(file *os.File, info fs.FileInfo) {
	if old, ok := info.Sys().(*syscall.Stat_t); ok {
		if file.Chown(int(old.Uid), int(old.Gid)) != nil {
			_ = file.Chown(-1, int(old.Gid))
		}
	}
}

// syncDirectory brings a rename to the disk.
func syncDirectory(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// takesFiles returns an error when no file can be made in a directory.
func takesFiles(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }
