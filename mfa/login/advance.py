"""One flow, step by step: begin, advance, enter. Step-up and reset use it too.

The session keeps a PendingLogin while the person is still anonymous. Each request gathers the facts
again and asks mfa.rules.steps for the next step.
"""

from typing import assert_never

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect

from mfa import audit
from mfa.client import client_of, moment_of
from mfa.login.blocked import causes_of
from mfa.login.enter import enter, start_over
from mfa.login.flow import Flow
from mfa.login.pages import page_of
from mfa.login.pending import PendingLogin
from mfa.login.redirects import safe_next
from mfa.login.reset import open_form
from mfa.login.step_up import confirmed, wants_password
from mfa.messages import notices
from mfa.models import AbstractMfaUser, Event
from mfa.rules.routes import Purpose, Route
from mfa.rules.steps import Step
from mfa.session_engine import ABOUT
from mfa.sessions.proofs import PASSWORD, keep_proof


def begin(request: HttpRequest, user: AbstractMfaUser, next_url: str) -> HttpResponseRedirect:
    """Start the flow after a right password, or continue the session's open one."""
    with audit.joined(Event.PASSWORD_RIGHT, user, client=client_of(request)) as case:
        held, response = _begin_login(request, user, next_url)
    held.case = int(case.pk)
    held.keep(request.session)
    return response


def _begin_login(
    request: HttpRequest, user: AbstractMfaUser, next_url: str
) -> tuple[PendingLogin, HttpResponseRedirect]:
    held = PendingLogin.load(request.session)
    asked_before = True
    # A reset has not proven the password, so it cannot become a login.
    if not (held and held.purpose == Purpose.LOGIN and held.alive(user, moment_of(request))):
        asked_before = False
        held = fresh(request, user, Purpose.LOGIN)
        held.next = safe_next(request, next_url)
    elif next_url:
        held.next = safe_next(request, next_url)
    held.save(request.session)
    flow = Flow(request=request, pending=held, user=user, asked_before=asked_before)
    return held, advance(flow)


def fresh(request: HttpRequest, user: AbstractMfaUser, purpose: Purpose) -> PendingLogin:
    """Return the pending login of a person, in a new session that nobody else knows."""
    request.session.flush()
    # The session's person. Level 0 means that nobody is logged in yet.
    request.session[ABOUT] = {"user_id": user.pk, "aal": 0}
    return PendingLogin.begin(user, purpose, moment_of(request))


def begin_reset(
    request: HttpRequest,
    user: AbstractMfaUser,
    *,
    invited: bool = False,
    by_recovery_email: bool = False,
) -> HttpResponseRedirect:
    """Start the flow of a person who opened an emailed link. It never ends in a login (RV-03)."""
    pending = fresh(request, user, Purpose.RESET)
    pending.invited, pending.by_recovery_email = invited, by_recovery_email
    pending.save(request.session)
    return advance(Flow(request=request, pending=pending, user=user, asked_before=False))


def begin_invited(request: HttpRequest, user: AbstractMfaUser) -> HttpResponseRedirect | None:
    """Lead an invited person, who has just set a password, to the setup of a first factor.

    Return None if anything else comes next. The person then logs in with the new password (RV-03).
    """
    pending = PendingLogin.begin(user, Purpose.LOGIN, moment_of(request))
    flow = Flow(request=request, pending=pending, user=user, asked_before=False)
    return begin(request, user, "") if flow.step in {Step.ENROLL, Step.OFFER} else None


def begin_passed(request: HttpRequest, user: AbstractMfaUser) -> HttpResponseRedirect:
    """Lead a person who set a password by a link and a one-time pass to the enrollment alone."""
    pending = fresh(request, user, Purpose.LOGIN)
    pending.by_pass = True
    pending.save(request.session)
    return advance(Flow(request=request, pending=pending, user=user, asked_before=False))


def confirm(flow: Flow) -> HttpResponseRedirect:
    """Start the step-up of a logged-in person.

    If `wants_password`, the caller has verified the password again: a person without factors has
    nothing else, and a person with just an email address needs both (EM-07).
    """
    if wants_password(flow):
        keep_proof(flow.request.session, PASSWORD, at=flow.now.timestamp())
    if flow.facts.by_password:
        return confirmed(flow, "")
    flow.save()
    return advance(flow)


def advance(flow: Flow) -> HttpResponseRedirect:
    """Do the next step, and redirect to its page."""
    step = flow.step
    match step:
        case Step.START_OVER:
            return start_over(flow)
        case Step.ENTER if flow.purpose is Purpose.STEP_UP:
            return confirmed(flow, flow.pending.channel)
        case Step.ENTER if flow.purpose is Purpose.RESET:
            return open_form(flow)
        case Step.ENTER:
            return enter(flow)
        case Step.ANSWER:
            flow.ask()
        case Step.BLOCKED:
            causes = [str(cause) for cause in causes_of(flow.user)]
            audit.record(Event.BLOCKED, flow.user, client=flow.client, causes=causes)
        case (
            Step.WAIT
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
    return redirect(page_of(flow))


def choose(flow: Flow, route: Route) -> HttpResponseRedirect:
    """Switch to another route, and send its code if it needs one."""
    flow.pending.chosen = route.name
    flow.save(choosing=False)
    return advance(flow)


def say_lost(flow: Flow, *, lost: bool) -> HttpResponseRedirect:
    """Continue without the lost factors, or with them after all."""
    flow.pending.lost = lost
    flow.save()
    return advance(flow)


def skip(flow: Flow) -> HttpResponseRedirect:
    """Record that the person skips the second step. The caller checks that this is allowed."""
    flow.user.skips = flow.user.skips_under(flow.user.mfa_policy) + 1
    flow.user.skipped_at = flow.now
    flow.user.save(update_fields=["skipped_at", "skips"])
    notices.tell(Event.SKIPPED, flow.user, client=flow.client)
    flow.save(skipped=True)
    return advance(flow)


def give_up(flow: Flow) -> HttpResponseRedirect:
    """End the flow. A logged-in person stays logged in."""
    if flow.purpose is Purpose.STEP_UP:
        PendingLogin.drop(flow.request.session)
        return redirect(settings.LOGIN_REDIRECT_URL)
    flow.request.session.flush()
    return redirect(settings.LOGIN_URL)
