"""Middleware: proxy headers, request ids, security headers, session limits and error pages."""

import logging
import re
from collections.abc import Callable
from http import HTTPStatus
from uuid import uuid4

from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode

from accounts.models import User
from accounts.views.step_up import step_up
from mfa.client import by_trusted_proxy
from mfa.limits.counters import TooMany
from mfa.login.guards import SAFE, is_strong
from mfa.request_id import current
from mfa.session_engine import SessionStore
from mfa.sessions.proofs import is_over
from mfa.views.pages import refused
from mfa.views.session import stay
from portal.activity import is_activity
from portal.logs import HIDDEN_PATHS

logger = logging.getLogger(__name__)
PROBES = {"/healthz", "/readyz", "/metrics"}
REQUEST_ID = "X-Request-ID"
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
# With "no-referrer" browsers send `Origin: null`, and every form would be refused.
ORIGIN_ONLY = "strict-origin"
DEBUG_PAGES = {HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR}
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), otp-credentials=(self)"


class Forwarded:
    """Removes headers that only a trusted proxy may send (LG-08, WB-05).

    It must be first, because Django trusts X-Forwarded-Proto from anyone once it reads it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Store the next layer."""
        self.get_response = get_response
        self.told = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the headers cleaned."""
        if by_trusted_proxy(request):
            self._fold(request)
        else:
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        return self.get_response(request)

    def _fold(self, request: HttpRequest) -> None:
        """Normalize the scheme to lowercase (RFC 3986, 3.1). Warn once about a redirect loop."""
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
    """Gives each request an id, for its log lines and for people who report an error (LO-01).

    Only a trusted proxy can send one, or clients could forge log lines of others.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Store the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the id as a header."""
        brought = request.headers.get(REQUEST_ID, "")
        known = by_trusted_proxy(request) and ID.fullmatch(brought)
        request_id = brought if known else uuid4().hex
        vars(request)["request_id"] = request_id
        token = current.set(request_id)
        try:
            response = self.get_response(request)
            response[REQUEST_ID] = request_id
        finally:
            current.reset(token)
        return response


class Probes:
    """Answers probes at any host name, because their answers do not depend on it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Store the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the portal's own host."""
        if request.path_info in PROBES:
            request.META["HTTP_HOST"] = settings.HOST
        return self.get_response(request)


class SecurityHeaders:
    """Adds the headers for which Django has no setting."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Store the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with a permissions policy, and without caching unless the view allows it."""
        response = self.get_response(request)
        # Error pages bypass the views' never_cache, and contain a token (SS-11).
        response.setdefault("Cache-Control", "no-store")
        response.setdefault("Permissions-Policy", PERMISSIONS)
        if request.path.startswith(HIDDEN_PATHS):
            # Not even our own pages may send the link as a Referer, because proxies log it.
            response.setdefault("Referrer-Policy", ORIGIN_ONLY)
        return response


class ContentPolicy(CSPMiddleware):
    """Sends the Content-Security-Policy, built once, because no page needs another or a nonce.

    Django's class builds it for each answer, twice.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Make no nonce."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Add the header."""
        # Django's debug page has its own styles.
        if not (settings.DEBUG and response.status_code in DEBUG_PAGES):
            response.setdefault("Content-Security-Policy", self._policy)
        return response

    @cached_property
    def _policy(self) -> str:
        return str(build_policy())


class SessionLimits(LoginRequiredMiddleware):
    """Requires a login, shows when a session has ended, and records activity."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Extend the idle timeout if a person caused the request."""
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
        """Let people in.

        Staff must meet their current policy, not that at their login (K17, SS-10).
        """
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
        if is_strong(request, user) or view_func in {step_up, stay}:
            return None
        if user.ever_bound_at is None:
            # The first factor is set up during the login.
            return render(request, "mfa/second_step.html", status=403)
        late = {} if request.method in SAFE else {"notice": "unsaved"}
        words = {"next": request.path, **late}
        return redirect(f"{reverse('accounts:step_up')}?{urlencode(words)}")

    def handle_no_permission(  # type: ignore[override]  # the stubs promise what we return
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        """Redirect to the login. If the browser had a session, say that it ended (SS-03).

        What was posted is not kept, because nobody knows whether the same person logs in next.
        """
        had_one = settings.SESSION_COOKIE_NAME in request.COOKIES
        if not had_one or request.session.session_key:
            return super().handle_no_permission(request, view_func)
        words = {"notice": "ended", "next": request.get_full_path()}
        if request.method not in SAFE:
            back = getattr(view_func, "back", "")
            words = {"notice": "unsent", "next": reverse(back) if back else request.path}
        return redirect(f"{reverse(settings.LOGIN_URL)}?{urlencode(words)}")


class Refusals:
    """Shows a page for TooMany and for a method that is not allowed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Store the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer. An empty 405 becomes a page with a link."""
        response = self.get_response(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or response.content:
            return response
        page = render(request, "405.html", status=response.status_code)
        page["Allow"] = response["Allow"]
        return page

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Show the wait. Any other exception is a bug and shows the 500 page."""
        if not isinstance(exception, TooMany):
            return None
        context = {"retry_at": exception.until}
        return refused(render(request, "429.html", context), exception)
