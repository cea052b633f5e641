"""What markets know: instruments, baskets, prices and their history, sources, and the messages that streams carry."""

from __future__ import annotations

from datetime import UTC, datetime

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

MOST_DECIMALS = 10


class Kind(models.TextChoices):
    """What an instrument is."""

    COIN = "coin", "Coin or token"
    SHARE = "share", "Share"
    FUND = "fund", "Fund"
    INDEX = "index", "Index"
    CURRENCY = "currency", "Currency"
    COMMODITY = "commodity", "Commodity"


class Instrument(models.Model):
    """Something with a price, such as BTC. A retired one keeps its page and history and gets no new prices."""

    symbol = models.CharField(
        max_length=16,
        unique=True,
        help_text="As exchanges write it, such as BTC. It stays once prices or stories use it.",
    )
    slug = models.SlugField(unique=True, help_text="Its page is at /markets/this/.")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.COIN)
    currency = models.CharField(max_length=8, default="USD", help_text="What its price is in, such as USD or EUR.")
    price_decimals = models.PositiveSmallIntegerField(
        default=2, validators=[MaxValueValidator(MOST_DECIMALS)], help_text="Digits after the point."
    )
    ticker_place = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Place in the ticker strip; empty: not in it."
    )
    is_active = models.BooleanField(
        "active",
        default=True,
        help_text="Untick to retire it: its page, history and stories stay, no new prices are taken.",
    )
    description = models.TextField(blank=True)
    benchmark = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="What explains its normal moves in studies; empty: its own average.",
    )

    class Meta:
        ordering = ["symbol"]

    def __str__(self) -> str:
        return self.symbol

    def get_absolute_url(self) -> str:
        """Address of the instrument's page."""
        return f"/markets/{self.slug}/"


class Basket(ClusterableModel):
    """A named group of instruments, such as AI-adjacent tokens."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    description = models.TextField(blank=True)
    benchmark = models.ForeignKey(
        Instrument,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="What explains its normal moves in studies; empty: its own average.",
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Address of the basket's page."""
        return f"/markets/baskets/{self.slug}/"


class BasketMember(models.Model):
    """An instrument's weight in a basket from a day on, until another day (exclusive) or still."""

    basket = ParentalKey(Basket, on_delete=models.CASCADE, related_name="members")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="baskets")
    weight = models.DecimalField(max_digits=9, decimal_places=6, help_text="Relative; weights need not add up to one.")
    since = models.DateField(help_text="First day (UTC).")
    until = models.DateField(null=True, blank=True, help_text="First day without it; empty: still a member.")

    class Meta:
        ordering = ["basket", "instrument"]
        constraints = [
            models.UniqueConstraint(fields=["basket", "instrument", "since"], name="basket_member_since"),
            models.CheckConstraint(condition=Q(weight__gt=0), name="basket_member_weight_positive"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("since")), name="basket_member_until_later"),
        ]

    def __str__(self) -> str:
        return f"{self.instrument} in {self.basket}"


class Quote(models.Model):
    """The latest accepted price of an instrument."""

    instrument = models.OneToOneField(Instrument, on_delete=models.CASCADE, related_name="quote")
    price = models.DecimalField(max_digits=24, decimal_places=10)
    change_24h_pct = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    as_of = models.DateTimeField()
    is_simulated = models.BooleanField(default=False)
    source = models.CharField(max_length=40)
    source_count = models.PositiveSmallIntegerField(default=1, help_text="Sources whose median this is.")

    class Meta:
        ordering = ["instrument"]
        constraints = [models.CheckConstraint(condition=Q(price__gt=0), name="quote_price_positive")]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.price}"


class Interval(models.IntegerChoices):
    """How long a candle lasts, in seconds."""

    MINUTE = 60, "1 minute"
    HOUR = 3600, "1 hour"
    DAY = 86400, "1 day"


class Candle(models.Model):
    """First, highest, lowest and last accepted price of an interval; absent where there was none.

    Floats, because charts and studies read many of them; exact prices are quotes and frozen publication prices.
    """

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="candles", db_index=False)
    interval_s = models.PositiveIntegerField(choices=Interval.choices)
    opens_at_s = models.BigIntegerField(help_text="Start, in seconds since 1970 (UTC).")
    open = models.FloatField()
    high = models.FloatField()
    low = models.FloatField()
    close = models.FloatField()
    is_simulated = models.BooleanField(default=False)

    class Meta:
        ordering = ["instrument", "interval_s", "opens_at_s"]
        constraints = [
            models.UniqueConstraint(fields=["instrument", "interval_s", "opens_at_s"], name="candle_once"),
            models.CheckConstraint(
                condition=Q(low__gt=0, low__lte=F("open"), high__gte=F("open"))
                & Q(low__lte=F("close"), high__gte=F("close")),
                name="candle_prices_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.interval_s}s {self.opens_at:%Y-%m-%d %H:%M}"

    @property
    def opens_at(self) -> datetime:
        """Start of the interval, UTC."""
        return datetime.fromtimestamp(self.opens_at_s, tz=UTC)


class Gap(models.Model):
    """A time in which no good price of an instrument arrived; open while `ends_at` is empty."""

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="gaps")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["instrument", "starts_at"]
        constraints = [
            models.UniqueConstraint(fields=["instrument"], condition=Q(ends_at=None), name="gap_open_once"),
            models.CheckConstraint(condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="gap_ends_later"),
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} from {self.starts_at:%Y-%m-%d %H:%M:%S}"


class PriceSource(models.Model):
    """A place prices come from and how it is doing, as the feed last saw it."""

    name = models.CharField(max_length=40, unique=True)
    is_simulated = models.BooleanField(default=False)
    is_connected = models.BooleanField(default=False)
    last_tick_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(help_text="When the feed last reported on it.")
    accepted = models.PositiveBigIntegerField(default=0)
    trouble = models.CharField(max_length=200, blank=True, help_text="The last error, in one line.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class RefusedTicks(models.Model):
    """How often ticks of a source were refused, and why."""

    source = models.ForeignKey(PriceSource, on_delete=models.CASCADE, related_name="refusals")
    reason = models.CharField(max_length=24)
    count = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()
    example = models.CharField(max_length=120, help_text="The latest one, as it came.")

    class Meta:
        ordering = ["source", "-count"]
        verbose_name_plural = "refused ticks"
        constraints = [models.UniqueConstraint(fields=["source", "reason"], name="refused_ticks_once")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.reason} {self.count}"


class StreamMessage(models.Model):
    """A message on its way to every open event stream, whichever process wrote it."""

    event = models.CharField(max_length=16)
    data = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.event} {self.pk}"
