"""What support does to an account. The verbs take `actor` first and refuse by K10."""

from django.core.exceptions import PermissionDenied

from accounts.models import User
from accounts.people import resets
from mfa import rescue
from mfa.client import Client
from mfa.models import AbstractMfaUser


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
