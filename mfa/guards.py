"""Guards: which page of the login answers at which step."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from mfa import login, pauses, walk as walks
from mfa.models import Protected
from mfa.rules.routes import AAL, STRONG, ChannelName
from mfa.rules.steps import Step
from mfa.sessions import ABOUT, PASSWORD, fresh_proofs
from mfa.walk import Walk

ANY_STEP = tuple(step for step in Step if step not in {Step.START_OVER, Step.ENTER})
SAFE = {"GET", "HEAD"}

Page = Callable[[HttpRequest, Walk], HttpResponse]
View = Callable[..., HttpResponse]


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
        @sensitive_post_parameters("code", "codes", "phone")
        @wraps(page)
        def guarded(request: HttpRequest) -> HttpResponse:
            walk = walks.resume(request, choosing=choosing)
            if walk is None:
                return redirect("accounts:login")
            if walk.step in steps:
                return page(request, walk)
            if walk.step is Step.START_OVER:
                return redirect(login.start_of(walk))
            return redirect(login.page_of(walk))

        return guarded

    return guard


def fresh(
    *, back: str = "", mailed: bool = False, binding: bool = False, either: bool = False
) -> Callable[[View], View]:
    """Let a view of a signed-in person answer only within ten minutes of a proof (SS-08).

    Else the person confirms first and comes back: to this page, or to `back`, a URL's name,
    where it has no GET. `mailed`: the emailed code of the login will do (EM-03). `binding`: the
    view binds or ends what later proves the person. `either`: the password or any factor will do,
    for a factor that is lost cannot be asked (RV-07). What a late POST carried is not kept, for it
    may be secret: the page that asks for the proof says so.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            user = person(request)
            if is_fresh(request, user, mailed=mailed, binding=binding, either=either):
                return view(request, *args, **kwargs)
            return confirm_first(request, user, back=back, binding=binding, either=either)

        # The admin site asks before the view does, and leads back to the same page.
        vars(guarded)["back"] = back
        return guarded

    return guard


def confirm_first(
    request: HttpRequest,
    user: Protected,
    *,
    back: str = "",
    binding: bool = False,
    either: bool = False,
) -> HttpResponse:
    """Lead to the step-up, and from there to this page or to `back`, a URL's name."""
    words = {} if request.method in SAFE else {"notice": "unsaved"}
    paused = pauses.lets_in(user)
    url = login.step_up_url(
        reverse(back) if back else request.path,
        binding=binding or paused,
        either=either and not paused,
        **words,
    )
    return redirect(url)


def fresh_in_pause(view: View) -> View:
    """Let a view ask for a proof while a pause lets in by password alone, and at no other time."""
    guarded = fresh()(view)

    @wraps(view)
    def choose(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        answer = guarded if pauses.lets_in(person(request)) else view
        return answer(request, *args, **kwargs)

    return choose


def is_fresh(
    request: HttpRequest,
    user: Protected,
    *,
    mailed: bool = False,
    binding: bool = False,
    either: bool = False,
) -> bool:
    """Whether the session proved its person in the last ten minutes, as strongly as it can.

    That is a factor; the password, where no factor is asked or there is none; the password and
    an emailed code, where a mailbox is all there is (EM-07). Before `binding` the password will do
    only if no factor was ever bound, and an emailed code while no login asks for one (EN-02), or
    where the account lay idle before its first factor (S12).
    While a pause runs, all that is guarded is guarded like that: a thief of the password must not
    use the pause to keep its owner out (S07).
    """
    proofs = fresh_proofs(request.session, timezone.now())
    paused = pauses.lets_in(user)
    if either and proofs and not paused:
        return True
    binding = binding or paused
    due = user.mailbox_due(timezone.now())
    mailed = mailed or (binding and (due or not user.mfa_policy.demanded))
    enough = {
        by for by, aal in AAL.items() if aal >= STRONG or (mailed and by is ChannelName.EMAIL)
    }
    if proofs & enough:
        return True
    if not proofs:
        return False
    walk = login.step_up(request, user, "", binding=binding)
    if walk.facts.by_password:
        return PASSWORD in proofs
    return login.wants_password(walk) and {PASSWORD, ChannelName.EMAIL} <= proofs


def person(request: HttpRequest) -> Protected:
    """Return who is logged in. Raises PermissionDenied for nobody."""
    if not isinstance(request.user, Protected):
        raise PermissionDenied
    return request.user


def is_strong(request: HttpRequest, user: Protected) -> bool:
    """Whether the session proved a second step (AAL 2), or none is asked of this person."""
    aal = request.session.get(ABOUT, {}).get("aal", 0)
    return aal >= STRONG or not user.mfa_policy.demanded
