package sheetssim

import (
	"strconv"
	"time"
)

// modification is what Drive knows about changes.
type modification struct {
	version  int64
	last     time.Time // of all changes
	previous time.Time // the last one before the period that last is in
}

func (m *modification) note(now time.Time, lag time.Duration) {
	m.version++
	if lag == 0 || !now.Truncate(lag).Equal(m.last.Truncate(lag)) {
		m.previous = m.last
	}
	m.last = now
}

// shown is the time that Drive tells, which may lag.
func (m *modification) shown(now time.Time, lag time.Duration) time.Time {
	if lag != 0 && now.Truncate(lag).Equal(m.last.Truncate(lag)) && !m.previous.IsZero() {
		return m.previous
	}
	return m.last
}

// file is a resource of Drive.
//
// https://developers.google.com/workspace/drive/api/reference/rest/v3/files
type file struct {
	Kind         string `json:"kind"`
	ID           string `json:"id"`
	Name         string `json:"name"`
	MimeType     string `json:"mimeType"`
	Version      string `json:"version"`
	ModifiedTime string `json:"modifiedTime"`
}

const sheetType, excelType = "application/vnd.google-apps.spreadsheet",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

func (s *Spreadsheet) getFile(c *call) (any, error) {
	f := file{
		Kind: "drive#file", ID: s.options.ID, Name: s.book.Title, MimeType: sheetType,
		Version: strconv.FormatInt(s.drive.version, 10),
	}
	shown := s.drive.shown(s.options.Now(), s.options.ModifiedLag)
	f.ModifiedTime = shown.UTC().Format("2006-01-02T15:04:05.000Z")
	if s.book.Office {
		f.MimeType = excelType
	}
	if c.query.Get("fields") == "" {
		c.fields = "kind,id,name,mimeType"
	}
	return f, nil
}
