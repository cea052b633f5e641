"""The desk's forms for instruments and baskets: what may be entered, and what has changed, in words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

from django import forms
from django.utils.text import slugify
from wagtail.admin.forms import WagtailAdminModelForm

from touchstone.markets import queries
from touchstone.markets.models import Instrument

SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9.^-]{0,15}")
CURRENCY = re.compile(r"[A-Z0-9]{3,8}")
FIXED_ONCE_USED = ("symbol", "currency")


class TellingForm(WagtailAdminModelForm):
    """A form that tells what it changes, for the history."""

    def changes(self) -> list[str]:
        """One phrase for each field that differs from what was stored, such as "name: Ether → Ethereum"."""
        return list(_changes_of(self))


class InstrumentForm(TellingForm):
    """An instrument. What prices and stories lean on cannot be changed under them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].required = False
        others = Instrument.objects.filter(is_active=True).exclude(pk=self.instance.pk)
        _choose_among(self.fields["benchmark"], others, kept=self.instance.benchmark_id)

    def clean_symbol(self) -> str:
        """The symbol in capitals, once in the newsroom."""
        symbol: str = self.cleaned_data["symbol"].strip().upper()
        if not SYMBOL.fullmatch(symbol):
            raise forms.ValidationError(
                f"“{symbol}” is not a symbol. Use up to 16 capital letters, digits, dots, hyphens or ^, such as BTC."
            )
        taken = Instrument.objects.filter(symbol__iexact=symbol).exclude(pk=self.instance.pk).first()
        if taken is not None:
            raise forms.ValidationError(f"{symbol} is there already: {taken.name}. Change that one, or bring it back.")
        return symbol

    def clean_currency(self) -> str:
        """The currency's code in capitals."""
        currency: str = self.cleaned_data["currency"].strip().upper()
        if not CURRENCY.fullmatch(currency):
            raise forms.ValidationError(f"“{currency}” is not a currency. Use its code, such as USD, EUR or BTC.")
        return currency

    def clean_slug(self) -> str:
        """The address; made from the symbol where it is left empty."""
        slug: str = self.cleaned_data["slug"] or slugify(self.data.get(self.add_prefix("symbol"), "").replace(".", "-"))
        if slug == "baskets":
            raise forms.ValidationError("/markets/baskets/ is where baskets are. Choose another address.")
        if Instrument.objects.filter(slug=slug).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(f"Another instrument has the page /markets/{slug}/. Choose another address.")
        return slug

    def clean(self) -> dict[str, Any]:
        """What concerns more than one field, or what leans on this instrument."""
        cleaned: dict[str, Any] = super().clean()
        if self.instance.pk is None:
            return cleaned
        stored = Instrument.objects.get(pk=self.instance.pk)
        for name in FIXED_ONCE_USED:
            if name in cleaned and cleaned[name] != getattr(stored, name) and (uses := queries.uses_of(stored)):
                self.add_error(name, _still_leaning(name, getattr(stored, name), uses))
        if stored.is_active and cleaned.get("is_active") is False and (users := queries.active_users_of(stored)):
            self.add_error("is_active", f"{stored} still feeds {_listed(users)}. Change that first, then retire it.")
        return cleaned


