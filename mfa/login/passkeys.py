"""A login that a passkey opens: no password was proven, and the same steps follow."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect

from mfa import recoveries
from mfa.client import client_of
from mfa.factors import passkey
from mfa.login.advance import advance, fresh
from mfa.login.flow import RECOVERY_STOPPED, Flow
from mfa.login.redirects import safe_next
from mfa.login.verify import answered
from mfa.rules.methods import ChannelName, Method
from mfa.rules.passkeys import Check, Refused
from mfa.rules.routes import Purpose
from mfa.sessions.devices import recognize


def begin(request: HttpRequest, typed: str, *, nonce: str, next_url: str) -> HttpResponseRedirect:
    """Start the flow of a person whose passkey says who they are and verified them.

    The same steps follow as after the password and the passkey (pol2). Raises Refused and TooMany.
    """
    known, assertion = passkey.identify(typed, nonce=nonce, client=client_of(request))
    user = known.factor.user
    if not user.may_log_in or Method.PASSKEY not in user.mfa_policy.methods:
        raise Refused(Check.ALLOWED)
    passkey.use(known, assertion, client=recognize(request, user))
    pending = fresh(request, user, Purpose.LOGIN)
    pending.next = safe_next(request, next_url)
    pending.without_password = True
    answered(pending, ChannelName.PASSKEY)
    if recoveries.stop_by_login(user, client=client_of(request)):
        messages.warning(request, RECOVERY_STOPPED)
    pending.save(request.session)
    return advance(Flow(request=request, pending=pending, user=user, asked_before=False))
