package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"syncd/internal/config"
	"syncd/internal/engine"
	"syncd/internal/state"
)

// notifier tells people what needs them, over a webhook. What there is to tell and what was told stands in the state, so
// that one of many processes tells it, once, also when the webhook is away for a while. Nothing here stops a run.
type notifier struct {
	store  state.Store
	log    *slog.Logger
	client *http.Client
}

// The time limits of telling.
const (
	noticeClaim   = time.Minute      // how long one process alone may try
	noticeTimeout = 10 * time.Second // of a request
	maxNoticeWait = time.Hour        // between two attempts; the first is a minute
)

func newNotifier(store state.Store, log *slog.Logger) *notifier {
	return &notifier{store: store, log: log, client: &http.Client{
		Timeout:       noticeTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// note remembers what there is to tell after a run over all records.
func (n *notifier) note(ctx context.Context, r *engine.Report) error {
	notices, err := n.store.Notices(ctx)
	if err != nil {
		return err
	}
	var before document
	for _, notice := range notices {
		if notice.Sync == r.Sync {
			before = readDocument(notice.Wanted)
		}
	}
	var held []state.Held
	if r.Held != (engine.HeldCounts{}) {
		if held, err = n.store.Held(ctx, r.Sync); err != nil {
			return err
		}
	}
	next := document{r.RunID, before.Matters.after(r, held)}
	return n.store.Want(ctx, r.Sync, next.write())
}

// subject is a sync of which people may be told: whether it is stale and whether it is fresh. A sync that never succeeded, or
// is paused, may be neither, for processes that began at different times do not agree on how long it had; then what people
// were told stands.
type subject struct {
	sync         *config.Sync
	stale, fresh bool
}

// tell tells people what they do not know yet of the syncs that have an address.
func (n *notifier) tell(ctx context.Context, subjects []subject) error {
	notices, err := n.store.Notices(ctx)
	if err != nil {
		return err
	}
	byName := map[string]state.Notice{}
	for _, notice := range notices {
		byName[notice.Sync] = notice
	}
	var errs []error
	for _, s := range subjects {
		if ctx.Err() != nil {
			break
		}
		if now := s.wanted(byName[s.sync.Name]); s.sync.Notify == "" || n.known(now, byName[s.sync.Name]) {
			continue
		}
		errs = append(errs, n.tellOne(ctx, s))
	}
	return errors.Join(errs...)
}

// wanted is what there is to tell, with what only the time tells.
func (s subject) wanted(notice state.Notice) document {
	d := readDocument(notice.Wanted)
	delete(d.Matters, staleMatter)
	if _, told := readDocument(notice.Told).Matters[staleMatter]; s.stale || told && !s.fresh {
		d.Matters[staleMatter] = []uint32{1}
	}
	return d
}

// known reports whether people know what there is to tell.
func (n *notifier) known(now document, notice state.Notice) bool {
	return bytes.Equal(document{Matters: now.Matters}.write(), document{Matters: readDocument(notice.Told).Matters}.write())
}

// tellOne tells people about one sync, unless another process does or it is too early to try again.
func (n *notifier) tellOne(ctx context.Context, s subject) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*noticeTimeout) // whether a message that was given up arrived, nobody knows
	defer cancel()
	notice, ok, err := n.store.ClaimNotice(ctx, s.sync.Name, noticeClaim)
	if err != nil || !ok {
		return err
	}
	now, told := s.wanted(notice), readDocument(notice.Told)
	if lines := now.Matters.lines(told.Matters, now.Run); len(lines) > 0 {
		if err := n.send(ctx, string(s.sync.Notify), "syncd, "+s.sync.Name+": "+strings.Join(lines, "\n")); err != nil {
			n.log.Warn("notification not sent: tried again later", "sync", s.sync.Name, "err", err)
			return n.store.Later(ctx, s.sync.Name, min(noticeClaim<<min(notice.Attempts-1, 10), maxNoticeWait))
		}
		n.log.Info("notification sent", "sync", s.sync.Name)
	}
	return n.store.Told(ctx, s.sync.Name, document{Matters: now.Matters}.write())
}

// send posts a text. Errors do not hold the address, which is a secret.
//
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
func (n *notifier) send(ctx context.Context, address, text string) error {
	body, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return errors.New("notify is not an address")
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := n.client.Do(req)
	if withURL, ok := errors.AsType[*url.Error](err); ok {
		return withURL.Err
	}
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16)) // so that the connection is used again
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("the webhook answers %s", res.Status)
	}
	return nil
}
