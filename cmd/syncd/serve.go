package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	systemd "github.com/coreos/go-systemd/v22/daemon"

	"syncd/internal/config"
	"syncd/internal/daemon"
	"syncd/internal/web"
)

// serve runs the configured syncs by their schedules until a signal ends ctx.
func (c *cli) serve(ctx context.Context) (err error) {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if c.logLevel == "" {
		c.logLevel = "info"
	}
	log, metrics := c.logger(c.err), web.NewMetrics(version())
	app, err := daemon.Open(ctx, daemon.Options{Config: cfg, Log: log, Version: version(), Observe: metrics.Exchanged})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	scheduler, err := app.Scheduler()
	if err != nil {
		return err
	}
	scheduler.Ran = metrics.Ran
	metrics.Registry.MustRegister(web.NewStateCollector(scheduler, app.Store))
	if cfg.Listen != "" {
		handler := web.NewHandler(web.Options{Daemon: scheduler, Metrics: metrics.Registry, Pprof: cfg.Pprof})
		server, err := web.Start(ctx, cfg.Listen, handler, log)
		if err != nil {
			return hinted(err, `listen names the address; "" turns health and metrics off`)
		}
		defer server.Stop()
		log.Info("listening", "address", server.Address())
	}
	scheduler.Ready = func() {
		log.Info("started", "version", version(), "syncs", len(cfg.Syncs))
		tellSystemd(log, systemd.SdNotifyReady)
	}
	defer c.reloadOnSignal(ctx, log, scheduler, metrics)()
	defer context.AfterFunc(ctx, func() { tellSystemd(log, systemd.SdNotifyStopping) })()
	if err := scheduler.Run(ctx); err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}

// tellSystemd tells a service manager that waits for it how far this process is; without one it does nothing.
//
// https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
func tellSystemd(log *slog.Logger, state string) {
	if _, err := systemd.SdNotify(false, state); err != nil {
		log.Warn("service manager not told", "err", err)
	}
}

// reloadOnSignal reads the configuration again at each SIGHUP, until what it returns is called.
func (c *cli) reloadOnSignal(ctx context.Context, log *slog.Logger, scheduler *daemon.Scheduler, metrics *web.Metrics) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGHUP)
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-signals:
			}
			cfg, err := c.reload(ctx, scheduler)
			metrics.Reloaded(err)
			if err != nil {
				log.Error("configuration not reloaded: the old one stays", "err", err)
			} else {
				log.Info("configuration reloaded", "syncs", len(cfg.Syncs))
			}
		}
	}()
	return func() { signal.Stop(signals); cancel(); <-done }
}

func (c *cli) reload(ctx context.Context, scheduler *daemon.Scheduler) (*config.Config, error) {
	cfg, err := c.load()
	if err == nil {
		err = scheduler.Reload(ctx, cfg)
	}
	return cfg, err
}
