"""What support does to an account. The verbs take `actor` first and refuse by K10."""

from django.core.exceptions import PermissionDenied

from accounts.models import User
from accounts.people import resets
from mfa import recoveries, rescue
from mfa.client import Client
from mfa.models import AbstractMfaUser, RecoveryRequest
from mfa.recoveries import NotStarted


def may_send_link(actor: AbstractMfaUser, person: User) -> bool:
    """Whether a link to set the password can help: after a reset it stays closed (RV-02)."""
    return rescue.may_rescue(actor, person) and person.reset_at is None and person.may_log_in


def send_link(actor: AbstractMfaUser, person: User, *, client: Client) -> bool:
    """Email a link to set the password. Return whether it was sent.

    Raises PermissionDenied, and TooMany.
    """
    if not may_send_link(actor, person):
        raise PermissionDenied
    return resets.send(person, client=client, by=actor.pk)


def start_recovery(
    actor: AbstractMfaUser, person: User, *, reason: str, client: Client
) -> RecoveryRequest | NotStarted:
    """Start the wait of a person who lost the phone, even if theirs was refused (back7).

    Raises PermissionDenied, and TooMany for an actor who helped ten people today.
    """
    _demand(actor, person)
    return recoveries.start(person, client=client, by=actor, reason=reason)


def refuse_recovery(actor: AbstractMfaUser, person: User, *, reason: str, client: Client) -> bool:
    """Refuse the open request. Return whether there was one. Raises PermissionDenied."""
    _demand(actor, person)
    refused = RecoveryRequest.Outcome.REFUSED
    return recoveries.stop(person, refused, client=client, by=actor, reason=reason)


def shorten_recovery(actor: AbstractMfaUser, person: User, *, reason: str, client: Client) -> bool:
    """Shorten the wait to one hour after a new notice. Return whether there was a longer one.

    Raises PermissionDenied, and TooMany for an actor who helped ten people today.
    """
    _demand(actor, person)
    return recoveries.shorten(actor, person, reason=reason, client=client) is not None


def _demand(actor: AbstractMfaUser, person: User) -> None:
    if not rescue.may_rescue(actor, person):
        raise PermissionDenied
