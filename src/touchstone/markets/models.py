"""What markets know: instruments, baskets, quotes, and the messages that streams carry."""

from __future__ import annotations

from django.db import models


class Instrument(models.Model):
    """Something with a price, such as BTC."""

    symbol = models.CharField(max_length=16, unique=True)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    currency = models.CharField(max_length=8, default="USD")
    price_decimals = models.PositiveSmallIntegerField(default=2)
    ticker_place = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Place in the ticker, if any.")

    class Meta:
        ordering = ["symbol"]

    def __str__(self) -> str:
        return self.symbol


class Basket(models.Model):
    """A named group of instruments, such as AI-adjacent tokens."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    description = models.TextField(blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class BasketMember(models.Model):
    """An instrument's weight in a basket from a day on."""

    basket = models.ForeignKey(Basket, on_delete=models.CASCADE, related_name="members")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="baskets")
    weight = models.DecimalField(max_digits=9, decimal_places=6)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["basket", "instrument"]
        constraints = [models.UniqueConstraint(fields=["basket", "instrument", "since"], name="basket_member_since")]

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

    class Meta:
        ordering = ["instrument"]
        constraints = [models.CheckConstraint(condition=models.Q(price__gt=0), name="quote_price_positive")]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.price}"


class StreamMessage(models.Model):
    """A message on its way to every open event stream, whichever process wrote it."""

    event = models.CharField(max_length=16)
    data = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.event} {self.pk}"
