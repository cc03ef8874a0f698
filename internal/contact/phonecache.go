package contact

import "sync"

// phoneCache remembers what parsePhone said. It holds at most two generations of size entries each: when the
// young one is full it becomes the old one, and what is asked for again moves on.
type phoneCache struct {
	size int

	mu         sync.Mutex
	young, old map[phoneInput]phoneResult
}

type phoneInput struct{ text, region string }

type phoneResult struct {
	e164 string
	err  error
}

func (c *phoneCache) parse(s, region string) (string, error) {
	in := phoneInput{s, region}
	if r, ok := c.get(in); ok {
		return r.e164, r.err
	}
	e164, err := parsePhone(s, region)
	if len(s) <= maxPhone {
		c.put(in, phoneResult{e164, err})
	}
	return e164, err
}

func (c *phoneCache) get(in phoneInput) (phoneResult, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.young[in]; ok {
		return r, true
	}
	r, ok := c.old[in]
	if ok {
		c.add(in, r)
	}
	return r, ok
}

func (c *phoneCache) put(in phoneInput, r phoneResult) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(in, r)
}

func (c *phoneCache) add(in phoneInput, r phoneResult) {
	if c.young == nil || len(c.young) >= c.size {
		c.young, c.old = make(map[phoneInput]phoneResult), c.young
	}
	c.young[in] = r
}
