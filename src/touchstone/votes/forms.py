"""The form that votes without scripts."""

from __future__ import annotations

from django import forms

CHOICES = [("real", "Real"), ("fake", "Fake"), ("none", "Take my vote back")]


class VoteForm(forms.Form):
    """A choice, the one-time token, and a field that people never see."""

    choice = forms.ChoiceField(choices=CHOICES, error_messages={"required": "Choose one of the answers."})
    nonce = forms.CharField(max_length=400, widget=forms.HiddenInput)
    website = forms.CharField(required=False, max_length=200)
