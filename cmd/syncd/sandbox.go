package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/quo/quosim"
)

const sandboxHelp = `The sandbox is a Quo workspace in a file, to try syncd without an account. Let syncs use it with

  quo: {base_url: "sandbox:FILE"}

or serve it over HTTP. The other commands do what a person does in Quo's app. Only one process at a time can open the
file.`

// sandbox is the workspace that the sandbox commands work on.
type sandbox struct {
	*cli
	file string
}

func (c *cli) sandboxCommand() *cobra.Command {
	s := &sandbox{cli: c}
	cmd := &cobra.Command{
		Use: "sandbox", Short: "Try syncd with the built-in Quo workspace", Long: sandboxHelp,
		Example: `  syncd sandbox add --file quo.json --first-name Ann --last-name Lee --phone mobile=+14155550100
  syncd sandbox list --file quo.json
  syncd sandbox serve --file quo.json --listen 127.0.0.1:8089`,
	}
	group(cmd, s.serveCommand(), s.listCommand(), s.showCommand(), s.addCommand(), s.editCommand(), s.deleteCommand())
	cmd.PersistentFlags().StringVar(&s.file, "file", "", "the `FILE` that keeps the workspace")
	return cmd
}

// open opens the workspace; a file that does not exist is made.
func (s *sandbox) open(o quosim.Options) (*quosim.Workspace, error) {
	if s.file == "" {
		return nil, usage(errors.New("which workspace?"), "add --file FILE, such as --file quo.json")
	}
	o.File, o.KeepRequests = s.file, -1
	return quosim.New(o)
}

// with makes the RunE of a command that works on the open workspace.
func (s *sandbox) with(do func(w *quosim.Workspace, cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) (err error) {
		workspace, err := s.open(quosim.Options{})
		if err != nil {
			return err
		}
		defer func() {
			if closeErr := workspace.Close(); err == nil {
				err = closeErr
			}
		}()
		return do(workspace, cmd, args)
	}
}

func (s *sandbox) serveCommand() *cobra.Command {
	var listen string
	var keys []string
	var limit int
	cmd := &cobra.Command{
		Use: "serve", Short: "Serve the workspace over HTTP, as Quo's API", Args: arguments(0, 0),
		Example: "  syncd sandbox serve --file quo.json --listen 127.0.0.1:8089 --key sandbox --requests-per-second 10",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if limit < 1 {
				return usage(fmt.Errorf("--requests-per-second %d: write a count from 1", limit), "")
			}
			workspace, err := s.open(quosim.Options{Keys: keys, RequestsPerSecond: limit})
			if err != nil {
				return err
			}
			defer func() {
				if closeErr := workspace.Close(); err == nil {
					err = closeErr
				}
			}()
			return s.serve(cmd.Context(), workspace, listen)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&listen, "listen", "127.0.0.1:8089", "the `ADDRESS` to listen on, as host:port")
	flags.StringArrayVar(&keys, "key", []string{"sandbox"}, "an API `KEY` to accept; may be repeated")
	flags.IntVar(&limit, "requests-per-second", 10, "how many `REQUESTS` a key may send in any second")
	return cmd
}

// serve serves the workspace until the context ends.
func (s *sandbox) serve(ctx context.Context, workspace *quosim.Workspace, address string) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	server := &http.Server{Handler: workspace, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() {
		finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(finish) // what is not answered by then is cut off
	})
	defer stop()
	fmt.Fprintf(s.out, "http://%s\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("sandbox: %w", err)
	}
	return nil
}
