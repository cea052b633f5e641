"""The forms of the desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from wagtail.admin.forms import WagtailAdminPageForm

from touchstone.markets.models import Instrument

LONGEST_BREAKING = timedelta(days=3)


class StoryForm(WagtailAdminPageForm):
    """A story's form: a draft may lack anything, what is submitted or published has to be ready."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = self.fields.get("instruments")
        if named is not None:
            # One that was retired later stays on the stories that name it.
            held = [each.pk for each in self.instance.instruments.all()]
            named.queryset = Instrument.objects.filter(Q(is_active=True) | Q(pk__in=held))

    def clean_breaking_until(self) -> Any:
        """Refuse a flag that would stay for longer than breaking news lasts."""
        until = self.cleaned_data["breaking_until"]
        if until and "breaking_until" in self.changed_data and until > timezone.now() + LONGEST_BREAKING:
            raise forms.ValidationError(
                f"A story is breaking for {LONGEST_BREAKING.days} days at most. Choose an earlier time."
            )
        return until

    def _post_clean(self) -> None:
        super()._post_clean()
        if self.is_deferred_validation:
            return
        for problem in self.instance.problems():
            # The authors are a formset of their own, which asks for at least one.
            if problem.field in self.fields and problem.field not in self.errors:
                self.add_error(problem.field, problem.message)


class CorrectionForm(StoryForm):
    """The new wording of a published story and what was wrong with the old one."""

    correction = forms.CharField(
        label="What was wrong",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One or two sentences that stand under the story for everyone to read: what it said, what is right.",
    )


class DismissalForm(forms.Form):
    """What somebody found out about an alarm."""

    finding = forms.CharField(
        label="What did you find?",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What you checked and with whom. It stays in the history with your name.",
    )
    seen_pct = forms.FloatField(widget=forms.HiddenInput)
