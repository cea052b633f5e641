"""What an editor fills in when a story has been settled."""

from __future__ import annotations

from typing import Any

from django import forms

from touchstone.readers.models import User
from touchstone.stories.models import StoryPage
from touchstone.trust.models import Resolution


class ResolutionForm(forms.Form):
    """Which story, what it turned out to be, and what settles it."""

    story = forms.ModelChoiceField(queryset=StoryPage.objects.none())
    outcome = forms.ChoiceField(choices=Resolution.Outcome.choices)
    evidence = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 5}), max_length=4000, help_text="What settles it: documents, with links."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["story"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = StoryPage.objects.live().exclude(
            resolutions__withdrawn_at__isnull=True, resolutions__isnull=False
        )


class AnchorForm(forms.Form):
    """Which account joins the anchor panel, and under which public name."""

    username = forms.CharField(max_length=150, help_text="The account that votes.")
    name = forms.CharField(
        max_length=80, label="Public name", help_text="As the method page and the vote log name this member."
    )

    def clean_username(self) -> User:
        """The account of that name."""
        user = User.objects.filter(username=self.cleaned_data["username"].strip(), is_active=True).first()
        if user is None:
            raise forms.ValidationError("There is no active account of that name; check the spelling.")
        return user
