"""Where editors keep instruments and baskets: lists, forms, history, and deletion of what nothing refers to."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import BooleanColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup
from wagtail.log_actions import log

from touchstone.markets import actions, queries
from touchstone.markets.errors import StillInUse
from touchstone.markets.forms import BasketForm, InstrumentForm
from touchstone.markets.models import Basket, Instrument

EDITED = "markets.edit"


class AddView(generic.CreateView):
    """Adds one; the board shows it at once."""

    def save_instance(self) -> Any:
        """Store it and have the pages made anew."""
        with transaction.atomic():
            added = super().save_instance()
            actions.announce_market_pages(added.get_absolute_url())
        return added


class ChangeView(generic.EditView):
    """Changes one and notes in its history what changed."""

    def save_instance(self) -> Any:
        """Store it, note the changes, and have the pages made anew."""
        self.has_content_changes = self.form.has_changed()
        with transaction.atomic():
            changes = self.form.changes()
            changed = self.form.save()
            log(instance=changed, action=EDITED, content_changed=self.has_content_changes, data={"changes": changes})
            actions.announce_market_pages(changed.get_absolute_url())
        return changed


class RemoveView(generic.DeleteView):
    """Deletes one that nothing refers to; otherwise says what does, and what to do instead."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask whether to delete it, where that can be."""
        uses = queries.uses_of(self.object)
        return self._refuse(actions.still_in_use(self.object, uses)) if uses else super().get(request, *args, **kwargs)

    def get_usage_url(self) -> None:
        """None: Wagtail's own list knows neither prices nor why they are kept."""

    def delete_action(self) -> None:
        """Delete it and note that. Raises StillInUse."""
        with transaction.atomic():
            log(instance=self.object, action="wagtail.delete")
            actions.delete_unused(self.object)

    def form_valid(self, form: Any) -> HttpResponse:
        """The list after the deletion, or the form again with the reason against it."""
        try:
            return super().form_valid(form)
        except StillInUse as err:
            return self._refuse(err)

    def _refuse(self, err: StillInUse) -> HttpResponse:
        messages.error(self.request, str(err))
        return redirect(reverse(self.edit_url_name, args=[self.object.pk]))


class MarketViewSet(ModelViewSet):
    """What instruments and baskets have in common at the desk."""

    add_view_class = AddView
    edit_view_class = ChangeView
    delete_view_class = RemoveView
    copy_view_enabled = False
    add_to_admin_menu = False
    list_per_page = 50


class InstrumentViewSet(MarketViewSet):
    """The instruments."""

    model = Instrument
    name = "instruments"
    url_prefix = "markets/instruments"
    icon = "tag"
    menu_label = "Instruments"
    list_display = [
        "symbol",
        "name",
        "kind",
        "currency",
        "ticker_place",
        BooleanColumn("is_active", label="Active", sort_key="is_active"),
    ]
    list_filter = ["is_active", "kind", "currency"]
    search_fields = ["symbol", "name"]
    ordering = ["symbol"]
    edit_handler = ObjectList(
        [
            MultiFieldPanel([FieldPanel("symbol"), FieldPanel("name"), FieldPanel("kind"), FieldPanel("description")]),
            MultiFieldPanel([FieldPanel("currency"), FieldPanel("price_decimals")], heading="Its price"),
            MultiFieldPanel([FieldPanel("ticker_place"), FieldPanel("slug")], heading="Where it shows"),
            FieldPanel("benchmark"),
            FieldPanel("is_active"),
        ],
        base_form_class=InstrumentForm,
    )


class BasketViewSet(MarketViewSet):
    """The baskets with their dated members."""

    model = Basket
    name = "baskets"
    url_prefix = "markets/baskets"
    icon = "list-ul"
    menu_label = "Baskets"
    list_display = ["name", "slug", "benchmark"]
    search_fields = ["name"]
    ordering = ["name"]
    edit_handler = ObjectList(
        [
            MultiFieldPanel([FieldPanel("name"), FieldPanel("slug"), FieldPanel("description")]),
            FieldPanel("benchmark"),
            InlinePanel(
                "members",
                [
                    FieldRowPanel([FieldPanel("instrument"), FieldPanel("weight")]),
                    FieldRowPanel([FieldPanel("since"), FieldPanel("until")]),
                ],
                heading="Members",
                label="member",
                min_num=1,
            ),
        ],
        base_form_class=BasketForm,
    )


class MarketsGroup(ModelViewSetGroup):
    """The menu item "Markets"."""

    menu_label = "Markets"
    menu_icon = "table"
    menu_order = 315
    items = (InstrumentViewSet, BasketViewSet)
