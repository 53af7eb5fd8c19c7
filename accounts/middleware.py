"""Middleware that runs before every page of a logged-in person."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.models import User

RENEW = "accounts:renew"
# Staff may need their second step first, and the renewal page offers to stay logged in.
OPEN = {RENEW, "accounts:step_up", "mfa:stay"}


class ExpiredPasswords:
    """Allows no other page before a person has renewed an expired password (PW-06)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Store the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *_: object
    ) -> HttpResponse | None:
        """Redirect to the renewal page. Public pages stay available."""
        if not getattr(view, "login_required", True):
            return None
        match = request.resolver_match
        expired = isinstance(request.user, User) and request.user.password_expired
        return redirect(RENEW) if expired and match and match.view_name not in OPEN else None


class TimeZones:
    """Shows each person the times of their own zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Store the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, then reset the zone for the next request."""
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *_: object
    ) -> None:
        """Activate the zone on pages behind the login."""
        if getattr(view, "login_required", True) and isinstance(request.user, User):
            timezone.activate(request.user.zone)
