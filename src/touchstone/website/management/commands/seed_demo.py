"""Writes the demo newsroom: pages, people, markets, stories and demo readers' votes."""

from __future__ import annotations

import itertools
import os
import uuid
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from touchstone.readers.models import Reader, User
from touchstone.stories import actions as stories
from touchstone.stories.actions import PlantedStory, ResolutionPlan
from touchstone.stories.models import StoryPage
from touchstone.trust.actions import appoint_anchor, publish_changed, record_resolution, run_due_fit, sign_resolution
from touchstone.trust.models import AnchorMember, Resolution
from touchstone.votes.actions import PastVote, record_past_votes

READERS = 80
PANEL = range(READERS, READERS + 8)
# Ids made from this are those of demo readers; nobody else's can be among them.
DEMO_READERS = uuid.uuid5(uuid.NAMESPACE_URL, "https://demo-readers.touchstone.example/")
# When the figures are worked out and published on the way from the first vote to now.
PUBLISHED_HOURS_AGO = (336, 240, 168, 120, 96, 72, 48, 36, 30, 24, 20, 16, 12, 9, 7, 5, 4, 3, 2, 1, 0)
EVER = timedelta(days=400)
KEPT_IN = "demo-editor-password.txt"


def demo_reader_id(number: int) -> uuid.UUID:
    """The id of a demo reader; numbers count from 0."""
    return uuid.uuid5(DEMO_READERS, str(number))


class Command(BaseCommand):
    """Writes the demo newsroom; run again it adds what is missing and changes nothing else."""

    help = "Write the demo newsroom: sections, people, markets, stories and votes. Safe to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the moment that all dates count back from."""
        parser.add_argument("--now", default="", help="ISO time such as 2026-03-02T12:00:00+00:00; default: the clock.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write everything, telling of each step; a first run that is cut off leaves nothing behind."""
        at = _read_moment(options["now"])
        # Beside a running site nothing may hold up the votes for as long as all this takes.
        with nullcontext() if StoryPage.objects.exists() else transaction.atomic():
            passwords = self._write(at)
        self.stdout.write("Demo newsroom: search index")
        call_command("update_index", verbosity=0)
        if "editor" in passwords:
            file = keep_password(Path(settings.DATA_DIR), passwords["editor"])
            self.stdout.write(f"Demo editor: name editor, password {passwords['editor']} (kept in {file})")
        self.stdout.write(self.style.SUCCESS(f"Demo newsroom: {StoryPage.objects.count()} stories stand"))

    def _write(self, at: datetime) -> dict[str, str]:
        """All but the search index; the passwords of accounts that are new."""
        self.stdout.write("Demo newsroom: pages, groups and workflow")
        stories.set_up_newsroom()
        passwords = stories.plant_demo_staff()
        self.stdout.write("Demo newsroom: markets with a year of invented prices")
        stories.plant_demo_markets(at)
        planted = stories.plant_demo_stories(at=at, report=lambda line: self.stdout.write(f"Demo newsroom: {line}"))
        self.stdout.write("Demo newsroom: readers and their votes")
        _plant_votes(planted, at)
        return passwords


def keep_password(folder: Path, password: str) -> Path:
    """Write the demo editor's password where only this user can read it; the file."""
    file = folder / KEPT_IN
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(f"{password}\n")
    return file


def _read_moment(text: str) -> datetime:
    if not text:
        return timezone.now().replace(microsecond=0)
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"--now {text!r} is no time. Write it as 2026-03-02T12:00:00+00:00.")
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment > timezone.now():
        raise CommandError(f"--now {text!r} lies in the future; stories cannot have come out then.")
    return moment


def _plant_votes(planted: list[PlantedStory], at: datetime) -> None:
    """Write the votes in the order of time, and publish what the engine says of them as it would have then."""
    rows = sorted((row for one in planted for row in _votes_on(one, at)), key=lambda row: row[3])
    rounds = [at - timedelta(hours=hours) for hours in PUBLISHED_HOURS_AGO]
    for since, until in itertools.pairwise([at - EVER, *rounds]):
        record_past_votes(row for row in rows if since < row[3] <= until)
        publish_changed(at=until, look_back=EVER)
        for one in planted:
            if one.resolution and since < at - one.resolution.ago <= until:
                _resolve(one.story, one.resolution, at - one.resolution.ago)
    _seat_panel(rounds[0])
    if planted:
        run_due_fit(at=at)
        publish_changed(at=at)


def _seat_panel(at: datetime) -> None:
    """Let the demo panel's readers hold the earned key until others have earned it."""
    by = User.objects.get(username="publisher")
    for number, name in zip(PANEL, stories.demo_panel(), strict=True):
        reader = Reader.objects.filter(pk=demo_reader_id(number)).first()
        if reader is not None and not AnchorMember.objects.filter(reader=reader).exists():
            appoint_anchor(reader=reader, name=name, by=by, at=at)


def _resolve(story: StoryPage, plan: ResolutionPlan, moment: datetime) -> None:
    """Let the editor and the publisher sign what a story turned out to be, once."""
    if Resolution.objects.filter(story=story).exists():
        return
    editor, publisher = (User.objects.get(username=name) for name in ("editor", "publisher"))
    resolution = record_resolution(story=story, outcome=plan.outcome, evidence=plan.evidence, signer=editor, at=moment)
    sign_resolution(resolution=resolution, signer=publisher, at=moment)


def _votes_on(one: PlantedStory, at: datetime) -> Iterator[PastVote]:
    """A story's votes by demo readers, the same ones each time; most come soon after publication."""
    rng = np.random.default_rng(list(one.story.slug.encode()))
    total = one.votes.real + one.votes.fake
    if not total:
        return
    choices = rng.permutation(["real"] * one.votes.real + ["fake"] * one.votes.fake)
    voters = rng.choice(READERS, total, replace=False)
    jury = ["real"] * one.votes.panel_real + ["fake"] * one.votes.panel_fake
    first, last = one.published_at + timedelta(minutes=6), at - one.votes.last_ago
    shares = sorted(rng.random(total) ** 1.6)
    shares[-1] = 1.0
    for voter, choice, share in zip(voters, choices, shares, strict=True):
        yield one.story.pk, demo_reader_id(int(voter)), str(choice), first + (last - first) * float(share)
    for place, (juror, choice) in enumerate(zip(PANEL, jury, strict=False), start=1):
        yield one.story.pk, demo_reader_id(juror), choice, first + (last - first) * (place / (len(jury) + 1))
