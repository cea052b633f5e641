"""Workloads whose figures are kept."""
