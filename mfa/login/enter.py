"""The login itself, and what it records and notifies."""

from datetime import timedelta
from functools import partial

from django.conf import settings
from django.contrib import auth
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import redirect

from mfa import audit, closing, pauses
from mfa.login.flow import Flow
from mfa.login.pages import start_of
from mfa.login.pending import PendingLogin
from mfa.login.redirects import safe_next
from mfa.messages import notices
from mfa.models import Event, TrustedBrowser
from mfa.rules.methods import AAL, ChannelName
from mfa.rules.routes import Purpose
from mfa.rules.steps import Proof
from mfa.session_engine import ABOUT
from mfa.sessions import devices, trust
from mfa.sessions.proofs import PASSWORD, keep_proof, once_saved

# What the login page shows in its email field after enrollment (WCAG 2.2, 3.3.7)
PREFILL = "mfa_prefill"
# After a pause this long, the owner will notice a login that was not theirs (docs/security.md).
LONG_PAUSE = timedelta(days=30)


def enter(flow: Flow, next_url: str = "") -> HttpResponseRedirect:
    """Log the person in, and write what was proven into the session (SS-02).

    `next_url` is one of our pages if the person chose it, instead of the one that began the login.
    The caller knows that all steps are done. Raises PermissionDenied for a reset or step-up: a
    emailed link and a code do not replace the password (RV-03).
    """
    if flow.purpose is not Purpose.LOGIN:
        raise PermissionDenied
    if (counted := counts_on(flow)) is None:
        return start_over(flow)
    if not closing.keep(flow.user, client=flow.client):
        return start_over(flow)
    _note_idle(flow)
    channel = flow.pending.channel if flow.pending.proof != Proof.NONE else ""
    trusted = flow.trusted if flow.facts.spared and not channel else None
    if trusted and not trust.use(trusted, flow.request, flow.client):
        return start_over(flow)
    aal = AAL[ChannelName(channel)] if channel else 1
    session = flow.request.session
    PendingLogin.drop(session)
    session[ABOUT] = {
        "user_id": flow.user.pk,
        "started_at": flow.now.isoformat(),
        "address": flow.client.address or None,
        "browser": flow.client.browser,
        "aal": aal,
        "channel": channel,
        "life": flow.user.mfa_policy.session_life.total_seconds(),
        "idle": flow.user.mfa_policy.session_idle.total_seconds(),
        **counted,
        **({"trusted": True} if trusted else {}),
    }
    if not flow.pending.without_password:
        keep_proof(session, PASSWORD, at=flow.pending.start)
    if channel:
        keep_proof(session, flow.pending.proved, at=flow.now.timestamp())
    unusual = _unusual(flow)
    # The stubs know only the one user model, which is an AbstractMfaUser.
    auth.login(flow.request, flow.user, settings.AUTHENTICATION_BACKENDS[0])  # type: ignore[arg-type]
    once_saved(session, partial(_tell, flow, aal=aal, channel=channel, unusual=unusual))
    response = HttpResponseRedirect(safe_next(flow.request, next_url or flow.pending.next))
    devices.remember(flow.request, response, flow.user)
    if flow.pending.trusts and trust.days_for(flow.user):
        new = trust.grant(flow.request, response, flow.user, flow.client)
        once_saved(session, partial(_keep_trust, flow, new))
    return response


def counts_on(flow: Flow) -> dict[str, int | None] | None:
    """Return the pause that the login depends on, for the session, or None if it just ended.

    The session then ends together with the pause (K17), even if the pause ends during this request.
    """
    if not pauses.lets_in(flow.user.mfa_policy) or flow.pending.proof != Proof.NONE:
        return {"pause_id": None}
    pause = pauses.honored_of(flow.user)
    return {"pause_id": pause.pk} if pause else None


def start_over(flow: Flow) -> HttpResponseRedirect:
    """End a flow that is over, and redirect to its start."""
    start = start_of(flow)
    if flow.purpose is not Purpose.STEP_UP:
        session = flow.request.session
        session.flush()
        session[PREFILL] = flow.user.login_name
    return redirect(start)


def _keep_trust(flow: Flow, new: TrustedBrowser) -> None:
    trust.keep(new)
    days = trust.days_for(flow.user)
    notices.tell(Event.BROWSER_TRUSTED, flow.user, client=flow.client, days=days)


def _tell(flow: Flow, *, aal: int, channel: str, unusual: str) -> None:
    """Record a login. The worker notifies the person of an unusual one (LG-09)."""
    details: dict[str, str | int] = {"unusual": unusual} if unusual else {}
    if flow.facts.spared and not channel:
        details["trusted"] = 1
    login = audit.record(
        Event.LOGGED_IN, flow.user, client=flow.client, aal=aal, channel=channel, **details
    )

    def wake() -> None:
        notices.tell_of_login.delay(login.pk)

    if unusual:
        transaction.on_commit(wake, robust=True)


def _note_idle(flow: Flow) -> None:
    """Record a password-only login after long inactivity. It cannot add a factor yet (S12)."""
    if flow.facts.mailbox_due and not flow.facts.mailbox_proven:
        flow.user.mailbox_due_at = flow.now
        flow.user.save(update_fields=["mailbox_due_at"])


def _unusual(flow: Flow) -> str:
    """Return in one word why a login is unusual, or "". A first login is never unusual (LG-09)."""
    last = flow.user.last_login
    if last is None:
        return ""
    if flow.now - last > LONG_PAUSE:
        return "pause"
    return "" if flow.client.known else "browser"
