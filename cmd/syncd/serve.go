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
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // one that comes too early is not to end the process
	defer signal.Stop(hangups)
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
	defer c.reloadOn(ctx, hangups, log, scheduler, metrics)()
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

// reloadOn reads the configuration again at each signal, until what it returns is called.
func (c *cli) reloadOn(ctx context.Context, signals <-chan os.Signal, log *slog.Logger, scheduler *daemon.Scheduler, metrics *web.Metrics) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
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
	return func() { cancel(); <-done }
}

func (c *cli) reload(ctx context.Context, scheduler *daemon.Scheduler) (*config.Config, error) {
	cfg, err := c.load()
	if err == nil {
		err = scheduler.Reload(ctx, cfg)
	}
	return cfg, err
}
