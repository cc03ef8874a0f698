package quo

import "time"

// Exchange is one request that was sent and what came of it, for who counts them.
type Exchange struct {
	Method string
	Status int           // 0 when no answer came
	Repeat bool          // it repeats one that failed
	Waited time.Duration // for its turn, to keep the limit
	Took   time.Duration // from sending it to the end of the answer
}

func (c *Client) observe(e Exchange) {
	if c.options.Observe != nil {
		c.options.Observe(e)
	}
}
