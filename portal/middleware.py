"""What proxies may say, headers for every answer, and one page for every refusal."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from mfa import origin as origins
from mfa.limits import TooMany
from mfa.views.pages import refused

PROBES = {"/healthz", "/readyz", "/metrics"}
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), otp-credentials=(self)"


class Forwarded:
    """Drops what only a trusted proxy may say of the connection (LG-08, WB-05).

    Comes first: Django believes X-Forwarded-Proto from anybody once it is told to read it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        if not origins.by_trusted_proxy(request):
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        return self.get_response(request)


class Probes:
    """Lets probes ask by whatever address they know: no answer to them depends on the host."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        if request.path_info in PROBES:
            request.META["HTTP_HOST"] = settings.HOST
        return self.get_response(request)


class SecurityHeaders:
    """Adds the headers that Django has no setting for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with what the browser may use and, unless a view knows better, not keep."""
        response = self.get_response(request)
        # Error pages and refusals come past the views' own never_cache, and hold a token (SS-11).
        response.setdefault("Cache-Control", "no-store")
        response.setdefault("Permissions-Policy", PERMISSIONS)
        return response


class Refusals:
    """Turns TooMany, wherever it comes from, into status 429 with Retry-After."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Render the wait; anything else is a bug and shows the 500 page."""
        if not isinstance(exception, TooMany):
            return None
        context = {"retry_at": exception.until}
        return refused(render(request, "429.html", context), exception)
