"""Registers the website app with Django."""

from django.apps import AppConfig


class WebsiteConfig(AppConfig):
    """The website app."""

    name = "touchstone.website"
    verbose_name = "Website"

    def ready(self) -> None:
        """Tell the ready-made pages of every web process what editors change."""
        from touchstone.website.pages.changes import watch_pages

        watch_pages()
