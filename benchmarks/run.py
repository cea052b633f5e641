"""Runs every workload but the largest, or those named, and keeps figures in benchmarks/results/: `make bench`."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from pathlib import Path

from benchmarks.record import keep

HERE = Path(__file__).parent
NOT_WORKLOADS = {"run", "record", "__init__"}
ON_REQUEST = {"speed_1e8"}  # too large to run with the others


def workloads() -> list[str]:
    """Names of the modules in this folder that have a `measure` function."""
    names = [path.stem for path in sorted(HERE.glob("*.py")) if path.stem not in NOT_WORKLOADS]
    return [name for name in names if "\ndef measure(" in (HERE / f"{name}.py").read_text()]


def main() -> int:
    """Measure the named workloads, or all; 0 when every one ran."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some of: {', '.join(workloads())}")
    asked = parser.parse_args().names or sorted(set(workloads()) - ON_REQUEST)
    unknown = sorted(set(asked) - set(workloads()))
    if unknown:
        parser.error(f"there is no workload {', '.join(unknown)}; there are: {', '.join(workloads())}")
    failed = []
    for place, name in enumerate(asked, 1):
        print(f"[{place}/{len(asked)}] {name}", flush=True)
        started = time.monotonic()
        try:
            figures = importlib.import_module(f"benchmarks.{name}").measure()
        except Exception as err:
            print(f"    failed: {err}", flush=True)
            failed.append(name)
            continue
        print(json.dumps(figures, indent=1, ensure_ascii=False))
        print(f"    {time.monotonic() - started:.0f} s, kept in {keep(name, figures)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
