"""The append-only log as pure functions: entries, tree, checkpoints, notes, tiles and their verification."""
