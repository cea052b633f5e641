"""How staff sign in at the desk."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import ValidationError
from wagtail.admin.forms.auth import LoginForm


class DeskLoginForm(LoginForm):
    """The desk's own sign-in, with the same limit on failed tries as readers', and no way round a second factor."""

    def clean(self) -> dict[str, Any]:
        """The cleaned fields, with the user found. Raises ValidationError."""
        name, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if name and password:
            self.user_cache = get_adapter(self.request).authenticate(self.request, username=name, password=password)
            if self.user_cache is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data

    def confirm_login_allowed(self, user: Any) -> None:
        """Raises ValidationError for a user who may not sign in with a password alone."""
        super().confirm_login_allowed(user)
        if is_mfa_enabled(user):
            message = "This account has a passkey or a second factor. Sign in at /account/login/, then open the desk."
            raise ValidationError(message, code="second_factor")
