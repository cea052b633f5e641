"""Who refers to an instrument or a basket, and would miss it."""

from __future__ import annotations

from typing import Any

from django.db import models

from touchstone.markets.models import Basket, BasketMember, Candle, Instrument, Quote


def uses_of(subject: Instrument | Basket) -> list[str]:
    """What refers to it, counted and in words, such as "prices" or "3 stories"; empty if it may be deleted."""
    own = _uses_in_markets(subject) if isinstance(subject, Instrument) else []
    return [*own, *_uses_elsewhere(subject)]


def active_users_of(instrument: Instrument) -> list[str]:
    """What would stand still without new prices: baskets it is a member of today, and what it is the benchmark of."""
    baskets = Basket.objects.filter(members__instrument=instrument, members__until=None).distinct()
    yardstick_of = Instrument.objects.filter(benchmark=instrument, is_active=True).exclude(pk=instrument.pk)
    return [
        *(f"the basket {basket}, of which it is a member" for basket in baskets),
        *(f"{other}, whose benchmark it is" for other in yardstick_of),
        *(f"the basket {other}, whose benchmark it is" for other in Basket.objects.filter(benchmark=instrument)),
    ]


def _uses_in_markets(instrument: Instrument) -> list[str]:
    found = []
    prices: list[type[models.Model]] = [Quote, Candle]
    if any(model._default_manager.filter(instrument=instrument).exists() for model in prices):
        found.append("prices")
    member_of = BasketMember.objects.filter(instrument=instrument).values("basket").distinct().count()
    yardstick_of = sum(model._default_manager.filter(benchmark=instrument).count() for model in (Instrument, Basket))
    counted = [(member_of, "basket", "baskets"), (yardstick_of, "benchmark", "benchmarks")]
    return found + [_words(*each) for each in counted if each[0]]


def _uses_elsewhere(subject: Instrument | Basket) -> list[str]:
    """Rows of outer apps, found by their relations: this app does not know those apps."""
    found = []
    for relation in subject._meta.get_fields(include_hidden=True):
        model: Any = relation.related_model
        if not relation.auto_created or relation.concrete or isinstance(model, str | None):
            continue
        if model._meta.auto_created or model._meta.app_label == subject._meta.app_label:
            continue
        field: models.Field = relation.field  # type: ignore[union-attr]
        count = model._default_manager.filter(**{field.name: subject}).count()
        if count:
            found.append(_words(count, str(model._meta.verbose_name), str(model._meta.verbose_name_plural)))
    return found


def _words(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
