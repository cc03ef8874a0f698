package engine

import (
	"hash/maphash"
	"iter"
	"strings"
)

// caseless tells keys that differ only in case. There is one key for every row and next to never two of this kind, so it
// remembers a hash of each; the keys themselves once a hash has come twice.
type caseless struct {
	seed   maphash.Seed
	hashes map[uint64]struct{} // of keys in lower case
	keys   map[string]string   // key in lower case -> the key that came first; nil before a hash came twice
}

func newCaseless() caseless {
	return caseless{seed: maphash.MakeSeed(), hashes: map[uint64]struct{}{}}
}

// first returns the key that came first of those that differ from key only in case, and key itself when it is the first;
// before are the keys that came before.
func (c *caseless) first(key string, before iter.Seq[string]) string {
	lower := strings.ToLower(key)
	if lower == strings.ToUpper(key) { // it has no letters, so it has no case
		return key
	}
	hash := maphash.String(c.seed, lower)
	_, twice := c.hashes[hash]
	c.hashes[hash] = struct{}{}
	if c.keys == nil && !twice {
		return key
	}
	if c.keys == nil {
		c.keys = map[string]string{}
		for k := range before {
			c.keys[strings.ToLower(k)] = k
		}
	}
	if first, ok := c.keys[lower]; ok {
		return first
	}
	c.keys[lower] = strings.Clone(key)
	return key
}
