package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"syncd/internal/config"
)

// setVariable matches what the configuration says of a variable that is missing.
var setVariable = regexp.MustCompile(`\bset ([A-Za-z_]\w*)`)

func configuration(path string, err error, command func(args ...string) string) []Finding {
	wrong, ok := errors.AsType[*config.Error](err)
	if !ok {
		return []Finding{{Level: Stop, Area: "file", Where: path, What: err.Error(), Why: "this version cannot run the sync",
			Next: "take the sync out of the file, or set paused: true when a newer version runs it"}}
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return []Finding{{Level: Stop, Area: "file", Where: path, What: "there is no such file", Why: "it says what is kept the same",
			Next: "make one from your rows: " + command("init", "--csv", "FILE")}}
	}
	var findings []Finding
	for _, p := range wrong.Problems {
		f := Finding{Level: Stop, Area: "file", Where: place(path, p), What: p.Message, Why: "a run does not start on a file that it may misread",
			Next: fmt.Sprintf("mend line %d of %s", p.Line, path)}
		if m := setVariable.FindStringSubmatch(p.Message); m != nil {
			f.Area, f.Why, f.Next = "environment", "the file takes a value from there", "export "+m[1]+"=…"
			if strings.Contains(p.Message, "api_key") || strings.Contains(m[1], "QUO") {
				f.Next += "  (a key is made in Quo: Settings, API)"
			}
		}
		if p.Line == 0 {
			f.Next = "let this user read " + path
		}
		findings = append(findings, f)
	}
	return findings
}

func place(path string, p config.Problem) string {
	if p.Line == 0 {
		return path
	}
	return fmt.Sprintf("%s:%d:%d", path, p.Line, p.Column)
}
