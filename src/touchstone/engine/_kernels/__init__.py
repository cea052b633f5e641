"""Compiled kernels of the trust engine and their plain twins; private to the engine."""
