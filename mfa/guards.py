"""Guards: which page of the login answers at which step."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from mfa import factors, walk as walks
from mfa.login import PAGES
from mfa.models import Protected
from mfa.rules.steps import Step
from mfa.sessions import ABOUT
from mfa.walk import Walk

ANY_STEP = tuple(step for step in Step if step not in {Step.START_OVER, Step.ENTER})
STRONG = 2

Page = Callable[[HttpRequest, Walk], HttpResponse]
View = Callable[[HttpRequest], HttpResponse]


class SignedIn(HttpRequest):
    """A request behind the login."""

    user: Protected  # type: ignore[assignment]


def on_step(*steps: Step, choosing: bool = False) -> Callable[[Page], View]:
    """Let a page answer only while the walk is at one of these steps; else lead to the right one.

    The view gets the walk as its second argument. Nothing is written here, so a GET stays a GET.
    """

    def guard(page: Page) -> View:
        @login_not_required
        @never_cache
        @sensitive_post_parameters("code", "phone")
        @wraps(page)
        def guarded(request: HttpRequest) -> HttpResponse:
            walk = walks.resume(request, choosing=choosing)
            if walk is None:
                return redirect("accounts:login")
            if walk.step in steps:
                return page(request, walk)
            if walk.step is Step.START_OVER:
                words = {"notice": "ended", "next": walk.pending.next}
                return redirect(f"{reverse('accounts:login')}?{urlencode(words)}")
            return redirect(PAGES[walk.step])

        return guarded

    return guard


def person(request: HttpRequest) -> Protected:
    """Return who is logged in. Raises PermissionDenied for nobody."""
    if not isinstance(request.user, Protected):
        raise PermissionDenied
    return request.user


def may_rebind(request: HttpRequest, user: Protected) -> bool:
    """Whether the session may replace the person's phone: it has answered a code (EN-02).

    A code by email will do: that is how a lost phone is replaced (EM-03). Who has no phone yet,
    or is asked for no second step now, needs none.
    """
    answered = bool(request.session.get(ABOUT, {}).get("channel"))
    return answered or not factors.phone_of(user) or not user.mfa_policy.demanded


def is_strong(request: HttpRequest, user: Protected) -> bool:
    """Whether the session proved a second step (AAL 2), or none is asked of this person."""
    aal = request.session.get(ABOUT, {}).get("aal", 0)
    return aal >= STRONG or not user.mfa_policy.demanded
