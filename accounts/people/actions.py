"""Actions of staff on many accounts, for the people list and its jobs."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.people import passwords, resets
from mfa.admin.base.jobs import ACTIONS, Action
from mfa.client import Client
from mfa.limits.counters import TooMany
from mfa.models import AbstractMfaUser
from mfa.sessions import revoke


def may_act(by: AbstractMfaUser, one: AbstractMfaUser) -> bool:
    """Whether `by` can change this account. Only superusers can change staff (RV-06)."""
    mighty = one.is_staff or one.is_superuser
    return by.has_perm("accounts.change_user") and (by.is_superuser or not mighty)


def send_link(one: AbstractMfaUser, by: AbstractMfaUser, client: Client) -> bool:
    """Email a link to set the password."""
    try:
        return resets.send(_reached(one, by), client=client, by=by.pk)
    except TooMany:
        return False


def require_new_password(one: AbstractMfaUser, by: AbstractMfaUser, client: Client) -> bool:
    """Log the person out, and require a new password at the next login."""
    passwords.expire(_reached(one, by), client=client, by=by.pk)
    return True


def end_sessions(one: AbstractMfaUser, by: AbstractMfaUser, client: Client) -> bool:
    """Log the person out everywhere."""
    revoke.end_all(_reached(one, by), by=by, client=client)
    return True


def _reached(one: AbstractMfaUser, by: AbstractMfaUser) -> User:
    if not isinstance(one, User) or not may_act(by, one):
        raise PermissionDenied
    return one


def register() -> None:
    """Register the three actions for the worker, by the names of the list's actions."""
    ACTIONS.update(
        send_link=Action(_("Send a link to set the password"), send_link),
        require_new_password=Action(_("Require a new password"), require_new_password),
        end_sessions=Action(_("Log the selected people out everywhere"), end_sessions),
    )
