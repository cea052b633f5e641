"""What a story's body is made of."""

from __future__ import annotations

from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

from touchstone.markets.models import Instrument

PROSE_FEATURES = ["bold", "italic", "link", "ol", "ul"]


def list_instruments() -> list[tuple[str, str]]:
    """Every instrument as a choice: its symbol and what the editor reads; retired ones too, for older stories."""
    known = Instrument.objects.values_list("symbol", "name", "is_active")
    return [(symbol, f"{symbol} ({name}{'' if is_active else ', retired'})") for symbol, name, is_active in known]


class FigureBlock(blocks.StructBlock):
    """A picture with its caption, description and credit."""

    image = ImageChooserBlock()
    caption = blocks.CharBlock(required=False)

    class Meta:
        icon = "image"
        template = "stories/blocks/figure.html"


class QuoteBlock(blocks.StructBlock):
    """Somebody's words and who said them."""

    quote = blocks.TextBlock()
    speaker = blocks.CharBlock(required=False)

    class Meta:
        icon = "openquote"
        template = "stories/blocks/quote.html"


class PriceChartBlock(blocks.StructBlock):
    """The price of one instrument around the story."""

    instrument = blocks.ChoiceBlock(choices=list_instruments)
    days = blocks.IntegerBlock(default=7, min_value=1, max_value=365)

    class Meta:
        icon = "history"
        template = "stories/blocks/price_chart.html"


class SponsorSlotBlock(blocks.StructBlock):
    """A labelled place for a paid message: text, link and a picture of our own, never a script."""

    sponsor = blocks.CharBlock(max_length=80)
    message = blocks.CharBlock(max_length=200)
    link = blocks.URLBlock()
    image = ImageChooserBlock(required=False)

    class Meta:
        icon = "tag"
        template = "stories/blocks/sponsor_slot.html"


class BodyBlock(blocks.StreamBlock):
    """The body of a story, part after part."""

    subhead = blocks.CharBlock(icon="title", template="stories/blocks/subhead.html")
    paragraph = blocks.RichTextBlock(features=PROSE_FEATURES, template="stories/blocks/paragraph.html")
    figure = FigureBlock()
    quote = QuoteBlock()
    price_chart = PriceChartBlock()
    sponsor_slot = SponsorSlotBlock()


class QuestionBlock(blocks.StructBlock):
    """A question that readers ask and its answer."""

    question = blocks.CharBlock(max_length=200)
    answer = blocks.RichTextBlock(features=PROSE_FEATURES)

    class Meta:
        icon = "help"


class SourceBlock(blocks.StructBlock):
    """Where a statement comes from."""

    title = blocks.CharBlock(max_length=200)
    link = blocks.URLBlock(required=False)
    note = blocks.CharBlock(required=False, max_length=200)

    class Meta:
        icon = "link"
