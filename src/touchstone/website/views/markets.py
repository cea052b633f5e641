"""The board of prices, instruments and baskets."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from touchstone.markets.models import Basket, Instrument
from touchstone.website.queries import markets


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Every instrument with its price and changes, sorted as the reader asks."""
    asked = request.GET.get("sort", "symbol")
    sort, descending = asked.removeprefix("-"), asked.startswith("-")
    rows = markets.board(timezone.now(), sort=sort, descending=descending)
    columns = [_column(name, words, sort=sort, descending=descending) for name, words in COLUMNS]
    now = timezone.now()
    found = {"rows": rows, "columns": columns, "baskets": markets.basket_levels(now), "strip": markets.strip(now)}
    return render(request, "markets/board.html", found)


@require_safe
def instrument(request: HttpRequest, slug: str) -> HttpResponse:
    """One instrument: price, chart with the stories that named it, and those stories."""
    if slug != slug.lower():
        return redirect("website:instrument", slug.lower(), permanent=True)
    found = get_object_or_404(Instrument, slug=slug)
    view = markets.instrument_view(found, timezone.now(), days=_days(request))
    return render(request, "markets/instrument.html", {"view": view, "spans": SPAN_WORDS})


@require_safe
def basket(request: HttpRequest, slug: str) -> HttpResponse:
    """A basket with its members and their weights."""
    found = get_object_or_404(Basket, slug=slug)
    view = markets.basket_view(found, timezone.now(), days=_days(request))
    return render(request, "markets/basket.html", {"view": view, "spans": SPAN_WORDS})


COLUMNS = [("symbol", "Instrument"), ("price", "Price"), ("day", "24 hours"), ("week", "7 days")]
SPAN_WORDS = [(1, "1 day"), (7, "7 days"), (30, "30 days"), (365, "1 year")]


def _days(request: HttpRequest) -> int:
    asked = request.GET.get("days", "7")
    return int(asked) if asked in {str(span) for span in markets.SPANS} else 7


def _column(name: str, words: str, *, sort: str, descending: bool) -> dict[str, str]:
    is_sorted = name == sort
    order = ("descending" if descending else "ascending") if is_sorted else ""
    return {
        "name": name,
        "words": words,
        "order": order,
        "address": f"?sort={name}" if is_sorted and descending else f"?sort=-{name}" if is_sorted else f"?sort={name}",
    }
