"""The desk's own pages: correct a story, handle its market-moving flag, deal with alarms."""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views import View
from wagtail.admin import messages
from wagtail.admin.auth import permission_denied
from wagtail.admin.panels import FieldPanel, ObjectList
from wagtail.admin.telepath import JSContext
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from touchstone.readers.models import User
from touchstone.readers.queries import is_editor
from touchstone.stories.actions import (
    confirm_market_moving,
    correct_story,
    dismiss_alarm,
    lower_market_moving,
    raise_market_moving,
)
from touchstone.stories.errors import NothingCorrected, StoriesError
from touchstone.stories.forms import CorrectionForm, DismissalForm
from touchstone.stories.models import MoveAlarm, StoryPage
from touchstone.stories.queries import alarm_history, dismissed_alarms, open_alarms

ALARMS_PER_PAGE = 30
CORRECTED_FIELDS = ("standfirst", "body", "what_this_means", "questions", "sources")


class StoryDeskView(WagtailAdminTemplateMixin, View):
    """A page of the desk about one story, for those who may publish it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse whoever may not publish the story; 404 where there is none."""
        self.story = get_object_or_404(StoryPage, pk=kwargs["story_id"])
        # Only staff with accounts come through the desk's door.
        self.editor = cast(User, request.user)
        if not self.story.permissions_for_user(self.editor).can_publish():
            return permission_denied(request)
        return super().dispatch(request, *args, **kwargs)

    @property
    def edit_url(self) -> str:
        """The story's form on the desk."""
        return reverse("wagtailadmin_pages:edit", args=[self.story.pk])

    def get_page_subtitle(self) -> str:
        """The headline."""
        return self.story.title

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        """The way back to the story."""
        return [
            *self.breadcrumbs_items,
            {"url": self.edit_url, "label": self.story.title},
            {"url": "", "label": self.get_page_title()},
        ]


class CorrectView(StoryDeskView):
    """What was wrong, and the new wording, in one form; publishes at once."""

    page_title = "Correct"
    header_icon = "edit"
    template_name = "stories/desk/correct.html"

    def get(self, request: HttpRequest, **_: Any) -> HttpResponse:
        """The form with the wording that readers see now."""
        if not self.story.live:
            messages.error(request, "Only a published story can be corrected. Edit the draft instead.")
            return redirect(self.edit_url)
        if self.story.has_unpublished_changes:
            messages.warning(
                request,
                "This story has unpublished changes. The correction starts from the published wording; "
                "the changes stay in the story's history and can be taken up again from there.",
            )
        return self._show(self._form())

    def post(self, request: HttpRequest, **_: Any) -> HttpResponse:
        """Publish the correction, or show what is wrong with it."""
        form = self._form(request.POST)
        if not form.is_valid():
            messages.validation_error(request, "The correction was not published.", form)
            return self._show(form)
        try:
            correct_story(
                story=form.save(commit=False),
                text=form.cleaned_data["correction"],
                editor=self.editor,
                at=timezone.now(),
            )
        except NothingCorrected as err:
            form.add_error("correction", str(err))
        except StoriesError as err:
            messages.error(request, str(err))
        else:
            view = messages.button(self.story.url, "View live", new_window=True)
            messages.success(request, f"“{self.story.title}” is corrected and published.", buttons=[view])
            return redirect(self.edit_url)
        return self._show(form)

    def _form(self, posted: Any = None) -> CorrectionForm:
        headline = FieldPanel("title", heading="Headline", help_text="What readers see on top of the story.")
        panels = [FieldPanel("correction"), headline, *(FieldPanel(name) for name in CORRECTED_FIELDS)]
        self.edit_handler = ObjectList(panels, base_form_class=CorrectionForm).bind_to_model(StoryPage)
        form_class = self.edit_handler.get_form_class()
        form: CorrectionForm = form_class(
            posted, instance=self.story, parent_page=self.story.get_parent(), for_user=self.editor
        )
        return form

    def _show(self, form: CorrectionForm) -> HttpResponse:
        panel = self.edit_handler.get_bound_panel(instance=self.story, request=self.request, form=form)
        js_context = JSContext()
        context = self.get_context_data(
            panel=panel,
            form=form,
            edit_handler_data=js_context.pack(panel),
            media=MediaContainer([panel, form, js_context]).media,
            action_url=self.request.path,
            submit_button_label="Publish the correction",
            submit_button_active_label="Publishing…",
        )
        return self.render_to_response(context)


class MarketMovingView(StoryDeskView):
    """Raise, confirm or lower the market-moving flag."""

    page_title = "Market-moving flag"
    header_icon = "warning"
    template_name = "stories/desk/market_moving.html"

    def get(self, _request: HttpRequest, **_: Any) -> HttpResponse:
        """Where the flag stands and what this editor can do."""
        flag = getattr(self.story, "market_moving_flag", None)
        may_confirm = bool(flag and not flag.confirmed_by_id and flag.raised_by_id != self.editor.pk)
        return self.render_to_response(self.get_context_data(story=self.story, flag=flag, may_confirm=may_confirm))

    def post(self, request: HttpRequest, **_: Any) -> HttpResponse:
        """Do what the button said."""
        try:
            messages.success(request, self._act(request.POST.get("do", "")))
        except StoriesError as err:
            messages.error(request, str(err))
        return redirect(request.path)

    def _act(self, verb: str) -> str:
        at, editor = timezone.now(), self.editor
        if verb == "raise":
            raise_market_moving(story=self.story, editor=editor, at=at)
            return "The flag is raised. It shows once another editor confirms it."
        if verb == "confirm":
            confirm_market_moving(story=self.story, editor=editor, at=at)
            return "The flag is confirmed and shows on the story."
        if verb == "lower":
            lower_market_moving(story=self.story, editor=editor)
            return "The flag is down."
        raise StoriesError(f"“{verb[:20]}” is no step of the market-moving flag. Choose raise, confirm or lower.")


def alarms(request: HttpRequest) -> HttpResponse:
    """Stories to check because a price moved around them, and what was found about earlier ones."""
    _checker(request)
    dismissed = Paginator(dismissed_alarms(), ALARMS_PER_PAGE).get_page(request.GET.get("p"))
    return render(request, "stories/desk/alarms.html", {"open": open_alarms(), "dismissed": dismissed})


def alarm(request: HttpRequest, alarm_id: int) -> HttpResponse:
    """One alarm with its figures and its history; dismisses it with what was found."""
    editor = _checker(request)
    found = get_object_or_404(MoveAlarm.objects.select_related("story", "instrument"), pk=alarm_id)
    form = DismissalForm(request.POST or None, initial={"seen_pct": found.abnormal_pct})
    if request.method == "POST" and form.is_valid():
        try:
            dismiss_alarm(alarm_id=found.pk, editor=editor, at=timezone.now(), **form.cleaned_data)
        except StoriesError as err:
            messages.error(request, str(err))
            return redirect(request.path)
        messages.success(request, "Dismissed. It is raised again only if the price moves clearly further.")
        return redirect("stories_alarms")
    return render(request, "stories/desk/alarm.html", {"alarm": found, "form": form, "history": alarm_history(found)})


def _checker(request: HttpRequest) -> User:
    if not isinstance(request.user, User) or not is_editor(request.user):
        raise PermissionDenied
    return request.user
