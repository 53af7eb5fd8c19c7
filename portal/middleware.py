"""What proxies may say, headers for every answer, and one page for every refusal."""

import logging
import re
from collections.abc import Callable
from http import HTTPStatus
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import User
from accounts.views.step_up import step_up
from mfa import origin as origins, tracing
from mfa.counters import TooMany
from mfa.guards import is_strong
from mfa.sessions import SessionStore, is_over
from mfa.views.pages import refused
from portal.activity import is_activity
from portal.logs import HIDDEN_PATHS

logger = logging.getLogger(__name__)
PROBES = {"/healthz", "/readyz", "/metrics"}
REQUEST_ID = "X-Request-ID"
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
# With "no-referrer" browsers send `Origin: null`, and every form would be refused.
ORIGIN_ONLY = "strict-origin"
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), otp-credentials=(self)"


class Forwarded:
    """Drops what only a trusted proxy may say of the connection (LG-08, WB-05).

    Comes first: Django believes X-Forwarded-Proto from anybody once it is told to read it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next layer."""
        self.get_response = get_response
        self.told = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        if origins.by_trusted_proxy(request):
            self._fold(request)
        else:
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        return self.get_response(request)

    def _fold(self, request: HttpRequest) -> None:
        """Write the scheme in lower case (RFC 3986, 3.1); say once what would lead in a circle."""
        said = request.META.get("HTTP_X_FORWARDED_PROTO", "").lower()
        request.META["HTTP_X_FORWARDED_PROTO"] = said
        known = said.partition(",")[0].strip() in {"http", "https"}
        if settings.HTTPS and not known and request.path_info not in PROBES and not self.told:
            self.told = True
            logger.warning(
                "A trusted proxy sends no X-Forwarded-Proto of http or https: every page redirects"
                " to itself. Let it set the header."
            )


class RequestIds:
    """Gives each request an id, for its log lines and for whoever reports a fault (LO-01).

    Only a trusted proxy may bring one along: others could write into each other's lines.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the id as a header."""
        brought = request.headers.get(REQUEST_ID, "")
        known = origins.by_trusted_proxy(request) and ID.fullmatch(brought)
        request_id = brought if known else uuid4().hex
        vars(request)["request_id"] = request_id
        token = tracing.current.set(request_id)
        try:
            response = self.get_response(request)
            response[REQUEST_ID] = request_id
        finally:
            tracing.current.reset(token)
        return response


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
        if request.path.startswith(HIDDEN_PATHS):
            # Not even our own pages may learn the link from a Referer, which proxies log.
            response.setdefault("Referrer-Policy", ORIGIN_ONLY)
        return response


class SessionLimits(LoginRequiredMiddleware):
    """Keeps strangers out, says so when a session has ended, and notes that one is in use."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Move the session's idle end, if the person did something."""
        if isinstance(request.session, SessionStore):
            request.session.attended = is_activity(request, response)
            request.session.touch()
        return response

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[object, ...],
        view_kwargs: dict[str, object],
    ) -> HttpResponseBase | None:
        """Let people in; staff by what their policy says now, not at their login (K17, SS-10)."""
        refusal = super().process_view(request, view_func, view_args, view_kwargs)
        inner = getattr(view_func, "login_required", True)
        if refusal or not inner or not isinstance(request.user, User) or not request.user.is_staff:
            return refusal
        return self._bind_staff(request, request.user, view_func)

    def _bind_staff(
        self, request: HttpRequest, user: User, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase | None:
        policy = user.mfa_policy
        if is_over(request.session, life=policy.session_life, idle=policy.session_idle):
            request.session.flush()
            return self.handle_no_permission(request, view_func)
        if is_strong(request, user) or view_func is step_up:
            return None
        if user.ever_bound_at is None:
            # The first factor is enrolled at the login.
            return render(request, "mfa/second_step.html", status=403)
        words = {"next": request.path}
        return redirect(f"{reverse('accounts:step_up')}?{urlencode(words)}")

    def handle_no_permission(  # type: ignore[override]  # the stubs promise what we return
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        """Lead to the login; a browser that had a session reads that it has ended (SS-03)."""
        had_one = settings.SESSION_COOKIE_NAME in request.COOKIES
        if not had_one or request.session.session_key:
            return super().handle_no_permission(request, view_func)
        words = {"notice": "ended", "next": request.get_full_path()}
        return redirect(f"{reverse(settings.LOGIN_URL)}?{urlencode(words)}")


class Refusals:
    """Gives refusals a page: TooMany, wherever it comes from, and a method that is not allowed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; in place of an empty 405, as browsers show one, with a page that leads on."""
        response = self.get_response(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or response.content:
            return response
        page = render(request, "405.html", status=response.status_code)
        page["Allow"] = response["Allow"]
        return page

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Render the wait; anything else is a bug and shows the 500 page."""
        if not isinstance(exception, TooMany):
            return None
        context = {"retry_at": exception.until}
        return refused(render(request, "429.html", context), exception)
