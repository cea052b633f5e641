"""One run of a crowd-kit method; needs nothing of Touchstone, as crowd-kit lives in an environment of its own."""

import json
import resource
import sys
import time


def main(method: str, path: str) -> None:
    """Load the votes with pandas, fit, and print the figures as JSON."""
    import pandas
    from crowdkit import aggregation

    wall, cpu = time.perf_counter(), time.process_time()
    votes = pandas.read_csv(path, usecols=["story", "reader", "vote"])
    votes = votes.rename(columns={"story": "task", "reader": "worker", "vote": "label"})
    loaded = time.process_time()
    getattr(aggregation, method)().fit(votes)
    figures = {
        "cpu_s": time.process_time() - cpu,
        "wall_s": time.perf_counter() - wall,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "load_cpu_s": loaded - cpu,
        "fit_cpu_s": time.process_time() - loaded,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
