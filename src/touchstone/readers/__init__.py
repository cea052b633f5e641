"""Accounts, passkeys, anonymous reader keys and tiers."""
