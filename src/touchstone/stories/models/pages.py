"""The newsroom's pages: home, sections, stories, authors; versions and corrections of stories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.files.images import ImageFile
from django.db import models
from django.utils.functional import cached_property
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from taggit.models import TaggedItemBase
from wagtail.admin.panels import FieldPanel, HelpPanel, InlinePanel, MultiFieldPanel, TitleFieldPanel
from wagtail.fields import StreamField
from wagtail.images.models import AbstractImage, AbstractRendition, Filter, Image
from wagtail.models import AbstractGroupApprovalTask, Orderable, Page, Revision, TaskState
from wagtail.search import index

from touchstone.stories.blocks import BodyBlock, QuestionBlock, SourceBlock
from touchstone.stories.errors import StoryNotReady
from touchstone.stories.forms import StoryForm
from touchstone.stories.panels import AlarmPanel, ReadinessPanel
from touchstone.stories.readiness import Problem, find_problems

if TYPE_CHECKING:
    from touchstone.markets.models import Basket
    from touchstone.readers.models import User

HEADLINE_HELP = "Say what happened, in words that still stand if only half of the story turns out to be right."


@dataclass(frozen=True, slots=True)
class Size:
    """A resized copy of a picture: its file below the media folder, and pixels."""

    file: str
    width: int
    height: int


class NewsImage(AbstractImage):
    """A picture with its credit; `description` is the text for those who cannot see it.

    known_sizes : resized copies by what was asked for and focal point, where pictures were read together
    """

    known_sizes: Mapping[tuple[str, str], Size] = MappingProxyType({})

    credit = models.CharField(
        max_length=120, blank=True, help_text="Who made it or owns it. A story cannot come out without it."
    )
    admin_form_fields = (*Image.admin_form_fields, "credit")
    search_fields = [*AbstractImage.search_fields, index.SearchField("credit")]

    class Meta:
        verbose_name = "picture"
        verbose_name_plural = "pictures"

    def generate_rendition_file(self, filter: Filter, *, source: Any = None) -> ImageFile:
        """A resized copy in memory; Wagtail leaves its temporary file open."""
        made = super().generate_rendition_file(filter, source=source)
        with made.file as temporary:
            temporary.seek(0)
            return ImageFile(BytesIO(temporary.read()), name=made.name)


class NewsRendition(AbstractRendition):
    """A resized copy of a picture."""

    image = models.ForeignKey(NewsImage, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["image", "filter_spec", "focal_point_key"], name="rendition_once")
        ]


class HomePage(Page):
    """The front page; sections and the list of authors live below it."""

    lead_story = models.ForeignKey(
        "stories.StoryPage",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Stands on top of the front page. Empty: the newest breaking story, else the newest story.",
    )
    content_panels = [*Page.content_panels, FieldPanel("lead_story")]
    max_count = 1
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["stories.SectionPage", "stories.AuthorIndexPage"]
    template = "stories/home.html"

    class Meta:
        verbose_name = "front page"


class SectionPage(Page):
    """A section such as Technology; its stories live below it."""

    summary = models.CharField(max_length=200, blank=True, help_text="One sentence under the section's name.")
    content_panels = [*Page.content_panels, FieldPanel("summary")]
    parent_page_types = ["stories.HomePage"]
    subpage_types = ["stories.StoryPage"]
    template = "stories/section.html"

    class Meta:
        verbose_name = "section"


class AuthorIndexPage(Page):
    """The list of authors."""

    max_count = 1
    parent_page_types = ["stories.HomePage"]
    subpage_types = ["stories.AuthorPage"]
    template = "stories/author_index.html"

    class Meta:
        verbose_name = "list of authors"


class AuthorPage(Page):
    """An author: name (the title), place, beats and a short biography."""

    place = models.CharField(max_length=80, blank=True)
    beats = models.CharField(max_length=160, blank=True, help_text="What they write about, separated by commas.")
    biography = models.TextField(blank=True)
    portrait = models.ForeignKey(NewsImage, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="author_page",
        help_text="The account of this author, if they have one.",
    )
    content_panels = [
        *Page.content_panels,
        FieldPanel("place"),
        FieldPanel("beats"),
        FieldPanel("biography"),
        FieldPanel("portrait"),
        FieldPanel("user"),
    ]
    search_fields = [*Page.search_fields, index.SearchField("beats"), index.SearchField("biography")]
    parent_page_types = ["stories.AuthorIndexPage"]
    subpage_types: list[str] = []
    template = "stories/author.html"

    class Meta:
        verbose_name = "author"

    @property
    def beat_list(self) -> list[str]:
        """The beats one by one."""
        return [beat.strip() for beat in self.beats.split(",") if beat.strip()]


class StoryTag(TaggedItemBase):
    """A tag on a story."""

    content_object = ParentalKey("stories.StoryPage", on_delete=models.CASCADE, related_name="tagged_items")


class StoryPage(Page):
    """A story with everything that its page shows except votes, trust and prices."""

    go_live_at: datetime | None
    standfirst = models.TextField(
        blank=True, max_length=400, help_text="One or two sentences under the headline that say what happened."
    )
    lead_image = models.ForeignKey(NewsImage, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    lead_caption = models.CharField(max_length=250, blank=True)
    body = StreamField(BodyBlock(), blank=True)
    what_this_means = StreamField(BodyBlock(), blank=True)
    questions = StreamField([("question", QuestionBlock())], blank=True)
    sources = StreamField([("source", SourceBlock())], blank=True)
    breaking_until = models.DateTimeField(
        null=True, blank=True, help_text="The BREAKING flag shows until then and goes away by itself."
    )
    embargo_until = models.DateTimeField(
        null=True, blank=True, help_text="Nobody can publish the story before then; it comes out at that time."
    )
    voting_closes_at = models.DateTimeField(null=True, blank=True, help_text="Readers can vote until then.")
    is_demo = models.BooleanField(default=False, help_text="The page says that the story is made up.")
    tags = ClusterTaggableManager(through=StoryTag, blank=True)
    instruments = ParentalManyToManyField("markets.Instrument", blank=True, related_name="stories")
    baskets = ParentalManyToManyField("markets.Basket", blank=True, related_name="stories")

    base_form_class = StoryForm
    content_panels = [
        AlarmPanel(),
        ReadinessPanel(),
        TitleFieldPanel("title", heading="Headline", placeholder="Headline*", help_text=HEADLINE_HELP),
        FieldPanel("standfirst"),
        InlinePanel("bylines", label="author", heading="Authors", min_num=1),
        MultiFieldPanel([FieldPanel("lead_image"), FieldPanel("lead_caption")], heading="Picture"),
        FieldPanel("body"),
        FieldPanel("what_this_means"),
        FieldPanel("questions"),
        FieldPanel("sources"),
        MultiFieldPanel(
            [
                FieldPanel("instruments", widget=forms.CheckboxSelectMultiple),
                FieldPanel("baskets", widget=forms.CheckboxSelectMultiple),
            ],
            heading="Markets that the story names",
        ),
        FieldPanel("tags"),
    ]
    promote_panels = [
        MultiFieldPanel([FieldPanel("breaking_until"), FieldPanel("embargo_until")], heading="Urgency"),
        HelpPanel(
            "The market-moving flag is raised and confirmed from the menu beside the headline: one editor raises it, "
            "another confirms it, and only then does it show."
        ),
        MultiFieldPanel([FieldPanel("voting_closes_at"), FieldPanel("is_demo")], heading="Readers"),
        *Page.promote_panels,
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("standfirst", boost=2),
        index.SearchField("body"),
        index.SearchField("what_this_means"),
        index.SearchField("questions"),
        index.RelatedFields("tags", [index.SearchField("name", boost=2)]),
        index.RelatedFields("instruments", [index.SearchField("symbol"), index.SearchField("name")]),
        index.FilterField("first_published_at"),
    ]
    parent_page_types = ["stories.SectionPage"]
    subpage_types: list[str] = []
    template = "stories/story.html"

    class Meta:
        verbose_name = "story"
        verbose_name_plural = "stories"

    @cached_property
    def section(self) -> SectionPage:
        """The section that the story stands in; lists fill it in for all their stories at once."""
        return SectionPage.objects.get(path=self.path[: -self.steplen])

    @cached_property
    def authors(self) -> list[AuthorPage]:
        """The authors in the order of their bylines; lists fill them in for all their stories at once."""
        return [byline.author for byline in self.bylines.all()]

    @property
    def picture_ids(self) -> list[int]:
        """The pictures within the text, by id."""
        values = [part["value"] for text in (self.body, self.what_this_means) for part in text.raw_data]
        return list({value["image"] for value in values if isinstance(value, dict) and value.get("image")})

    @cached_property
    def pictures(self) -> dict[int, NewsImage]:
        """The pictures within the text, by id."""
        return NewsImage.objects.in_bulk(self.picture_ids)

    @cached_property
    def named_baskets(self) -> list[Basket]:
        """The baskets that the story names, by name."""
        return list(self.baskets.all())

    def is_breaking(self, at: datetime) -> bool:
        """Whether the BREAKING flag shows at that time."""
        return self.live and self.breaking_until is not None and at < self.breaking_until

    def is_closed_to_votes(self, at: datetime) -> bool:
        """Whether votes are refused at that time."""
        return not self.live or (self.voting_closes_at is not None and at >= self.voting_closes_at)

    @property
    def is_market_moving(self) -> bool:
        """Whether the market-moving flag shows: raised by one editor and confirmed by another."""
        flag = getattr(self, "market_moving_flag", None)
        return flag is not None and flag.confirmed_by_id is not None

    def problems(self) -> list[Problem]:
        """What stands in the way of publication; empty when the story is ready."""
        return find_problems(self)

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        """Check the fields, and let an embargo move the publication behind its end."""
        if self.embargo_until and (self.go_live_at is None or self.go_live_at < self.embargo_until):
            self.go_live_at = self.embargo_until
        super().full_clean(*args, **kwargs)

    def publish(self, revision: Revision, *args: Any, **kwargs: Any) -> None:
        """Publish a revision, by hand, by workflow or on schedule. Raises StoryNotReady."""
        wanted = revision.as_object()
        if problems := wanted.problems():
            raise StoryNotReady(headline=wanted.title, problems=[problem.message for problem in problems])
        super().publish(revision, *args, **kwargs)


class Byline(Orderable):
    """An author of a story."""

    story = ParentalKey(StoryPage, on_delete=models.CASCADE, related_name="bylines")
    author = models.ForeignKey(AuthorPage, on_delete=models.PROTECT, related_name="bylines")
    panels = [FieldPanel("author")]

    def __str__(self) -> str:
        return str(self.author)


class MarketMovingFlag(models.Model):
    """Says that a story moves markets; one editor raises it and it shows once another confirms it."""

    story = models.OneToOneField(StoryPage, on_delete=models.CASCADE, related_name="market_moving_flag")
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-raised_at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(raised_by=models.F("confirmed_by")), name="market_moving_two_editors"
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by=None, confirmed_at=None)
                | models.Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="market_moving_confirmation_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"market-moving: {self.story_id}, {'confirmed' if self.confirmed_by_id else 'raised'}"


class StoryVersion(models.Model):
    """A published wording of a story; votes are bound to the version that was read."""

    story = models.ForeignKey(StoryPage, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    published_at = models.DateTimeField()
    text = models.TextField(help_text="The whole wording as plain text, one paragraph a line, for the public diff.")
    sha256 = models.CharField(max_length=64)
    revision = models.ForeignKey("wagtailcore.Revision", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["story", "-number"]
        get_latest_by = "number"
        constraints = [models.UniqueConstraint(fields=["story", "number"], name="story_version_number")]

    def __str__(self) -> str:
        return f"version {self.number} of {self.story_id}"


class Correction(models.Model):
    """A public statement of what was wrong in a story, bound to the version that mended it."""

    story = models.ForeignKey(StoryPage, on_delete=models.CASCADE, related_name="corrections")
    version = models.ForeignKey(StoryVersion, on_delete=models.PROTECT, related_name="corrections")
    text = models.CharField(max_length=500)
    at = models.DateTimeField()
    editor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"correction of {self.story_id}: {self.text[:40]}"


class PublicationPrice(models.Model):
    """An instrument's price at the moment that a story which names it came out, frozen."""

    story = models.ForeignKey(StoryPage, on_delete=models.CASCADE, related_name="publication_prices")
    instrument = models.ForeignKey("markets.Instrument", on_delete=models.PROTECT, related_name="+")
    price = models.DecimalField(max_digits=24, decimal_places=10)
    at = models.DateTimeField()
    is_simulated = models.BooleanField(default=False)

    class Meta:
        ordering = ["story", "instrument"]
        constraints = [models.UniqueConstraint(fields=["story", "instrument"], name="publication_price_once")]

    def __str__(self) -> str:
        return f"{self.instrument_id} at {self.price} on {self.story_id}"


