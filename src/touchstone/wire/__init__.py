"""Feeds in: fetch, parse, deduplicate, draft stories for editors."""
