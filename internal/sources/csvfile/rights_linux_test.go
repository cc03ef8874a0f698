package csvfile

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"syncd/internal/sources"
)

// asNobody does something with the rights of a user who owns nothing, for root may do all. The thread that gave up its
// rights ends with it.
func asNobody(t *testing.T, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if os.Getuid() == 0 {
			if _, _, err := syscall.RawSyscall(syscall.SYS_SETRESUID, 65534, 65534, 65534); err != 0 {
				t.Error(err)
				return
			}
		}
		do()
	}()
	<-done
}

func TestCheckWrite(t *testing.T) {
	for name, test := range map[string]struct {
		file, dir os.FileMode
		want      string
	}{
		"all may write":          {0o666, 0o777, ""},
		"a file to read":         {0o444, 0o777, "the file may not be written: let the user that runs syncd write it"},
		"a directory to read":    {0o666, 0o555, "its directory takes no new file: let the user that runs syncd write "},
		"a file that is gone":    {0, 0o777, "no such file or directory: check the path"},
		"a closed-off way there": {0o666, 0o444, "permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, "dir")
			path := filepath.Join(dir, "contacts.csv")
			for _, err := range []error{os.Chmod(filepath.Dir(parent), 0o755), os.Mkdir(dir, 0o700), os.WriteFile(path, []byte("id\n1\n"), 0o600), os.Chmod(path, test.file)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			if test.file == 0 {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(dir, test.dir); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.Chmod(dir, 0o700) })
			var err error
			asNobody(t, func() { err = New(Options{Path: path}).CheckWrite(t.Context(), sources.Writes{Deletes: true}) })
			_, right := errors.AsType[*sources.RightError](err)
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), path+": "+test.want)):
				t.Errorf("error %v, want %q", err, test.want)
			case right != strings.Contains(test.want, "let the user"):
				t.Errorf("%T", err)
			}
		})
	}
}
