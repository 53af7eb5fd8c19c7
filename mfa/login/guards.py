"""Guards: decorators that decide which pages answer at which step."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from mfa import login, pauses
from mfa.client import moment_of
from mfa.login import flow as flows, typed
from mfa.login.flow import Flow
from mfa.login.typed import FormClass
from mfa.models import AbstractMfaUser
from mfa.rules.methods import AAL, STRONG, ChannelName
from mfa.rules.steps import Step
from mfa.sessions.proofs import PASSWORD, aal_of, fresh_proofs

ANY_STEP = tuple(step for step in Step if step not in {Step.START_OVER, Step.ENTER})
SAFE = {"GET", "HEAD"}

Page = Callable[[HttpRequest, Flow], HttpResponse]
View = Callable[..., HttpResponse]


class SignedIn(HttpRequest):
    """A request of a logged-in person."""

    user: AbstractMfaUser  # type: ignore[assignment]


def on_step(*steps: Step, choosing: bool = False) -> Callable[[Page], View]:
    """Run the view only at one of these steps, and otherwise redirect to the right page.

    The view gets the flow as its second argument. Nothing is written here, so GET has no side
    effects.
    """

    def guard(page: Page) -> View:
        @login_not_required
        @never_cache
        @sensitive_post_parameters("code", "codes", "phone")
        @wraps(page)
        def guarded(request: HttpRequest) -> HttpResponse:
            flow = flows.resume(request, choosing=choosing)
            if flow is None:
                return redirect(settings.LOGIN_URL)
            if flow.step in steps:
                try:
                    return page(request, flow)
                except get_user_model().DoesNotExist:
                    # A closed account was deleted at this moment.
                    request.session.flush()
                    return redirect(settings.LOGIN_URL)
            if flow.step is Step.START_OVER:
                return redirect(login.start_of(flow))
            return redirect(login.page_of(flow))

        return guarded

    return guard


def fresh(
    *, back: str = "", mailed: bool = False, binding: bool = False, either: bool = False
) -> Callable[[View], View]:
    """Run a logged-in person's view only within ten minutes of a proof (SS-08).

    Otherwise the person confirms first and returns to this page, or to `back`, a URL name, if this
    page has no GET. `mailed`: the emailed code of the login is enough (EM-03). `binding`: the view
    adds or ends a factor. `either`: the password or any factor is enough, because a lost factor
    cannot be asked (RV-07). The values of a late POST come back without its secrets, if the view's
    form is marked by `typed.keeps`. The step-up page says whether they do.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            user = person(request)
            if is_fresh(request, user, mailed=mailed, binding=binding, either=either):
                return view(request, *args, **kwargs)
            form = typed.form_of(view)
            return confirm_first(
                request, user, back=back, binding=binding, either=either, form=form
            )

        # The admin site asks before the view does, and returns to the same page.
        vars(guarded)["back"] = back
        return guarded

    return guard


def confirm_first(
    request: HttpRequest,
    user: AbstractMfaUser,
    *,
    back: str = "",
    binding: bool = False,
    either: bool = False,
    form: FormClass | None = None,
    address: str = "",
) -> HttpResponse:
    """Redirect to the step-up, and from there to this page or to `back`, a URL name.

    `form` and its `address`, by default the page's, are what comes back filled.
    """
    here = reverse(back) if back else request.path
    words = {}
    if request.method not in SAFE:
        words = {"notice": _late(request, user, form, address or here)}
    paused = pauses.lets_in(user.mfa_policy)
    url = login.step_up_url(
        here,
        binding=binding or paused,
        either=either and not paused,
        **words,
    )
    return redirect(url)


def _late(request: HttpRequest, user: AbstractMfaUser, form: FormClass | None, address: str) -> str:
    """Keep what was typed, if possible, and return the notice for the step-up page."""
    if not typed.is_sent(request, form):
        return "again"
    return "kept" if form and typed.keep(request, user, form, address) else "unsaved"


def is_fresh(
    request: HttpRequest,
    user: AbstractMfaUser,
    *,
    mailed: bool = False,
    binding: bool = False,
    either: bool = False,
) -> bool:
    """Whether the session gave the strongest available proof in the last ten minutes.

    That is a factor; or the password, if no factor is asked or there is none; or the password and
    an emailed code, if an enrolled email is the only route (EM-07). With `binding`, the password is
    enough only if the person never had a factor. An emailed code is enough if logins need no second
    step (EN-02), or before the first factor of an inactive account (S12). During a pause, every
    guarded view has these rules: someone with a stolen password must not use the pause to lock the
    owner out (S07).
    """
    now = moment_of(request)
    proofs = fresh_proofs(request.session, now)
    paused = pauses.lets_in(user.mfa_policy)
    if either and proofs and not paused:
        return True
    binding = binding or paused
    due = user.mailbox_due(user.mfa_policy, now)
    mailed = mailed or (binding and (due or not user.mfa_policy.demanded))
    enough = {
        by for by, aal in AAL.items() if aal >= STRONG or (mailed and by is ChannelName.EMAIL)
    }
    if proofs & enough:
        return True
    if not proofs:
        return False
    flow = login.step_up(request, user, "", binding=binding)
    if flow.facts.by_password:
        return PASSWORD in proofs
    route = flow.facts.route
    return route is not None and login.wants_password(flow) and {PASSWORD, route.proof} <= proofs


def person(request: HttpRequest) -> AbstractMfaUser:
    """Return the logged-in person. Raises PermissionDenied if there is none."""
    if not isinstance(request.user, AbstractMfaUser):
        raise PermissionDenied
    return request.user


def is_strong(request: HttpRequest, user: AbstractMfaUser) -> bool:
    """Whether the session proved AAL2, or this person needs no second step."""
    return aal_of(request.session) >= STRONG or not user.mfa_policy.demanded
