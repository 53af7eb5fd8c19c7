"""What support does to an account. The verbs take `actor` first and refuse by K10."""

from django.core.exceptions import PermissionDenied

from accounts.models import User
from accounts.people import resets
from mfa import passes, recoveries, rescue
from mfa.client import Client
from mfa.models import AbstractMfaUser, OneTimePass, RecoveryRequest
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


def may_vouch(actor: AbstractMfaUser, person: User) -> bool:
    """Whether the actor can make a pass without the person's confirmation: administrators only."""
    return rescue.may_rescue(actor, person, rescue.NUMBER)


def ask_for_pass(actor: AbstractMfaUser, person: User, *, client: Client) -> OneTimePass | None:
    """Ask the person by email whether they talk to the actor; None for a new address (EM-06).

    Raises PermissionDenied, TooMany.
    """
    _demand(actor, person)
    named = actor.get_full_name() if isinstance(actor, User) else actor.email
    return passes.ask(actor, person, named=named, client=client)


def make_pass(
    actor: AbstractMfaUser,
    person: User,
    *,
    minutes: int,
    reason: str,
    alone: bool = False,
    client: Client,
) -> str | None:
    """Make a one-time pass, and return its code; None without the person's confirmation.

    `alone` needs no confirmation. Raises PermissionDenied, and TooMany for an actor who helped ten
    people today.
    """
    _demand(actor, person)
    if alone and not may_vouch(actor, person):
        raise PermissionDenied
    return passes.make(actor, person, minutes=minutes, reason=reason, alone=alone, client=client)


def _demand(actor: AbstractMfaUser, person: User) -> None:
    if not rescue.may_rescue(actor, person):
        raise PermissionDenied
