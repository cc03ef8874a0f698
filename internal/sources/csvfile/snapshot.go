package csvfile

import (
	"errors"
	"hash/maphash"
	"io"
	"io/fs"
	"os"
)

// A snapshot is the file as it stood when it was opened. Every pass over it is checked against the hash of its
// content, so that two passes that both end well saw the same bytes.
type snapshot struct {
	*os.File
	info fs.FileInfo
	seed maphash.Seed
	sum  uint64
	dialect
	notice string // what a person ought to hear about the dialect
}

var (
	errEmpty   = errors.New("the file is empty: its first line must name the columns")
	errChanged = errors.New("the file changed while it was read: run again")
)

// open takes a snapshot. The caller closes it.
func (f *File) open(path string) (_ *snapshot, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("a directory, not a CSV file: check the path")
	case !info.Mode().IsRegular(): // to open a pipe would wait for its writer
		return nil, errors.New("not a regular file: check the path")
	case info.Size() == 0:
		return nil, errEmpty
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s := &snapshot{File: file, info: info, seed: maphash.MakeSeed()}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	if s.dialect, s.notice, err = f.dialect(s.all); err != nil {
		return nil, err
	}
	if s.sum, err = sum(s.all(), s.seed); err != nil {
		return nil, err
	}
	return s, s.unchanged()
}

// all reads the file from its start to where it ended when the snapshot was taken.
func (s *snapshot) all() io.Reader { return io.NewSectionReader(s.File, 0, s.info.Size()) }

// unchanged returns errChanged unless the path of the snapshot still leads to the same file, with the size and the
// time of change that it had.
func (s *snapshot) unchanged() error {
	info, err := os.Stat(s.Name())
	if err != nil {
		return err
	}
	if !os.SameFile(info, s.info) || info.Size() != s.info.Size() || !info.ModTime().Equal(s.info.ModTime()) {
		return errChanged
	}
	return nil
}

// same is unchanged that reads the content too.
func (s *snapshot) same() error {
	if err := s.unchanged(); err != nil {
		return err
	}
	now, err := sum(s.all(), s.seed)
	if err != nil {
		return err
	}
	if now != s.sum {
		return errChanged
	}
	return nil
}

// A pass reads the text of a snapshot once, as the scanner is to see it.
type pass struct {
	io.Reader
	snap *snapshot
	hash maphash.Hash
}

func (s *snapshot) pass() (*pass, error) {
	p := &pass{snap: s}
	p.hash.SetSeed(s.seed)
	text, err := s.text(io.TeeReader(s.all(), &p.hash))
	p.Reader = text
	return p, err
}

// Read returns errChanged in place of io.EOF when the bytes were not those of the snapshot.
func (p *pass) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if err == io.EOF && p.hash.Sum64() != p.snap.sum {
		err = errChanged
	}
	return n, err
}

func sum(r io.Reader, seed maphash.Seed) (uint64, error) {
	var hash maphash.Hash
	hash.SetSeed(seed)
	_, err := io.Copy(&hash, r)
	return hash.Sum64(), err
}
