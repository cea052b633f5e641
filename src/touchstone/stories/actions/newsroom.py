"""Set up an empty newsroom: pages to put stories under, groups of people, the moderation workflow."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils.text import slugify
from wagtail.models import (
    Collection,
    GroupCollectionPermission,
    GroupPagePermission,
    Page,
    Site,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)

from touchstone.stories.models import AuthorIndexPage, EditorialReview, HomePage, SectionPage

SECTIONS = {
    "Technology": "Models, chips and the people who build with them.",
    "Markets": "Prices, flows and what moves them.",
    "Policy": "Rules, courts and regulators.",
    "Security": "Breaches, fraud and how to stay safe.",
    "Business": "Companies, deals and infrastructure.",
}
# `/markets/` is the board of prices.
SLUGS = {"Markets": "market-news"}
PAGE_RIGHTS = {
    "Authors": ["add_page"],
    "Editors": ["add_page", "change_page", "publish_page", "lock_page", "unlock_page"],
    "Publishers": ["add_page", "change_page", "publish_page", "bulk_delete_page", "lock_page", "unlock_page"],
}
PICTURE_RIGHTS = {
    "Authors": ["add_image", "choose_image"],
    "Editors": ["add_image", "change_image", "choose_image"],
    "Publishers": ["add_image", "change_image", "choose_image", "delete_image"],
}
MARKET_RIGHTS = [("markets", f"{verb}_{model}") for model in ("instrument", "basket") for verb in ("add", "change")]
# (app label, codename): what a group may do besides pages and pictures.
OTHER_RIGHTS = {
    "Authors": [("wagtailadmin", "access_admin")],
    "Editors": [("wagtailadmin", "access_admin"), *MARKET_RIGHTS],
    "Publishers": [
        ("wagtailadmin", "access_admin"),
        ("readers", "add_user"),
        ("readers", "change_user"),
        ("wagtailcore", "add_workflow"),
        ("wagtailcore", "change_workflow"),
        ("wagtailcore", "add_task"),
        ("wagtailcore", "change_task"),
        ("wagtailredirects", "add_redirect"),
        ("wagtailredirects", "change_redirect"),
        ("wagtailredirects", "delete_redirect"),
        *MARKET_RIGHTS,
        ("markets", "delete_instrument"),
        ("markets", "delete_basket"),
    ],
}
WORKFLOW = "Editors approve"


@transaction.atomic
def set_up_newsroom() -> HomePage:
    """Make what a newsroom needs to start and leave what is there alone; may be run at any time."""
    home = _set_up_pages()
    for name in PAGE_RIGHTS:
        _set_up_group(name)
    _drop_stock_groups()
    _set_up_workflow(home)
    return home


def _set_up_pages() -> HomePage:
    home = HomePage.objects.first() or _make_home()
    _point_site_at(home)
    if not SectionPage.objects.exists():
        for title, summary in SECTIONS.items():
            slug = SLUGS.get(title, slugify(title))
            home.add_child(instance=SectionPage(title=title, slug=slug, summary=summary, show_in_menus=True))
    if not AuthorIndexPage.objects.exists():
        home.add_child(instance=AuthorIndexPage(title="Authors", slug="authors"))
    return home


def _make_home() -> HomePage:
    root = Page.get_first_root_node()
    stock = Page.objects.filter(depth=2, content_type__model="page", slug="home").first()
    if stock is not None:
        Page.objects.filter(pk=stock.pk).update(slug="stock-home", url_path="/stock-home/")
    home = root.add_child(instance=HomePage(title=settings.SITE_NAME, slug="home"))
    _point_site_at(home)
    if stock is not None:
        stock.refresh_from_db()
        stock.delete()
    return home


def _point_site_at(home: HomePage) -> None:
    """Let absolute addresses follow SITE_ORIGIN, which may have changed since the last start."""
    parts = urlsplit(settings.SITE_ORIGIN)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={
            "hostname": parts.hostname or "localhost",
            "port": port,
            "site_name": settings.SITE_NAME,
            "root_page": home,
        },
    )


def _set_up_group(name: str) -> None:
    group, is_new = Group.objects.get_or_create(name=name)
    page_rights = GroupPagePermission.objects.filter(group=group)
    has_all = page_rights.filter(permission__codename__in=PAGE_RIGHTS[name]).count() == len(PAGE_RIGHTS[name])
    if has_all and not is_new:
        return
    page_rights.delete()
    GroupCollectionPermission.objects.filter(group=group).delete()
    root, collection = Page.get_first_root_node(), Collection.get_first_root_node()
    for codename in PAGE_RIGHTS[name]:
        GroupPagePermission.objects.create(group=group, page=root, permission=_permission("wagtailcore", codename))
    for codename in PICTURE_RIGHTS[name]:
        GroupCollectionPermission.objects.create(
            group=group, collection=collection, permission=_permission("wagtailimages", codename)
        )
    group.permissions.set([_permission(app, codename) for app, codename in OTHER_RIGHTS[name]])


def _permission(app: str, codename: str) -> Permission:
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def _drop_stock_groups() -> None:
    Group.objects.filter(name="Moderators", user=None).delete()


def _set_up_workflow(home: HomePage) -> None:
    if WorkflowPage.objects.filter(page=home).exists():
        return
    task = EditorialReview.objects.filter(name="Editorial review").first()
    if task is None:
        task = EditorialReview.objects.create(name="Editorial review", active=True)
        task.groups.set(Group.objects.filter(name__in=["Editors", "Publishers"]))
    workflow, _ = Workflow.objects.get_or_create(name=WORKFLOW)
    WorkflowTask.objects.get_or_create(workflow=workflow, task=task, defaults={"sort_order": 0})
    WorkflowPage.objects.create(workflow=workflow, page=home)
    # The stock workflow asks the group that was dropped.
    Workflow.objects.filter(name="Moderators approval").exclude(pk=workflow.pk).update(active=False)
