"""Writes the demo newsroom: pages, people, markets, stories and demo readers' votes."""

from __future__ import annotations

import os
import uuid
from argparse import ArgumentParser
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

from touchstone.readers.models import Reader
from touchstone.stories import actions as stories
from touchstone.stories.actions import PlantedStory
from touchstone.stories.models import StoryPage, StoryVersion
from touchstone.votes.models import Choice, Tally, Vote, VoteEvent

READERS = 80
# Ids made from this are those of demo readers; nobody else's can be among them.
DEMO_READERS = uuid.uuid5(uuid.NAMESPACE_URL, "https://demo-readers.touchstone.example/")
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
        """Write everything, telling of each step."""
        at = _read_moment(options["now"])
        self.stdout.write("Demo newsroom: pages, groups and workflow")
        stories.set_up_newsroom()
        passwords = stories.plant_demo_staff()
        self.stdout.write("Demo newsroom: markets with a year of invented prices")
        stories.plant_demo_markets(at)
        planted = stories.plant_demo_stories(at=at, report=lambda line: self.stdout.write(f"Demo newsroom: {line}"))
        self.stdout.write("Demo newsroom: readers and their votes")
        _plant_votes(planted, at)
        self.stdout.write("Demo newsroom: search index")
        call_command("update_index", verbosity=0)
        if "editor" in passwords:
            file = keep_password(Path(settings.DATA_DIR), passwords["editor"])
            self.stdout.write(f"Demo editor: name editor, password {passwords['editor']} (kept in {file})")
        self.stdout.write(self.style.SUCCESS(f"Demo newsroom: {len(planted)} stories stand"))


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


@transaction.atomic
def _plant_votes(planted: list[PlantedStory], at: datetime) -> None:
    readers = [
        Reader.objects.get_or_create(id=demo_reader_id(n), defaults={"created_at": at - timedelta(days=60)})[0]
        for n in range(READERS)
    ]
    for one in planted:
        if one.votes.real + one.votes.fake and not Vote.objects.filter(story=one.story).exists():
            _vote_on(one, readers, at)


def _vote_on(one: PlantedStory, readers: list[Reader], at: datetime) -> None:
    rng = np.random.default_rng(list(one.story.slug.encode()))
    total = one.votes.real + one.votes.fake
    choices = rng.permutation([Choice.REAL.value] * one.votes.real + [Choice.FAKE.value] * one.votes.fake)
    voters = rng.choice(len(readers), total, replace=False)
    first, last = one.published_at + timedelta(minutes=6), at - one.votes.last_ago
    # Most readers come soon after publication; the last vote falls exactly where the story says.
    shares = sorted(rng.random(total) ** 1.6)
    shares[-1] = 1.0
    versions = list(one.story.versions.order_by("number"))
    for voter, choice, share in zip(voters, choices, shares, strict=True):
        moment = first + (last - first) * float(share)
        _cast(one.story, readers[voter], str(choice), moment, versions)
    Tally.objects.update_or_create(
        story=one.story,
        defaults={
            "real": one.votes.real,
            "fake": one.votes.fake,
            "last_vote_at_ms": _milliseconds(last),
        },
    )


def _cast(story: StoryPage, reader: Reader, choice: str, moment: datetime, versions: list[StoryVersion]) -> None:
    version = next((one for one in reversed(versions) if one.published_at <= moment), versions[0])
    key = uuid.uuid5(reader.id, story.slug)
    shared = {"story": story, "reader": reader, "version": version, "choice": choice}
    Vote.objects.create(**shared, cast_at_ms=_milliseconds(moment))
    VoteEvent.objects.create(id=key, **shared, kind=VoteEvent.Kind.VOTE, at_ms=_milliseconds(moment))


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