class RelatedStory(models.Model):
    """One of a story's nearest stories, worked out ahead so that a page only reads it."""

    story = models.ForeignKey(StoryPage, on_delete=models.CASCADE, related_name="related")
    other = models.ForeignKey(StoryPage, on_delete=models.CASCADE, related_name="+")
    score = models.FloatField(help_text="Nearness from 0 to 1.")
    at = models.DateTimeField(help_text="When it was worked out.")

    class Meta:
        ordering = ["story", "-score", "other"]
        constraints = [models.UniqueConstraint(fields=["story", "other"], name="related_story_once")]

    def __str__(self) -> str:
        return f"{self.story_id} is near {self.other_id}: {self.score:.3f}"


class EditorialReview(AbstractGroupApprovalTask):
    """The step in which an editor approves a story; a story that is not ready cannot be approved."""

    class Meta:
        verbose_name = "editorial review"
        verbose_name_plural = "editorial reviews"

    def get_actions(self, obj: Page, user: User) -> list[tuple[str, Any, bool]]:
        """The actions that the editor may choose; approval is missing while something is."""
        offered = list(super().get_actions(obj, user))
        draft = obj.get_latest_revision_as_object()
        if isinstance(draft, StoryPage) and draft.problems():
            return [action for action in offered if action[0] != "approve"]
        return offered

    def on_action(self, task_state: TaskState, user: User, action_name: str, **kwargs: Any) -> None:
        """Approve or send back the story as it stands now, also where it was edited since it was submitted."""
        task_state.revision = task_state.workflow_state.content_object.get_latest_revision()
        super().on_action(task_state, user, action_name, **kwargs)

    @classmethod
    def get_description(cls) -> str:
        """What the list of task types says of it."""
        return "Members of the chosen groups approve a story before it comes out."
