package quo

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestOutlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		write, free := Outlive(ctx)
		defer free()
		time.Sleep(time.Hour)
		cancel()
		stopped := time.Now()
		synctest.Wait()
		if write.Err() != nil {
			t.Error("the write ended with its run")
		}
		<-write.Done()
		if took := time.Since(stopped); took != StopPatience {
			t.Errorf("the write ended after %s, want %s", took, StopPatience)
		}
		if cause := context.Cause(write); !strings.Contains(cause.Error(), "no answer within 20s") {
			t.Errorf("got %v", cause)
		}
	})
}

func TestOutliveLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails when a goroutine is left
		ctx, cancel := context.WithCancel(t.Context())
		before, freeBefore := Outlive(ctx)
		freeBefore()
		after, freeAfter := Outlive(ctx)
		cancel()
		synctest.Wait()
		freeAfter()
		if before.Err() == nil || after.Err() == nil {
			t.Error("a freed context goes on")
		}
	})
}
