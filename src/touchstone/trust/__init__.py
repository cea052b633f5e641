"""Gathers ballots, runs the engine, publishes trust snapshots."""
