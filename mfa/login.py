"""One login: begin -> advance -> enter, and all its effects; step-up and reset walk the same way.

The session keeps a PendingLogin while the person is still anonymous; each request gathers the
facts anew and asks mfa.rules.steps what comes next.
"""

from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import assert_never

from django.conf import settings
from django.contrib import auth
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from mfa import (
    audit,
    browsers,
    notices,
    origin as origins,
    pauses,
    questions,
    walk as walks,
)
from mfa.challenges import new_nonce
from mfa.destinations import safe_next
from mfa.models import Event, Factor, Protected
from mfa.pending import PendingLogin
from mfa.rules.policy import Method
from mfa.rules.routes import AAL, MESSAGING, STRONG, ChannelName, Route
from mfa.rules.steps import Aim, Proof, Step
from mfa.sessions import ABOUT, PASSWORD, keep_proof, once_saved
from mfa.walk import Walk

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
# What the login page shows in its email field after enrollment (WCAG 2.2, 3.3.7)
PREFILL = "mfa_prefill"
# After so long a person notices a login that was not theirs (the design's thirty days).
LONG_PAUSE = timedelta(days=30)

PAGES = {
    Step.START_OVER: "accounts:login",
    Step.ENTER: "mfa:continue",
    Step.FINISH: "mfa:enroll_done",
    Step.BACK_UP: "mfa:enroll_done",
    Step.WAIT: "mfa:help",
    Step.BLOCKED: "mfa:help",
    Step.PROVE_MAILBOX: "mfa:mailbox",
    Step.ANSWER: "mfa:verify",
    Step.CHOOSE: "mfa:choose",
}


class WayBack(StrEnum):
    """What a person logs in with, beside the password, once a factor is lost."""

    FACTOR = "factor"
    PASSWORD = "password"  # noqa: S105 a name
    EMAIL = "email"
    HELP = "help"


def begin(request: HttpRequest, user: Protected, next_url: str) -> HttpResponseRedirect:
    """Start the walk of a person whose password was right, or go on with the session's open one."""
    case = audit.record(Event.PASSWORD_RIGHT, user, origin=origins.of(request))
    held = PendingLogin.load(request.session)
    asked_before = True
    # A reset has proven no password, so nothing of it may become a login.
    if not (held and held.aim == Aim.LOGIN and held.alive(user, timezone.now())):
        asked_before = False
        held = _begin(request, user, Aim.LOGIN)
        held.next = safe_next(request, next_url)
    elif next_url:
        held.next = safe_next(request, next_url)
    held.case = int(case.pk)
    held.save(request.session)
    return advance(walks.start(request, held, user, asked_before=asked_before))


def begin_reset(request: HttpRequest, user: Protected) -> HttpResponseRedirect:
    """Start the walk of a person who came by a mailed link; it never ends in a login (RV-03)."""
    pending = _begin(request, user, Aim.RESET)
    pending.save(request.session)
    return advance(walks.start(request, pending, user, asked_before=False))


def opened_reset(request: HttpRequest) -> Walk | None:
    """Return the reset whose form for a new password is open."""
    walk = walks.resume(request)
    return walk if walk and walk.pending.may_save(walk.user, timezone.now()) else None


def step_up(request: HttpRequest, user: Protected, next_url: str, *, binding: bool = False) -> Walk:
    """Return the walk that would confirm a logged-in person, the open one if there is one.

    `binding`: to bind a factor, or to change anything while a pause runs. Nothing is kept or sent
    before `confirm`.
    """
    binding = binding or pauses.lets_in(user)
    held = PendingLogin.load(request.session)
    mine = held and held.aim == Aim.STEP_UP and held.binding == binding
    if not (held and mine and held.alive(user, timezone.now())):
        held = PendingLogin(
            user=user.pk,
            session_hash=user.get_session_auth_hash(),
            start=timezone.now().timestamp(),
            next="",
            nonce=new_nonce(),
            aim=Aim.STEP_UP,
            binding=binding,
        )
    held.next = safe_next(request, next_url)
    return walks.start(request, held, user)


def step_up_url(next_url: str, *, binding: bool, either: bool = False, **words: str) -> str:
    """Return the address of the page that asks for a proof and leads on."""
    kind = {"binding": "1"} if binding else {"either": "1"} if either else {}
    return f"{reverse('accounts:step_up')}?{urlencode({'next': next_url, **kind, **words})}"


def confirm(walk: Walk) -> HttpResponseRedirect:
    """Start to confirm who is logged in.

    The caller has proven the password again where `wants_password`: it is all there is for who
    has no factor, and half of it for who has only a mailbox (EM-07).
    """
    if wants_password(walk):
        keep_proof(walk.request.session, PASSWORD)
    if walk.facts.by_password:
        return _confirmed(walk, "")
    return proceed(walk)


