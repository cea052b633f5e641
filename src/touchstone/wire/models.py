"""Feeds that the newsroom reads and the items found in them."""