class BasketForm(TellingForm):
    """A basket with its members: each at a weight above zero, at most once at any time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        active = Instrument.objects.filter(is_active=True)
        _choose_among(self.fields["benchmark"], active, kept=self.instance.benchmark_id)

    def clean(self) -> dict[str, Any]:
        """The members as a whole; each mistake stands at the member that has it."""
        cleaned: dict[str, Any] = super().clean()
        members = self.formsets["members"]
        members.is_valid()
        by_instrument: dict[Instrument, list[Any]] = defaultdict(list)
        for form in members.forms:
            if form.cleaned_data.get("instrument") and not _is_deleted(form):
                by_instrument[form.cleaned_data["instrument"]].append(form)
        for instrument, forms_of_one in by_instrument.items():
            _refuse_overlaps(instrument, forms_of_one)
            for form in forms_of_one:
                _check_member(instrument, form)
        return cleaned

    def changes(self) -> list[str]:
        """The basket's own changes, then its members'."""
        return [*super().changes(), *_changes_of_members(self.formsets["members"])]


def _check_member(instrument: Instrument, form: Any) -> None:
    since, until, weight = (form.cleaned_data.get(name) for name in ("since", "until", "weight"))
    if weight is not None and weight <= 0:
        form.add_error(
            "weight",
            f"The weight of {instrument} is {weight}. Give more than 0, or end its membership to leave it out.",
        )
    if since and until and until <= since:
        form.add_error(
            "until", f"{instrument} ends on {_day(until)}, not after {_day(since)}, its first day. Choose a later day."
        )
    if until is None and not instrument.is_active:
        form.add_error(
            "until" if form.instance.pk else "instrument",
            f"{instrument} is retired and gets no prices. Give its membership an end, or bring it back first.",
        )


def _refuse_overlaps(instrument: Instrument, forms_of_one: list[Any]) -> None:
    """Two memberships of one instrument may touch but not share a day."""
    dated = [form for form in forms_of_one if form.cleaned_data.get("since")]
    dated.sort(key=lambda form: form.cleaned_data["since"])
    for earlier, later in pairwise(dated):
        since, until = later.cleaned_data["since"], earlier.cleaned_data.get("until")
        if until is None or since < until:
            words = f"until {_day(until)}" if until else "without an end"
            first = _day(earlier.cleaned_data["since"])
            later.add_error(
                "since",
                f"{instrument} is a member from {first} {words} already. End that membership by {_day(since)}, "
                "or start this one later.",
            )


def _choose_among(field: Any, queryset: Any, *, kept: int | None) -> None:
    """Offer what may be chosen, and what is chosen already."""
    field.queryset = queryset | field.queryset.filter(pk=kept) if kept else queryset


def _still_leaning(name: str, value: object, uses: list[str]) -> str:
    return f"The {name} {value} is used by {_listed(uses)} and stays. Retire this instrument and add another one."


def _changes_of(form: Any) -> Iterator[str]:
    for name in form.changed_data:
        if name in form.fields and name not in {"id", "DELETE", "ORDER"}:
            field = form.fields[name]
            before, after = form.get_initial_for_field(field, name), form.cleaned_data.get(name)
            label = str(field.label or name).lower()
            yield f"{label}: {_said(field, before)} → {_said(field, after)}"


def _changes_of_members(formset: Any) -> Iterator[str]:
    for form in formset.forms:
        member, is_new = form.cleaned_data.get("instrument"), form.instance.pk is None
        if _is_deleted(form):
            if not is_new:
                yield f"took out {form.instance.instrument}, weight {_plain(form.instance.weight)}"
        elif form.has_changed() and is_new:
            yield f"added {member}, weight {_plain(form.cleaned_data['weight'])}, from {form.cleaned_data['since']}"
        elif form.has_changed():
            yield f"{member}: {', '.join(_changes_of(form))}"


def _said(field: Any, value: Any) -> str:
    """A field's value as a reader of the history knows it."""
    if isinstance(field, forms.ModelChoiceField) and value is not None and not hasattr(value, "pk"):
        value = field.queryset.model._default_manager.filter(pk=value).first()  # type: ignore[union-attr]
    if isinstance(field, forms.BooleanField):
        return "yes" if value else "no"
    return _plain(value) if value not in (None, "") else "nothing"


def _plain(value: Any) -> str:
    text = str(value)
    return text.rstrip("0").rstrip(".") if re.fullmatch(r"-?\d+\.\d+", text) else text[:60]


def _is_deleted(form: Any) -> bool:
    return bool(form.cleaned_data.get("DELETE"))


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _listed(parts: list[str]) -> str:
    return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)
