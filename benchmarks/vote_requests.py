"""Writes votes as raw requests: `python -m benchmarks.vote_requests FILE COUNT HOST` on a newsroom's DATA_DIR.

Cookie, one-time token and challenge are made by the newsroom's own code with its own secret, just as its vote-token
address makes them, only without a round trip for each; the challenge is solved as a browser would solve it.
Each vote is by a reader of its own. In the file every request comes after its length in eight characters.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django

STORIES = 5  # a rush of votes goes to a few stories


def main() -> None:
    """Write so many votes."""
    file, count, host = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "touchstone.config.settings")
    django.setup()
    with file.open("wb") as out:
        for raw in requests(count, host):
            out.write(b"%8d" % len(raw) + raw)


def requests(count: int, host: str) -> Iterator[bytes]:
    """Votes of so many new readers, one in four of them against."""
    from touchstone.readers.models import new_id
    from touchstone.votes.booth.door import COOKIE, Quotas, VoteDoor, new_carried

    door, answers, now_s = VoteDoor(Quotas()), open_stories(), int(time.time())
    for number in range(count):
        answer = answers[number % len(answers)]
        carried = new_carried(now_s)
        token, _ = door.token(answer, carried)
        wish = {
            "vote": "real" if number % 4 else "fake",
            "nonce": token["nonce"],
            "solution": solve(token["challenge"]),
            "version": token["version"],
        }
        body = json.dumps(wish)
        yield (
            f"POST /api/v1/stories/{answer.story}/vote HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
            f"Sec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\nCookie: {COOKIE}={carried.value}\r\n"
            f"Idempotency-Key: {new_id()}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


def open_stories() -> list[Any]:
    """What the look-up says to a new reader of the newest stories that take votes."""
    from touchstone.readers.models import new_id
    from touchstone.stories.models import StoryPage
    from touchstone.votes.ballots import Question
    from touchstone.votes.booth.house import this_house

    newest = StoryPage.objects.live().order_by("-first_published_at").values_list("pk", flat=True)[: 4 * STORIES]
    found = [this_house().lookup.ask(Question(story, new_id().hex)).result(30) for story in newest]
    return [each for each in found if each.closes_ms is None or each.closes_ms > 1000 * time.time() + 3_600_000][
        :STORIES
    ]


def solve(challenge: Any) -> int:
    """The proof of work, found by trying, as the page's script does it."""
    salt, target = challenge["salt"].encode(), bytes.fromhex(challenge["target"])
    return next(n for n in range(challenge["max"] + 1) if hashlib.sha256(salt + b"%d" % n).digest() == target)


if __name__ == "__main__":
    main()
