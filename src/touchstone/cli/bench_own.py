"""One run of the published method in a process of its own: load a file of votes and fit, twice, the second measured."""

from __future__ import annotations

import json
import resource
import sys
import time

from touchstone.engine import Combined, read_ballots, threads_at_work


def measure(path: str, threads: int) -> dict[str, float]:
    """CPU and wall seconds of loading and of fitting, and the process's largest memory in MB."""
    wall, cpu = time.perf_counter(), time.process_time()
    ballots = read_ballots(path, threads=threads)
    loaded = time.process_time()
    with threads_at_work(threads):
        Combined().fit(ballots)
    return {
        "cpu_s": time.process_time() - cpu,
        "wall_s": time.perf_counter() - wall,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "load_cpu_s": loaded - cpu,
        "fit_cpu_s": time.process_time() - loaded,
    }


if __name__ == "__main__":
    measure(sys.argv[1], 1)
    print(json.dumps(measure(sys.argv[2], int(sys.argv[3]))))
