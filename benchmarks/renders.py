"""Renders pages as the edge does when it bakes them, and prints what that cost as JSON; edge_pages runs it by itself.

Run: python -m benchmarks.renders /path/ /another/ with DATA_DIR and DJANGO_SETTINGS_MODULE set. Before every rendering
a vote comes in and every price moves, so that nothing is found that a living newsroom would not keep.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from decimal import Decimal
from typing import Any

ROUNDS = 41
WARM_UP = 3


def main(paths: list[str]) -> None:
    """Print the costs by path."""
    from django.core.wsgi import get_wsgi_application

    wsgi = get_wsgi_application()
    print(json.dumps(asyncio.run(measure_paths(wsgi, paths))))


async def measure_paths(wsgi: Any, paths: list[str]) -> dict[str, Any]:
    """Costs of each path: processor milliseconds of the first and the median rendering, queries, size, packing."""
    from touchstone.edge.application import spare_the_collector
    from touchstone.edge.passage import Passage, Room

    passage = Passage(wsgi, Room(threads=1, waiting=1))
    firsts = {path: await render(passage, path) for path in paths}
    for path in paths * WARM_UP:
        await render(passage, path)
    spare_the_collector()
    costs = {path: await one_path(passage, path, first_ms=firsts[path][0]) for path in paths}
    passage.close()
    return costs


async def one_path(passage: Any, path: str, *, first_ms: float) -> dict[str, Any]:
    from django.db.backends.utils import CursorWrapper

    from touchstone.markets.queries.studies import forget_studies
    from touchstone.website.pages.ready import make_ready

    spent = []
    for _ in range(ROUNDS):
        await asyncio.to_thread(let_time_pass)
        spent.append((await render(passage, path))[0])
    counted = []
    execute = CursorWrapper.execute
    CursorWrapper.execute = lambda self, sql, params=None: counted.append(sql) or execute(self, sql, params)
    answer = (await render(passage, path))[1]
    CursorWrapper.execute = execute
    forget_studies()
    studied_ms = (await render(passage, path))[0]
    began = time.process_time()
    page = make_ready(path, answer, at=0.0)
    return {
        "cpu_ms": round(sorted(spent)[ROUNDS // 2], 2),
        "least_cpu_ms": round(min(spent), 2),
        "queries": len(counted),
        "bytes": len(answer.body),
        "brotli_bytes": len(page.copy_for(b"br").body),
        "packing_cpu_ms": round(1000 * (time.process_time() - began), 2),
        "with_new_studies_cpu_ms": round(studied_ms, 2),
        "first_cpu_ms": round(first_ms, 1),
    }


async def render(passage: Any, path: str) -> tuple[float, Any]:
    began = time.process_time()
    answer = await passage.render(path, host="127.0.0.1", scheme="http")
    spent_ms = 1000 * (time.process_time() - began)
    if answer.status != 200:
        raise RuntimeError(f"{path} answers {answer.status}")
    return spent_ms, answer


def let_time_pass() -> None:
    """One more vote for every story, and every price a little higher."""
    from django.db.models import F
    from django.utils import timezone

    from touchstone.markets.models import Quote
    from touchstone.votes.models import Tally

    Tally.objects.filter(real__gt=0).update(real=F("real") + 1)
    Quote.objects.update(price=F("price") * Decimal("1.0001"), as_of=timezone.now())


if __name__ == "__main__":
    main(sys.argv[1:])
