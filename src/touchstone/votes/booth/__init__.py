"""The booth: one writer that commits votes in groups and answers after the commit, and the checks before it."""
