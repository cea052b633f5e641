"""Instruments, prices, baskets and the ticker stream."""
