"""Prices and one moment in, abnormal return out."""
