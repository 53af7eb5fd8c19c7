"""When a browser may make a passkey automatically (WebAuthn Level 3: conditional create).

The person does nothing for it, so it needs more than adding a passkey by hand does.
"""

from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase

from mfa import factors
from mfa.login.nudge import Nudge, nudge_of
from mfa.models import AbstractMfaUser, Factor
from mfa.rules.methods import STRONG, ChannelName
from mfa.sessions.proofs import FRESH, aal_of, fresh_proofs

# A recovery code is what people use who lost their factor.
PROVES = frozenset({ChannelName.SMS, ChannelName.APP})


def may_make(user: AbstractMfaUser, *, session: SessionBase, now: datetime) -> bool:
    """Whether the nudge is open and this session proved a phone or app in the last ten minutes.

    Never after "Don't ask again" or "Not now", and never while the account may be recovered.
    """
    held = factors.held_by(user)
    if nudge_of(user, held, session=session, now=now) is not Nudge.STRONGER:
        return False
    proved = PROVES & fresh_proofs(session, now)
    return bool(proved) and aal_of(session) >= STRONG and not _recovers(user, held, now)


def _recovers(user: AbstractMfaUser, held: list[Factor], now: datetime) -> bool:
    """Whether a factor was just set up, or codes by email are off after a reset or a change."""
    is_new = any(factor.confirmed_at > now - FRESH for factor in held)
    return is_new or user.mailbox_rests(now) or user.reset_at is not None
