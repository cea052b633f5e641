"""The trust engine: votes in, calibrated trust out; NumPy and Numba only."""
