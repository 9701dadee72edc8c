// Command hello is a small web service that greets in many languages. It is an
// example of a project whose dependencies airgo carries across an air gap.
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command().ExecuteContext(ctx); err != nil {
		os.Exit(1)
	}
}

func command() *cobra.Command {
	root := &cobra.Command{Use: "hello", Short: "Greets over HTTP", SilenceUsage: true}
	var file string
	root.PersistentFlags().StringVar(&file, "config", "", "configuration file (.toml or .yaml)")

	root.AddCommand(&cobra.Command{
		Use:   "serve",
		Short: "Serve until interrupted",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(file)
			if err != nil {
				return err
			}
			return serve(cmd.Context(), cfg, zerolog.New(os.Stderr).With().Timestamp().Logger())
		},
	})
	root.AddCommand(&cobra.Command{
		Use:   "selfcheck",
		Short: "Ask the handlers once, without any network, and say whether they answer",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(file)
			if err != nil {
				return err
			}
			if err := selfcheck(newServer(cfg, zerolog.Nop())); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "hello: all handlers answer")
			return nil
		},
	})
	return root
}

func serve(ctx context.Context, cfg config, log zerolog.Logger) error {
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return err
	}
	log.Info().Stringer("address", listener.Addr()).Msg("listening")
	srv := &http.Server{Handler: newServer(cfg, log), ReadHeaderTimeout: 5 * time.Second}

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := srv.Serve(listener); err != http.ErrServerClosed {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return srv.Shutdown(grace)
	})
	return group.Wait()
}
