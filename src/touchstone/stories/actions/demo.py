"""Plant the demo newsroom: people, markets, pictures and stories with their history."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.core.files.images import ImageFile
from django.db import transaction

from touchstone.markets.actions import open_demo_market
from touchstone.markets.models import Basket, Instrument
from touchstone.readers.models import User
from touchstone.stories.actions.corrections import correct_story
from touchstone.stories.actions.flags import confirm_market_moving, raise_market_moving
from touchstone.stories.actions.newsroom import set_up_newsroom
from touchstone.stories.actions.related import refresh_related_stories
from touchstone.stories.demo.pictures import CREDIT, draw_picture
from touchstone.stories.demo.texts import (
    Blocks,
    DemoStory,
    PicturePlan,
    ResolutionPlan,
    VotePlan,
    read_newsroom,
    read_stories,
)
from touchstone.stories.models import (
    AuthorIndexPage,
    AuthorPage,
    Byline,
    NewsImage,
    SectionPage,
    StoryPage,
    StoryVersion,
)

STAFF = {"editor": "Editors", "author": "Authors", "publisher": "Publishers"}
PASSWORD_BYTES = 12

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class PlantedStory:
    """A demo story as it stands in the database, how demo readers shall vote on it, and what it turned out to be."""

    story: StoryPage
    published_at: datetime
    votes: VotePlan
    resolution: ResolutionPlan | None


def plant_demo_staff() -> dict[str, str]:
    """Make the accounts editor, author and publisher; the password of each one that is new by its name."""
    passwords = {}
    for username, group in STAFF.items():
        user, is_new = User.objects.get_or_create(
            username=username, defaults={"email": f"{username}@newsroom.example", "first_name": username.title()}
        )
        if is_new:
            passwords[username] = secrets.token_urlsafe(PASSWORD_BYTES)
            user.set_password(passwords[username])
            user.save(update_fields=["password"])
        user.groups.add(Group.objects.get(name=group))
    return passwords


def demo_panel() -> list[str]:
    """The public names of the demo newsroom's anchor panel."""
    return list(read_newsroom()["panel"]["names"])


def plant_demo_markets(at: datetime) -> None:
    """Make the instruments, baskets, invented history and first quotes that demo stories name, where missing."""
    open_demo_market(at=at)


def plant_demo_stories(*, at: datetime, report: Report) -> list[PlantedStory]:
    """Publish the demo stories, dated back from `at`; those that are there already stay as they are."""
    set_up_newsroom()
    newsroom = read_newsroom()
    authors = {facts["name"]: _plant_author(facts) for facts in newsroom["authors"]}
    every_story = read_stories()
    planted = []
    for place, wordings in enumerate(every_story, start=1):
        report(f"story {place} of {len(every_story)}: {wordings[-1].headline}")
        planted.append(_plant_story(wordings, authors=authors, sponsors=newsroom["sponsors"], at=at))
    refresh_related_stories(at=at)
    return planted


def _plant_author(facts: dict[str, Any]) -> AuthorPage:
    found = AuthorPage.objects.filter(title=facts["name"]).first()
    if found is not None:
        return found
    plan = PicturePlan(**facts["portrait"], caption="", description=f"Abstract emblem of {facts['name']}")
    page = AuthorPage(
        title=facts["name"],
        place=facts["place"],
        beats=facts["beats"],
        biography=facts["biography"],
        portrait=_plant_picture(plan, title=facts["name"]),
    )
    if not AuthorPage.objects.filter(user__username="author").exists():
        page.user = User.objects.filter(username="author").first()
    return AuthorIndexPage.objects.get().add_child(instance=page)


def _plant_picture(plan: PicturePlan, *, title: str) -> NewsImage:
    name = f"{plan.motif}-{plan.seed}.jpg"
    found = NewsImage.objects.filter(title=title, file__endswith=name).first()
    if found is not None:
        return found
    file = ImageFile(io.BytesIO(draw_picture(plan.motif, plan.seed)), name=name)
    return NewsImage.objects.create(title=title, file=file, description=plan.description, credit=CREDIT)


