package quo

import (
	"context"
	"fmt"
	"time"
)

// StopPatience is how long a write that is under way may go on once its run was told to stop. Service managers kill after
// 30 seconds, and what became of the write is yet to be recorded.
const StopPatience = 20 * time.Second

// Outlive returns a context for a write that is under way: it ends StopPatience after ctx does. What became of the write is
// then for the next run to find out. Free it once the write ended.
func Outlive(ctx context.Context) (outliving context.Context, free context.CancelFunc) {
	outliving, end := context.WithCancelCause(context.WithoutCancel(ctx))
	unwatch := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(StopPatience, func() { end(fmt.Errorf("no answer within %s of the end of the run", StopPatience)) })
		context.AfterFunc(outliving, func() { timer.Stop() })
	})
	return outliving, func() { unwatch(); end(nil) }
}