def confirm_by_password(walk: Walk) -> HttpResponseRedirect:
    """Keep that the password was proven again, and go on.

    It opens only what `guards.fresh` opens to it, whatever the browser asked for.
    """
    keep_proof(walk.request.session, PASSWORD)
    return _confirmed(walk, "")


def wants_password(walk: Walk) -> bool:
    """Whether confirming begins with the password."""
    route = walk.facts.route
    return walk.facts.by_password or bool(route and AAL[route.channel] < STRONG)


def will_send(walk: Walk) -> bool:
    """Whether confirming sends a message."""
    route = walk.facts.route
    return walk.step is Step.ANSWER and route is not None and route.channel in MESSAGING


def way_back(request: HttpRequest, user: Protected, *, without: Factor) -> WayBack:
    """Say how a person logs in after a factor is lost."""
    walk = step_up(request, user, "")
    left = tuple(factor for factor in walk.factors if factor != without)
    if left:
        return WayBack.FACTOR
    if not user.mfa_policy.demanded:
        return WayBack.PASSWORD
    recovers = replace(walk, factors=left).facts.recovery_allowed
    return WayBack.EMAIL if recovers else WayBack.HELP


def give_up(walk: Walk) -> HttpResponseRedirect:
    """End the walk; who was logged in stays so."""
    if walk.aim is Aim.STEP_UP:
        PendingLogin.drop(walk.request.session)
        return redirect(settings.LOGIN_REDIRECT_URL)
    walk.request.session.flush()
    return redirect("accounts:login")


def start_of(walk: Walk) -> str:
    """Return the address where a walk that is over begins anew."""
    if walk.aim is Aim.STEP_UP:
        return step_up_url(walk.pending.next, binding=walk.pending.binding)
    if walk.aim is Aim.RESET:
        return f"{reverse('accounts:forgot')}?notice=ended"
    notice = "ended"
    if walk.pending.proof == Proof.ENROLLED:
        notice = "app" if walk.pending.channel == ChannelName.APP else "confirmed"
    words = {"notice": notice, "next": walk.pending.next}
    return f"{reverse('accounts:login')}?{urlencode(words)}"


def advance(walk: Walk) -> HttpResponseRedirect:
    """Do what the next step asks for, and lead to its page."""
    step = walk.step
    match step:
        case Step.START_OVER:
            return _start_over(walk)
        case Step.ENTER if walk.aim is Aim.STEP_UP:
            return _confirmed(walk, walk.pending.channel)
        case Step.ENTER if walk.aim is Aim.RESET:
            return _open_form(walk)
        case Step.ENTER:
            return enter(walk)
        case Step.ANSWER:
            questions.ask(walk)
        case (
            Step.WAIT
            | Step.BLOCKED
            | Step.PROVE_MAILBOX
            | Step.CHOOSE
            | Step.OFFER
            | Step.ENROLL
            | Step.FINISH
            | Step.BACK_UP
        ):
            pass
        case _:
            assert_never(step)
    return redirect(page_of(walk))


def page_of(walk: Walk) -> str:
    """Name the page of the walk's step."""
    if walk.step in {Step.ENROLL, Step.OFFER}:
        return _first_page(walk.user.mfa_policy.methods)
    route = walk.facts.route
    by_code = route is not None and route.channel is ChannelName.RECOVERY_CODES
    return "mfa:recovery_code" if walk.step is Step.ANSWER and by_code else PAGES[walk.step]


def _first_page(methods: frozenset[Method]) -> str:
    """Name the page on which the first factor is set up: one that the policy allows."""
    if Method.PHONE in methods:
        return "mfa:enroll_phone"
    return "mfa:enroll_app" if Method.APP in methods else "mfa:enroll"


def enter(walk: Walk) -> HttpResponseRedirect:
    """Log in, with what was proven written into the session (SS-02).

    The caller knows that nothing is left to ask. Raises PermissionDenied for a walk that is no
    login: a mailed link and a code replace no password (RV-03).
    """
    if walk.aim is not Aim.LOGIN:
        raise PermissionDenied
    if (counted := _counts_on(walk)) is None:
        return _start_over(walk)
    _note_idle(walk)
    channel = walk.pending.channel if walk.pending.proof != Proof.NONE else ""
    aal = AAL[ChannelName(channel)] if channel else 1
    session = walk.request.session
    PendingLogin.drop(session)
    session[ABOUT] = {
        "user_id": walk.user.pk,
        "started_at": timezone.now().isoformat(),
        "address": walk.origin.address or None,
        "browser": walk.origin.browser,
        "aal": aal,
        "channel": channel,
        "life": walk.user.mfa_policy.session_life.total_seconds(),
        "idle": walk.user.mfa_policy.session_idle.total_seconds(),
        **counted,
    }
    keep_proof(session, PASSWORD, at=walk.pending.start)
    if channel:
        keep_proof(session, channel)
    unusual = _unusual(walk)
    # The stubs know only the one user model, which is a Protected.
    auth.login(walk.request, walk.user, MODEL_BACKEND)  # type: ignore[arg-type]
    once_saved(session, partial(_tell, walk, aal=aal, channel=channel, unusual=unusual))
    response = HttpResponseRedirect(safe_next(walk.request, walk.pending.next))
    browsers.remember(walk.request, response, walk.user)
    return response


