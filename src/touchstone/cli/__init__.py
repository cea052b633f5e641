"""The `touchstone` command; its pure subcommands never load Django."""
