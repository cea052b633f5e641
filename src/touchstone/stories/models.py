"""The newsroom's pages: home, sections, stories, authors; versions and corrections of stories."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from taggit.models import TaggedItemBase
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.images.models import AbstractImage, AbstractRendition, Image
from wagtail.models import Orderable, Page
from wagtail.search import index

from touchstone.stories.blocks import BodyBlock, QuestionBlock, SourceBlock


class NewsImage(AbstractImage):
    """A picture with its credit; `description` is the text for those who cannot see it."""

    credit = models.CharField(max_length=120, blank=True)
    admin_form_fields = (*Image.admin_form_fields, "credit")


class NewsRendition(AbstractRendition):
    """A resized copy of a picture."""

    image = models.ForeignKey(NewsImage, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["image", "filter_spec", "focal_point_key"], name="rendition_once")
        ]


class HomePage(Page):
    """The front page; sections and the list of authors live below it."""

    max_count = 1
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["stories.SectionPage", "stories.AuthorIndexPage"]
    template = "stories/home.html"


class SectionPage(Page):
    """A section such as Technology; its stories live below it."""

    summary = models.CharField(max_length=200, blank=True)
    content_panels = [*Page.content_panels, FieldPanel("summary")]
    parent_page_types = ["stories.HomePage"]
    subpage_types = ["stories.StoryPage"]
    template = "stories/section.html"


class AuthorIndexPage(Page):
    """The list of authors."""

    max_count = 1
    parent_page_types = ["stories.HomePage"]
    subpage_types = ["stories.AuthorPage"]
    template = "stories/author_index.html"


class AuthorPage(Page):
    """An author: name (the title), place, beats and a short biography."""

    place = models.CharField(max_length=80, blank=True)
    beats = models.CharField(max_length=160, blank=True, help_text="What they write about, separated by commas.")
    biography = models.TextField(blank=True)
    portrait = models.ForeignKey(NewsImage, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="author_page"
    )
    content_panels = [
        *Page.content_panels,
        FieldPanel("place"),
        FieldPanel("beats"),
        FieldPanel("biography"),
        FieldPanel("portrait"),
        FieldPanel("user"),
    ]
    parent_page_types = ["stories.AuthorIndexPage"]
    subpage_types: list[str] = []
    template = "stories/author.html"


class StoryTag(TaggedItemBase):
    """A tag on a story."""

    content_object = ParentalKey("stories.StoryPage", on_delete=models.CASCADE, related_name="tagged_items")


class StoryPage(Page):
    """A story with everything that its page shows except votes, trust and prices."""

    standfirst = models.TextField(blank=True, max_length=400)
    lead_image = models.ForeignKey(NewsImage, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    lead_caption = models.CharField(max_length=250, blank=True)
    body = StreamField(BodyBlock(), blank=True)
    what_this_means = StreamField(BodyBlock(), blank=True)
    questions = StreamField([("question", QuestionBlock())], blank=True)
    sources = StreamField([("source", SourceBlock())], blank=True)
    breaking_until = models.DateTimeField(null=True, blank=True)
    is_market_moving = models.BooleanField(default=False, help_text="Needs a second editor before it shows.")
    market_moving_confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    embargo_until = models.DateTimeField(null=True, blank=True)
    voting_closes_at = models.DateTimeField(null=True, blank=True)
    is_demo = models.BooleanField(default=False)
    tags = ClusterTaggableManager(through=StoryTag, blank=True)
    instruments = ParentalManyToManyField("markets.Instrument", blank=True, related_name="stories")
    baskets = ParentalManyToManyField("markets.Basket", blank=True, related_name="stories")

    content_panels = [
        *Page.content_panels,
        FieldPanel("standfirst"),
        InlinePanel("bylines", label="Authors", min_num=1),
        MultiFieldPanel([FieldPanel("lead_image"), FieldPanel("lead_caption")], heading="Picture"),
        FieldPanel("body"),
        FieldPanel("what_this_means"),
        FieldPanel("questions"),
        FieldPanel("sources"),
        MultiFieldPanel([FieldPanel("instruments"), FieldPanel("baskets")], heading="Markets"),
        FieldPanel("tags"),
    ]
    promote_panels = [
        *Page.promote_panels,
        MultiFieldPanel(
            [FieldPanel("breaking_until"), FieldPanel("is_market_moving"), FieldPanel("embargo_until")],
            heading="Urgency",
        ),
        FieldPanel("voting_closes_at"),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("standfirst"),
        index.SearchField("body"),
        index.SearchField("what_this_means"),
        index.SearchField("questions"),
        index.FilterField("first_published_at"),
    ]
    parent_page_types = ["stories.SectionPage"]
    subpage_types: list[str] = []
    template = "stories/story.html"

    def is_breaking(self, at: datetime) -> bool:
        """Whether the BREAKING flag shows at that time."""
        return self.breaking_until is not None and at < self.breaking_until

    def is_closed_to_votes(self, at: datetime) -> bool:
        """Whether votes are refused at that time."""
        return not self.live or (self.voting_closes_at is not None and at >= self.voting_closes_at)


class Byline(Orderable):
    """An author of a story."""

    story = ParentalKey(StoryPage, on_delete=models.CASCADE, related_name="bylines")
    author = models.ForeignKey(AuthorPage, on_delete=models.PROTECT, related_name="bylines")
    panels = [FieldPanel("author")]


class StoryVersion(models.Model):
    """A published wording of a story; votes are bound to the version that was read."""

    story = models.ForeignKey(StoryPage, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    published_at = models.DateTimeField()
    text = models.TextField(help_text="The whole wording as plain text, for the public diff.")
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
