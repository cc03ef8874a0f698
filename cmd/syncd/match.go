package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"syncd/internal/daemon"
	"syncd/internal/state"
)

func (c *cli) matchCommand() *cobra.Command {
	var another bool
	cmd := &cobra.Command{
		Use: "match SYNC KEY CONTACT|--new", Short: "Say whether a contact in Quo belongs to a row", Args: arguments(2, 3),
		Long: `Say whether a contact in Quo that has the phone number or e-mail of a new row belongs to it. If so, the next run gives the
contact the row's key and merges the two. With --new the row gets a contact of its own. CONTACT is the id in the problem.`,
		Example: `  syncd match customers C-1042 66d0d87d534de8fd1c433cec
  syncd match customers C-1042 --new`,
		ValidArgsFunction: c.completing(c.offerSyncs, c.offerProblems),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 2 && !another:
				return usage(errors.New("match: which contact?"), "name its id, or add --new for a new contact")
			case len(args) == 3 && another:
				return usage(errors.New("match: a contact and --new exclude each other"), "")
			case len(args) == 3 && strings.TrimSpace(args[2]) == "":
				return usage(errors.New("match: the id of the contact is empty"), "--new makes a new contact")
			}
			return c.writing(c.match)(cmd, args)
		},
	}
	cmd.Flags().BoolVar(&another, "new", false, "make a new contact for the row")
	return cmd
}

func (c *cli) match(ctx context.Context, app *daemon.App, args []string) error {
	s, key, err := record(app, args)
	if err != nil {
		return err
	}
	contactID := ""
	if len(args) == 3 {
		contactID = strings.TrimSpace(args[2])
	}
	problems, err := app.Store.Problems(ctx, s.Name)
	if err != nil {
		return err
	}
	link, err := app.Store.Link(ctx, s.Name, key)
	linked := err == nil && link.Linked()
	if !linked && !slices.ContainsFunc(problems, func(p state.Problem) bool { return p.Key == key }) {
		return hinted(fmt.Errorf("%s has no problem in %s that you could settle", value(key), s.Name),
			fmt.Sprintf("%#q lists those of the last run", c.hintCommand("problems", s.Name)))
	}
	err = app.Store.Match(ctx, s.Name, key, contactID)
	switch {
	case errors.As(err, new(*state.ExistsError)):
		return hinted(fmt.Errorf("%s has a contact already", value(key)), fmt.Sprintf("see %#q", c.hintCommand("history", s.Name, key)))
	case err != nil:
		return err
	case c.json():
		return c.printJSON(map[string]string{"sync": s.Name, "key": key, "contact_id": contactID})
	case contactID == "":
		fmt.Fprintf(c.out, "%s: the next run of %s makes a contact of its own\n", value(key), s.Name)
	default:
		fmt.Fprintf(c.out, "%s: the next run of %s links it with the contact %s\n", value(key), s.Name, value(contactID))
	}
	return nil
}
