"""Step-up: a logged-in person confirms their identity before a sensitive change."""

from enum import StrEnum

from django.http import HttpRequest, HttpResponseRedirect

from mfa import audit, pauses
from mfa.client import moment_of
from mfa.login.facts import gather
from mfa.login.flow import Flow
from mfa.login.pending import PendingLogin
from mfa.login.redirects import safe_next
from mfa.models import AbstractMfaUser, Event, Factor
from mfa.rules.methods import AAL, MESSAGING, STRONG, ChannelName, is_strong
from mfa.rules.routes import Purpose
from mfa.rules.steps import Step
from mfa.session_engine import ABOUT
from mfa.sessions.proofs import PASSWORD, keep_proof, once_saved


class WayBack(StrEnum):
    """What a person can log in with, besides the password, after losing a factor."""

    FACTOR = "factor"
    PASSWORD = "password"  # noqa: S105 a name
    EMAIL = "email"
    HELP = "help"


def step_up(
    request: HttpRequest, user: AbstractMfaUser, next_url: str, *, binding: bool = False
) -> Flow:
    """Return the step-up flow of a logged-in person, the open one if there is one.

    `binding`: for adding a factor, or for any change during a pause. Nothing is stored or sent
    before `confirm`.
    """
    binding = binding or pauses.lets_in(user.mfa_policy)
    held = PendingLogin.load(request.session)
    mine = held and held.purpose == Purpose.STEP_UP and held.binding == binding
    if not (held and mine and held.alive(user, moment_of(request))):
        now = moment_of(request)
        held = PendingLogin.begin(user, Purpose.STEP_UP, now, binding=binding)
    held.next = safe_next(request, next_url)
    return Flow(request=request, pending=held, user=user)


def confirm_by_password(flow: Flow) -> HttpResponseRedirect:
    """Store that the password was proven again, and continue.

    It opens only what `guards.fresh` allows, whatever the browser requests.
    """
    keep_proof(flow.request.session, PASSWORD, at=flow.now.timestamp())
    return confirmed(flow, "")


def confirmed(flow: Flow, channel: str) -> HttpResponseRedirect:
    """Store the new proof under a new session key (SS-01, SS-02). "" stands for the password."""
    session = flow.request.session
    PendingLogin.drop(session)
    if channel:
        keep_proof(session, flow.pending.proved, at=flow.now.timestamp())
        about = session[ABOUT]
        aal = max(about.get("aal", 1), AAL[ChannelName(channel)])
        # A session that proved a factor does not end with the pause.
        behind = {"pause_id": None} if aal >= STRONG else {}
        session[ABOUT] = {**about, **behind, "aal": aal, "channel": channel}
    session.cycle_key()
    details = {"channel": channel} if channel else {}
    once_saved(
        session, lambda: audit.record(Event.STEPPED_UP, flow.user, client=flow.client, **details)
    )
    return HttpResponseRedirect(safe_next(flow.request, flow.pending.next))


def wants_password(flow: Flow) -> bool:
    """Whether the step-up starts with the password."""
    route = flow.facts.route
    return flow.facts.by_password or bool(route and not is_strong(route.channel))


def will_send(flow: Flow) -> bool:
    """Whether the step-up sends a message."""
    route = flow.facts.route
    return flow.step is Step.ANSWER and route is not None and route.channel in MESSAGING


def way_back(request: HttpRequest, user: AbstractMfaUser, *, without: Factor) -> WayBack:
    """Return how a person can log in after losing a factor."""
    flow = step_up(request, user, "")
    allowed = user.mfa_policy.methods
    left = tuple(each for each in flow.factors if each != without and each.kind in allowed)
    if left:
        return WayBack.FACTOR
    if not user.mfa_policy.demanded:
        return WayBack.PASSWORD
    facts = gather(
        user,
        policy=user.mfa_policy,
        factors=left,
        pending=flow.pending,
        client=flow.client,
        now=flow.now,
    )
    return WayBack.EMAIL if facts.recovery_allowed else WayBack.HELP
