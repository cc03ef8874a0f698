package quosim

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"math"
	"strings"
)

// tokens makes page tokens: an offset and a hash of the list's filters, encrypted with a key of this run, so that
// nobody can read one, store one for later or use one with other filters. Their plus signs and slashes punish clients
// that do not escape them.
type tokens struct{ block cipher.Block }

func newTokens() tokens {
	key := make([]byte, 16)
	rand.Read(key) // never fails
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the key's length is right
	}
	return tokens{block}
}

func (t tokens) encode(offset int, filters ...[]string) string {
	var b [aes.BlockSize]byte
	binary.BigEndian.PutUint64(b[:8], uint64(offset))
	binary.BigEndian.PutUint64(b[8:], hash(filters))
	t.block.Encrypt(b[:], b[:])
	return base64.StdEncoding.EncodeToString(b[:])
}

func (t tokens) decode(token string, filters ...[]string) (offset int, ok bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != aes.BlockSize {
		return 0, false
	}
	t.block.Decrypt(b, b)
	n := binary.BigEndian.Uint64(b[:8])
	return int(n), n <= math.MaxInt32 && binary.BigEndian.Uint64(b[8:]) == hash(filters)
}

func hash(filters [][]string) uint64 {
	h := fnv.New64a()
	for _, f := range filters {
		h.Write([]byte(strings.Join(f, "\x00") + "\x01"))
	}
	return h.Sum64()
}