@transaction.atomic
def _plant_story(
    wordings: list[DemoStory], *, authors: dict[str, AuthorPage], sponsors: dict[str, Any], at: datetime
) -> PlantedStory:
    plan = wordings[-1]
    found = StoryPage.objects.filter(slug=plan.slug, is_demo=True).first()
    if found is not None:
        return PlantedStory(found, found.first_published_at, plan.votes, plan.resolution)
    story = _build_page(wordings[0], authors=authors, at=at)
    SectionPage.objects.get(title=plan.section).add_child(instance=story)
    _write_texts(story, wordings[0], sponsors)
    story.publish(story.save_revision())
    _date_back(story, at - plan.ago)
    for wording, correction in zip(wordings[1:], plan.corrections, strict=True):
        story = StoryPage.objects.get(pk=story.pk)
        _write_texts(story, wording, sponsors)
        correct_story(story=story, text=correction.text, editor=_staff("editor"), at=at - correction.ago)
        _date_back(story, at - correction.ago)
    story = StoryPage.objects.get(pk=story.pk)
    if plan.is_market_moving:
        raise_market_moving(story=story, editor=_staff("editor"), at=at - plan.ago)
        confirm_market_moving(story=story, editor=_staff("publisher"), at=at - plan.ago)
    return PlantedStory(story, at - plan.ago, plan.votes, plan.resolution)


def _staff(username: str) -> User:
    return User.objects.get(username=username)


def _build_page(plan: DemoStory, *, authors: dict[str, AuthorPage], at: datetime) -> StoryPage:
    story = StoryPage(
        title=plan.headline,
        slug=plan.slug,
        live=False,
        is_demo=True,
        first_published_at=at - plan.ago,
        breaking_until=at + plan.breaking_for if plan.breaking_for else None,
        voting_closes_at=at - plan.closed_ago if plan.closed_ago else None,
        lead_image=_plant_picture(plan.picture, title=plan.headline),
        lead_caption=plan.picture.caption,
    )
    story.bylines = [Byline(author=authors[name], sort_order=place) for place, name in enumerate(plan.authors)]
    story.instruments = Instrument.objects.filter(symbol__in=plan.instruments)
    story.baskets = Basket.objects.filter(slug__in=plan.baskets)
    story.tags.add(*plan.tags)
    return story


def _write_texts(story: StoryPage, plan: DemoStory, sponsors: dict[str, Any]) -> None:
    story.title = plan.headline
    story.standfirst = plan.standfirst
    story.body = _fill_blocks(plan.body, sponsors)
    story.what_this_means = _fill_blocks(plan.what_this_means, sponsors)
    story.questions = [("question", {"question": one, "answer": answer}) for one, answer in plan.questions]
    story.sources = [("source", source) for source in plan.sources]


def _fill_blocks(blocks: Blocks, sponsors: dict[str, Any]) -> Blocks:
    return [(kind, _fill_block(kind, value, sponsors)) for kind, value in blocks]


def _fill_block(kind: str, value: Any, sponsors: dict[str, Any]) -> Any:
    if kind == "figure":
        return {"image": _plant_picture(value, title=value.caption), "caption": value.caption}
    if kind == "sponsor_slot":
        return {**sponsors[value], "image": None}
    return value


def _date_back(story: StoryPage, moment: datetime) -> None:
    """Give what was just published the time it has in the demo; Wagtail dates everything now."""
    StoryPage.objects.filter(pk=story.pk).update(last_published_at=moment, latest_revision_created_at=moment)
    newest = story.versions.order_by("-number")[0]
    StoryVersion.objects.filter(pk=newest.pk).update(published_at=moment)
    story.revisions.filter(pk=newest.revision_id).update(created_at=moment)
