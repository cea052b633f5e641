"""Lets `python -m touchstone.cli` be the `touchstone` command."""

from touchstone.cli.main import main

main(prog_name="touchstone")