def choose(walk: Walk, route: Route) -> HttpResponseRedirect:
    """Take another route, and ask by it."""
    walk.pending.chosen = route.name
    return proceed(replace(walk, choosing=False))


def say_lost(walk: Walk, *, lost: bool) -> HttpResponseRedirect:
    """Go on without the factors that could be asked, or with them after all."""
    walk.pending.lost = lost
    return proceed(walk)


def proceed(walk: Walk) -> HttpResponseRedirect:
    """Keep what has changed and go on."""
    walk.pending.save(walk.request.session)
    return advance(walk)


def skip(walk: Walk) -> HttpResponseRedirect:
    """Remember that the person goes without a second step; the caller knows that they may."""
    walk.user.skipped_at = timezone.now()
    walk.user.save(update_fields=["skipped_at"])
    notices.tell(Event.SKIPPED, walk.user, origin=walk.origin)
    return proceed(walk)


def _begin(request: HttpRequest, user: Protected, aim: Aim) -> PendingLogin:
    request.session.flush()
    # Whose half login the session is; without a level it is nobody's login.
    request.session[ABOUT] = {"user_id": user.pk, "aal": 0}
    return PendingLogin(
        user=user.pk,
        session_hash=user.get_session_auth_hash(),
        start=timezone.now().timestamp(),
        next="",
        nonce=new_nonce(),
        aim=aim,
    )


def _open_form(walk: Walk) -> HttpResponseRedirect:
    """Open the form for a new password, once: going back does not lengthen its ten minutes."""
    if (counted := _counts_on(walk)) is None:
        return _start_over(walk)
    if not walk.pending.opened:
        session = walk.request.session
        session[ABOUT] = {**session[ABOUT], **counted}
        walk.pending.opened = timezone.now().timestamp()
        walk.pending.save(walk.request.session)
        session.cycle_key()
    return redirect("accounts:new_password")


def _confirmed(walk: Walk, channel: str) -> HttpResponseRedirect:
    """Keep the new proof under a new session key (SS-01, SS-02); "" stands for the password."""
    session = walk.request.session
    PendingLogin.drop(session)
    if channel:
        keep_proof(session, channel)
        about = session[ABOUT]
        aal = max(about.get("aal", 1), AAL[ChannelName(channel)])
        # A factor's proof stands without the pause.
        behind = {"pause_id": None} if aal >= STRONG else {}
        session[ABOUT] = {**about, **behind, "aal": aal, "channel": channel}
    session.cycle_key()
    details = {"channel": channel} if channel else {}
    once_saved(
        session, lambda: audit.record(Event.STEPPED_UP, walk.user, origin=walk.origin, **details)
    )
    return HttpResponseRedirect(safe_next(walk.request, walk.pending.next))


def _tell(walk: Walk, *, aal: int, channel: str, unusual: str) -> None:
    """Record a login; the worker tells of one that is not like the others (LG-09)."""
    details = {"unusual": unusual} if unusual else {}
    login = audit.record(
        Event.LOGGED_IN, walk.user, origin=walk.origin, aal=aal, channel=channel, **details
    )

    def wake() -> None:
        notices.tell_of_login.delay(login.pk)

    if unusual:
        transaction.on_commit(wake, robust=True)


def _counts_on(walk: Walk) -> dict[str, int | None] | None:
    """Return which pause let the walk pass, for the session to keep; None where it has just ended.

    What such a session opens ends with the pause (K17), however close the two come.
    """
    if not pauses.lets_in(walk.user) or walk.pending.proof != Proof.NONE:
        return {"pause_id": None}
    pause = pauses.honored_of(walk.user)
    return {"pause_id": pause.pk} if pause else None


def _note_idle(walk: Walk) -> None:
    """Keep that the password alone let in an account that lay idle: it binds nothing yet (S12)."""
    now = timezone.now()
    if walk.user.mailbox_due(now) and not walk.pending.mailbox_proven:
        walk.user.mailbox_due_at = now
        walk.user.save(update_fields=["mailbox_due_at"])


def _unusual(walk: Walk) -> str:
    """Say in a word what is strange about a login; "" for nothing, and for the first (LG-09)."""
    last = walk.user.last_login
    if last is None:
        return ""
    if timezone.now() - last > LONG_PAUSE:
        return "pause"
    return "" if walk.origin.known else "browser"


def _start_over(walk: Walk) -> HttpResponseRedirect:
    start = start_of(walk)
    if walk.aim is not Aim.STEP_UP:
        session = walk.request.session
        session.flush()
        session[PREFILL] = walk.user.email
    return redirect(start)
