"""What stands before every page of a logged-in person."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import User

RENEW = "accounts:renew"
# Staff may be asked for their second step first.
OPEN = {RENEW, "accounts:step_up"}


class ExpiredPasswords:
    """Lets nothing answer before a person has renewed an expired password (PW-06)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *_: object
    ) -> HttpResponse | None:
        """Lead to the page that renews it. Public ones stay open."""
        if not getattr(view, "login_required", True):
            return None
        match = request.resolver_match
        expired = isinstance(request.user, User) and request.user.password_expired
        return redirect(RENEW) if expired and match and match.view_name not in OPEN else None
