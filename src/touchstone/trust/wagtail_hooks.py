"""Puts the trust pages into the editor's desk."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from touchstone.readers.queries import is_editor
from touchstone.trust import views


class TrustMenuItem(MenuItem):
    """The desk's way to the trust pages, for those who may sign."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Whether this person sees the item."""
        return is_editor(request.user)


@hooks.register("register_admin_urls")
def trust_addresses() -> list[URLPattern]:
    """Addresses below /desk/trust/."""
    return [
        path("trust/", views.overview, name="trust_desk"),
        path("trust/resolutions/new/", views.new_resolution, name="trust_new_resolution"),
        path("trust/resolutions/<row_id:resolution_id>/sign/", views.sign, name="trust_sign"),
        path("trust/resolutions/<row_id:resolution_id>/withdraw/", views.withdraw, name="trust_withdraw"),
        path("trust/panel/new/", views.appoint, name="trust_appoint"),
        path("trust/panel/<row_id:member_id>/dismiss/", views.dismiss, name="trust_dismiss"),
        path("trust/export/", views.request_export, name="trust_request_export"),
        path("trust/fit/", views.request_fit, name="trust_request_fit"),
    ]


@hooks.register("register_admin_menu_item")
def trust_menu_item() -> MenuItem:
    """The menu item "Trust"."""
    return TrustMenuItem("Trust", reverse("trust_desk"), name="trust", icon_name="check", order=300)
