"""Touchstone: a self-hosted newsroom whose readers tell real from fake."""
