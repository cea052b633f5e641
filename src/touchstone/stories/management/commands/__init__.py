"""Commands for the newsroom's operator."""
