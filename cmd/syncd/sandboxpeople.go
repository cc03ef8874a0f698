package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"syncd/internal/quo/quosim"
)

// This file is a person in Quo's app.

func (s *sandbox) listCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the contacts", Args: arguments(0, 0),
		RunE: s.with(func(w *quosim.Workspace, _ *cobra.Command, _ []string) error {
			contacts := w.Contacts()
			if s.json() {
				return s.printJSON(map[string]any{"contacts": append([]quosim.Contact{}, contacts...)})
			}
			rows := make([][]string, len(contacts))
			for i, k := range contacts {
				rows[i] = []string{k.ID, fullName(orEmpty(k.FirstName), orEmpty(k.LastName), orEmpty(k.Company)), items(k.PhoneNumbers),
					items(k.Emails), orEmpty(k.Source), orEmpty(k.ExternalID)}
				for j, cell := range rows[i] {
					rows[i][j] = printable(cell)
				}
			}
			table(s.out, []string{"ID", "NAME", "PHONES", "E-MAILS", "SOURCE", "EXTERNAL ID"}, rows)
			return nil
		}),
	}
}

func (s *sandbox) showCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show one contact", Args: arguments(1, 1),
		RunE: s.with(func(w *quosim.Workspace, _ *cobra.Command, args []string) error {
			k, ok := w.Get(args[0])
			if !ok {
				return s.noContact(args[0])
			}
			return s.print(w, k)
		}),
	}
}

func (s *sandbox) addCommand() *cobra.Command {
	var o contactOptions
	cmd := &cobra.Command{
		Use: "add", Short: "Add a contact", Args: arguments(0, 0),
		Example: "  syncd sandbox add --file quo.json --first-name Ann --phone mobile=+14155550100 --email work=ann@example.com",
		RunE: s.with(func(w *quosim.Workspace, cmd *cobra.Command, _ []string) error {
			var k quosim.Contact
			if err := o.apply(&k, cmd.Flags(), w.CustomFields()); err != nil {
				return err
			}
			added, err := w.Add(k)
			if err != nil {
				return err
			}
			return s.print(w, added)
		}),
	}
	o.flags(cmd.Flags())
	return cmd
}

func (s *sandbox) editCommand() *cobra.Command {
	var o contactOptions
	cmd := &cobra.Command{
		Use: "edit ID", Short: "Edit a contact", Args: arguments(1, 1),
		Long:    `Edit a contact: what you name changes, the rest stays. An empty value clears; --phone mobile= removes that phone number.`,
		Example: "  syncd sandbox edit 65f0c1a2b3c4d5e6f7a8b9c0 --file quo.json --role CTO --phone mobile=+14155550199",
		RunE: s.with(func(w *quosim.Workspace, cmd *cobra.Command, args []string) error {
			edited, ok := w.Get(args[0])
			if !ok {
				return s.noContact(args[0])
			}
			if err := o.apply(&edited, cmd.Flags(), w.CustomFields()); err != nil {
				return err
			}
			if err := w.Edit(args[0], func(k *quosim.Contact) { *k = edited }); err != nil {
				return err
			}
			edited, _ = w.Get(args[0])
			return s.print(w, edited)
		}),
	}
	o.flags(cmd.Flags())
	return cmd
}

func (s *sandbox) deleteCommand() *cobra.Command {
	return &cobra.Command{
		Use: "delete ID", Short: "Delete a contact", Args: arguments(1, 1),
		RunE: s.with(func(w *quosim.Workspace, _ *cobra.Command, args []string) error {
			if _, ok := w.Get(args[0]); !ok {
				return s.noContact(args[0])
			}
			if err := w.Delete(args[0]); err != nil {
				return err
			}
			if s.json() {
				return s.printJSON(map[string]string{"deleted": args[0]})
			}
			fmt.Fprintf(s.out, "%s deleted\n", value(args[0]))
			return nil
		}),
	}
}

func (s *sandbox) noContact(id string) error {
	return hinted(fmt.Errorf("the workspace has no contact %q", id), "`syncd sandbox list --file "+shellWord(s.file)+"` lists them")
}

// print prints a contact, a member per line.
func (s *sandbox) print(w *quosim.Workspace, k quosim.Contact) error {
	if s.json() {
		return s.printJSON(k)
	}
	lines := [][]string{{"id", k.ID}}
	add := func(name, text string) {
		if text != "" {
			lines = append(lines, []string{printable(name), value(text)})
		}
	}
	add("externalId", orEmpty(k.ExternalID))
	add("source", orEmpty(k.Source))
	add("firstName", orEmpty(k.FirstName))
	add("lastName", orEmpty(k.LastName))
	add("company", orEmpty(k.Company))
	add("role", orEmpty(k.Role))
	for _, item := range k.PhoneNumbers {
		add("phoneNumbers."+item.Name, item.Value)
	}
	for _, item := range k.Emails {
		add("emails."+item.Name, item.Value)
	}
	for _, f := range k.CustomFields {
		add("customFields."+definitionOf(w.CustomFields(), f.Key).Name, customText(f.Value))
	}
	add("updatedAt", moment(k.UpdatedAt))
	printLines(s.out, "", align(lines))
	return nil
}

func customText(value any) string {
	if list, ok := value.([]string); ok {
		return strings.Join(list, ", ")
	}
	return fmt.Sprint(value)
}

func items(list []quosim.Item) string {
	var all string
	for i, item := range list {
		if i > 0 {
			all += ", "
		}
		all += item.Name + "=" + item.Value
	}
	return all
}

// orEmpty is the string at p, "" for null.
func orEmpty(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
